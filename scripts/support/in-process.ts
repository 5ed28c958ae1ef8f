import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import pino from 'pino'
import { buildApp } from '../../src/app.ts'
import { settableClock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { deriveKeys, keyLength } from '../../src/crypto/data-key.ts'
import { createDb, createPool, intakeConnections, requestLockTimeoutMs } from '../../src/db/database.ts'
import { openStorage } from '../../src/storage/storage.ts'
import { type Closing, temporaryDirectory } from './run.ts'

interface Options {
  url: string
  adminKey: string
  now: string
}

/** The service without a port: every request passes everything but the socket. */
export async function startInProcess(closing: Closing, { url, adminKey, now }: Options) {
  const config = readConfig({
    SANDBOX: 'true',
    ADMIN_API_KEY: adminKey,
    DATA_DIR: await temporaryDirectory(closing, 'in-process'),
    DATABASE_URL: url,
    RATE_LIMIT_PER_MINUTE: '100000000',
  })
  const clock = settableClock()
  clock.set(now)
  const pool = createPool({ url, max: 10, lockTimeoutMs: requestLockTimeoutMs })
  const intakePool = createPool({ url, max: intakeConnections })
  const db = createDb(pool)
  const keys = deriveKeys(Buffer.alloc(keyLength, 38))
  const storage = await openStorage(config.storage)
  const app = await buildApp({ config, clock, db, pool, intakePool, storage, keys, log: pino({ level: 'error' }) })
  await app.ready()
  closing.defer(async () => {
    await app.close()
    await intakePool.end()
    await db.destroy()
  })
  return { db, inject: (request: InjectOptions): Promise<LightMyRequestResponse> => app.inject(request) }
}
