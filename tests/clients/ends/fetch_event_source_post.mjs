import { fetchEventSource } from '@microsoft/fetch-event-source'

// It is made for browsers.
globalThis.window = globalThis
globalThis.document = new EventTarget()

readEach((url, say) =>
  fetchEventSource(url, {
    method: 'POST',
    fetch: fetchOfTheVersion,
    openWhenHidden: true,
    onmessage({ event, data }) {
      if (event === 'last') throw new Error(data)
      if (event === '') say({ text: data })
    },
    onerror(error) {
      // It asks again otherwise.
      throw error
    },
  }),
)
