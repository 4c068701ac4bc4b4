// What the readers share. Each URL that comes by standard input is read at once, beside the others, and what is
// said of it bears its name.
import { createInterface } from 'node:readline'

// Node's own fetch does not offer HTTP/2, and the mere import of undici changes it.
const undici = process.env.HTTP2 && (await import('undici'))
const dispatcher = undici && new undici.Agent({ allowH2: true })
const fetchOfTheVersion = undici
  ? (input, init) => undici.fetch(input, { ...init, dispatcher })
  : fetch

// Follows clients that come back by themselves.
async function followEach(follow) {
  for await (const url of createInterface({ input: process.stdin })) {
    follow(url, (line) => console.log(JSON.stringify({ url, ...line })))
  }
  process.exit()
}

// Reads answers, and says how each has ended.
const readEach = (read) =>
  followEach(async (url, say) => {
    try {
      await read(url, say)
      say({ end: 'complete' })
    } catch (error) {
      say({ end: 'error', message: String(error?.message ?? error) })
    }
  })

// For those that give the whole text at each step.
function newTextOnly(say) {
  let known = ''
  return (text) => {
    if (text.length > known.length) say({ text: text.slice(known.length) })
    known = text
  }
}
