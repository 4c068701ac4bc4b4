import OpenAI from 'openai'

readEach(async (url, say) => {
  const openai = new OpenAI({ baseURL: url, apiKey: 'none', fetch: fetchOfTheVersion })
  const stream = await openai.chat.completions.create({ model: 'any', messages: [], stream: true })
  for await (const { choices } of stream) {
    const { content } = choices[0].delta
    if (content) say({ text: content })
  }
})
