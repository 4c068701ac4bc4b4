import { HttpAgent } from '@ag-ui/client'

// It writes what fails there. After a broken connection it also leaves a rejection that nobody handles, which
// ends a Node process that does not do this.
console.error = () => {}
process.on('unhandledRejection', () => {})

readEach(async (url, say) => {
  const agent = new HttpAgent({ url, fetch: fetchOfTheVersion })
  let failed
  await agent.runAgent({}, {
    onTextMessageContentEvent: ({ event }) => say({ text: event.delta }),
    onRunErrorEvent: ({ event }) => (failed = event.message),
  })
  if (failed) throw new Error(failed)
})
