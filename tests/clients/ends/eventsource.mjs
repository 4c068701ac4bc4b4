import { EventSource } from 'eventsource'

followEach((url, say) => {
  const source = new EventSource(url, { fetch: fetchOfTheVersion })
  source.onmessage = ({ data }) => say({ text: data })
  source.addEventListener('last', ({ data }) => say({ last: data }))
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) say({ closed: true })
  }
})
