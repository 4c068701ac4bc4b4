import OpenAI from 'openai'

readEach(async (url, say) => {
  const openai = new OpenAI({ baseURL: url, apiKey: 'none', fetch: fetchOfTheVersion })
  const stream = openai.chat.completions.stream({ model: 'any', messages: [] })
  stream.on('content', (text) => say({ text }))
  await stream.finalChatCompletion()
})
