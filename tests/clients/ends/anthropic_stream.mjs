import Anthropic from '@anthropic-ai/sdk'

readEach(async (url, say) => {
  const anthropic = new Anthropic({ baseURL: url, apiKey: 'none', fetch: fetchOfTheVersion })
  const stream = anthropic.messages.stream({ model: 'any', messages: [], max_tokens: 9 })
  stream.on('text', (text) => say({ text }))
  await stream.finalMessage()
})
