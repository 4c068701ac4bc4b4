import OpenAI from 'openai'

readEach(async (url, say) => {
  const openai = new OpenAI({ baseURL: url, apiKey: 'none', fetch: fetchOfTheVersion })
  const stream = await openai.responses.create({ model: 'any', input: 'hello', stream: true })
  for await (const { type, delta } of stream) {
    if (type === 'response.output_text.delta') say({ text: delta })
  }
})
