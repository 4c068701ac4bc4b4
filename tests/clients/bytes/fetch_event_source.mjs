import { fetchEventSource } from '@microsoft/fetch-event-source'

// It is made for browsers.
globalThis.window = globalThis
globalThis.document = new EventTarget()

followEach((url, say) =>
  fetchEventSource(url, {
    openWhenHidden: true,
    onmessage({ event, data }) {
      say(data ? { text: data } : { extra: event || 'message' })
    },
    onclose() {
      // It takes a clean end for the end otherwise.
      throw new Error('closed')
    },
    onerror({ message }) {
      if (message !== 'closed') say({ error: message })
    },
  }),
)
