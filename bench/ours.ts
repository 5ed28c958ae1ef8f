// The service as it is deployed, without its worker, on the benchmark's database.
import pino from 'pino'
import { buildApp } from '../src/app.ts'
import { systemClock } from '../src/clock.ts'
import { readConfig } from '../src/config.ts'
import { deriveKeys } from '../src/crypto/data-key.ts'
import { createDb, createPool, intakeConnections } from '../src/db/database.ts'
import type { Deps } from '../src/deps.ts'
import { openStorage } from '../src/storage/storage.ts'

const config = readConfig(process.env)
const pool = createPool({ url: config.database.url ?? '', max: 10 })
const deps: Deps = {
  config,
  clock: systemClock,
  db: createDb(pool),
  pool,
  intakePool: createPool({ url: config.database.url ?? '', max: intakeConnections }),
  storage: await openStorage(config.storage),
  keys: deriveKeys(Buffer.alloc(32)),
  log: pino({ level: process.env.LOG_LEVEL ?? 'silent' }),
}

/** The statements a request made, for the baseline to repeat. */
let captured: { text: string; values: unknown[] }[] = []
if (process.env.BENCH_CAPTURE === 'yes') {
  for (const one of [pool, deps.intakePool])
    one.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => unknown
      client.query = ((...args: unknown[]) => {
        const [first, second] = args as [string | { text: string; values?: unknown[] }, unknown[] | undefined]
        // The log of who read what is no part of what the baseline does.
        const isAudit = typeof first !== 'string' && first.text.includes('audit_unsealed')
        if (!isAudit)
          captured.push(
            typeof first === 'string'
              ? { text: first, values: second ?? [] }
              : { text: first.text, values: first.values ?? [] },
          )
        return query(...args)
      }) as typeof client.query
    })
}

const app = await buildApp(deps)
await app.listen({ port: 0, host: '127.0.0.1' })
process.on('message', (message) => {
  if (message === 'take') {
    process.send?.({ captured })
    captured = []
  }
  if (message === 'memory') {
    globalThis.gc?.()
    process.send?.({ rss: process.memoryUsage().rss })
  }
})
process.send?.({ port: (app.server.address() as { port: number }).port })
process.on('disconnect', () => process.exit(0))
