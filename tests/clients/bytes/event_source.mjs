// Reads by an EventSource: Node's own, or that of the package which the argument names.
const SOURCES = {
  node: async () => (url) => new EventSource(url),
  eventsource: async () => {
    const { EventSource } = await import('eventsource')
    return (url) => new EventSource(url)
  },
  'event-source-polyfill': async () => {
    const { default: polyfill } = await import('event-source-polyfill')
    return (url) => new polyfill.EventSourcePolyfill(url)
  },
  'reconnecting-eventsource': async () => {
    const { default: ReconnectingEventSource } = await import('reconnecting-eventsource')
    return (url) => new ReconnectingEventSource(url, { max_retry_time: 100 })
  },
}

const open = await SOURCES[process.argv[1]]()

followEach((url, say) => {
  const source = open(url)
  for (const name of ['message', 'checkpoint', 'gap', 'ping']) {
    source.addEventListener(name, ({ data }) => say(data ? { text: data } : { extra: name }))
  }
  source.onerror = () => {
    if (source.readyState === 2) say({ closed: true })
  }
})
