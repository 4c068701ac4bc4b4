// Reads a stream by the package openai, and asks for it again when it breaks.
import OpenAI from 'openai'

const say = (line) => console.log(JSON.stringify(line))

const openai = new OpenAI({ baseURL: process.argv[1], apiKey: 'none', maxRetries: 0 })

async function read() {
  const stream = await openai.chat.completions.create({ model: 'any', messages: [], stream: true })
  say({ open: 200 })
  try {
    for await (const { choices } of stream) say({ text: choices[0].delta.content })
    return 'clean'
  } catch (error) {
    // What fetch says of a connection that is gone.
    if (error.message !== 'terminated') throw error
    return 'cut'
  }
}

let end
do {
  end = await read()
  say({ end })
} while (end === 'cut')
