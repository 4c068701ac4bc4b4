import { DefaultChatTransport, readUIMessageStream } from 'ai'

const terminateOnError = process.argv[1] === 'terminateOnError'

readEach(async (url, say) => {
  const transport = new DefaultChatTransport({ api: url, fetch: fetchOfTheVersion })
  const stream = await transport.sendMessages({ chatId: 'any', messages: [] })
  const sayText = newTextOnly(say)
  for await (const { parts } of readUIMessageStream({ stream, terminateOnError })) {
    sayText(parts.map(({ text }) => text).join(''))
  }
})
