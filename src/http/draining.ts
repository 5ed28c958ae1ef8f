import type { App } from '../deps.ts'

/** Once the service is closing, each answer ends its connection: a client that keeps its connection alive must not hold up the end. */
export function addDraining(app: App): void {
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close')
    done(null, payload)
  })
}
