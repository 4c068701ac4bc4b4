import Anthropic from '@anthropic-ai/sdk'

readEach(async (url, say) => {
  const anthropic = new Anthropic({ baseURL: url, apiKey: 'none', fetch: fetchOfTheVersion })
  const request = { model: 'any', messages: [], max_tokens: 9, stream: true }
  for await (const { delta } of await anthropic.messages.create(request)) {
    if (delta?.text) say({ text: delta.text })
  }
})
