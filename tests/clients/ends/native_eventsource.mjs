// Node's own EventSource, and over HTTP/2 that of undici, from which Node has it.
followEach((url, say) => {
  const source = undici
    ? new undici.EventSource(url, { node: { dispatcher } })
    : new EventSource(url)
  source.onmessage = ({ data }) => say({ text: data })
  source.addEventListener('last', ({ data }) => say({ last: data }))
  source.onerror = () => {
    if (source.readyState === source.CLOSED) say({ closed: true })
  }
})
