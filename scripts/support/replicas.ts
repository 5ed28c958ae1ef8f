import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { createDb, createPool, type Db } from '../../src/db/database.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'
import { loadReferenceData } from '../../src/reference/load.ts'
import { type Closing, temporaryDirectory } from './run.ts'
import { newIdentity, type Service, startService } from './service.ts'

export interface Replicas {
  db: Db
  databaseUrl: string
  services: Service[]
  adminKey: string
}

/** Several processes of the service on one database, without jobs; durable as in production, unless its settings say otherwise. */
export async function startReplicas(
  closing: Closing,
  count: number,
  settings: Record<string, string> = {},
): Promise<Replicas> {
  const directory = await temporaryDirectory(closing, 'replicas')
  const postgres = await startEmbeddedPostgres({
    dataDir: join(directory, 'database'),
    log: () => {},
    settings: { max_connections: '200', ...settings },
  })
  closing.defer(() => postgres.stop())
  await migrate(postgres.url)
  const db = createDb(createPool({ url: postgres.url, max: 4 }))
  closing.defer(() => db.destroy())
  await loadReferenceData(db, systemClock.now())
  const { adminKey } = await newIdentity()
  const services: Service[] = []
  for (let index = 0; index < count; index += 1) {
    const dataDir = join(directory, 'data')
    await mkdir(dataDir, { recursive: true })
    const identity = { ...(await newIdentity()), adminKey }
    services.push(
      await startService(closing, {
        dataDir,
        identity,
        env: { DATABASE_URL: postgres.url, WORKER: 'off', SANDBOX: 'true', LOG_LEVEL: 'error' },
      }),
    )
  }
  return { db, databaseUrl: postgres.url, services, adminKey }
}
