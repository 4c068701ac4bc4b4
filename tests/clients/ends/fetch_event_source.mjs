import { fetchEventSource } from '@microsoft/fetch-event-source'

// It is made for browsers.
globalThis.window = globalThis
globalThis.document = new EventTarget()

followEach((url, say) =>
  fetchEventSource(url, {
    fetch: fetchOfTheVersion,
    openWhenHidden: true,
    onmessage({ event, data }) {
      if (event === 'last') say({ last: data })
      if (event === '') say({ text: data })
    },
    onclose() {
      // It takes a clean end for the end otherwise.
      throw new Error('closed')
    },
  }),
)
