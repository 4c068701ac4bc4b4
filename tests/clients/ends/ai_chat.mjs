// What `useChat` is made of, without React.
import { AbstractChat, DefaultChatTransport } from 'ai'

class Chat extends AbstractChat {}

const state = (sayText) => ({
  messages: [],
  status: 'ready',
  pushMessage(message) {
    this.messages.push(message)
  },
  replaceMessage(index, message) {
    this.messages[index] = message
    sayText(message.parts.map(({ text }) => text).join(''))
  },
  snapshot: structuredClone,
})

readEach(async (url, say) => {
  const transport = new DefaultChatTransport({ api: url, fetch: fetchOfTheVersion })
  const chat = new Chat({ state: state(newTextOnly(say)), transport })
  await chat.sendMessage({ text: 'hello' })
  if (chat.status === 'error') throw chat.error
})
