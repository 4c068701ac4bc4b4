// Talks to a model by the package openai.
import { text } from 'node:stream/consumers'
import OpenAI from 'openai'

const say = (line) => console.log(JSON.stringify(line))

const openai = new OpenAI({ baseURL: process.argv[1], apiKey: 'none', maxRetries: 0 })
const ask = (options) =>
  openai.chat.completions.create({
    model: 'toy',
    messages: [{ role: 'user', content: 'when the client leaves' }],
    max_completion_tokens: 5,
    ...options,
  })

const stream = await ask({ stream: true, stream_options: { include_usage: true } })
for await (const { choices, usage } of stream) {
  for (const { delta, finish_reason } of choices) say({ delta, finish_reason })
  if (usage) say({ usage })
}
say('end of stream')

const { choices, usage } = await ask({})
say({ text: choices[0].message.content, finish_reason: choices[0].finish_reason, usage })

for await (const { choices } of await ask({ stream: true, max_completion_tokens: 1000 })) {
  if (choices[0].delta.content) break
}
say('broken off')
await text(process.stdin)
