// Reads a stream by the package eventsource, which reconnects by itself.
import { EventSource } from 'eventsource'

const say = (line) => console.log(JSON.stringify(line))
// While it waits to reconnect, nothing else keeps the process.
const awake = setInterval(() => {}, 60_000)

const source = new EventSource(process.argv[1])
source.onopen = () => say({ open: 200 })
source.onerror = ({ code, message }) => {
  if (source.readyState !== EventSource.CLOSED) {
    say({ end: message === undefined ? 'clean' : 'cut' })
    return
  }
  say({ open: code })
  clearInterval(awake)
}
for (const name of ['message', 'greeting', 'close']) {
  source.addEventListener(name, ({ type, data, lastEventId }) => {
    say({ event: type, data, id: lastEventId })
  })
}
