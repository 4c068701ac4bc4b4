import { createClient } from 'graphql-sse'

const singleConnection = process.argv[1] === 'singleConnection'
const generateID = () => 'any'

readEach(async (url, say) => {
  const client = createClient({ url, singleConnection, generateID, retryAttempts: 0, fetchFn: fetchOfTheVersion })
  try {
    for await (const { data, errors } of client.iterate({ query: 'subscription { text }' })) {
      if (errors) throw new Error(errors[0].message)
      say({ text: data.text })
    }
  } finally {
    client.dispose()
  }
})
