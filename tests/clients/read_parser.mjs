// Reads a stream by fetch and the package eventsource-parser.
import { setTimeout } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'

const say = (line) => console.log(JSON.stringify(line))
const headers = {}
let wait

async function read(body) {
  const parser = createParser({
    onEvent: ({ event = 'message', data, id }) => {
      say({ event, data, id })
      headers['last-event-id'] = id
    },
    onRetry: (retry) => {
      say({ retry })
      wait = retry
    },
    onComment: (comment) => say({ comment }),
    onError: ({ message }) => say({ error: message }),
  })
  try {
    const decoder = new TextDecoder()
    for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }))
    say({ end: 'clean' })
  } catch (error) {
    // What fetch says of a connection that is gone.
    if (error.message !== 'terminated') throw error
    say({ end: 'cut' })
  }
}

for (;;) {
  const response = await fetch(process.argv[1], { headers })
  say({ open: response.status })
  if (response.status !== 200) break
  await read(response.body)
  await setTimeout(wait)
}
