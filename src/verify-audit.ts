// Walks the audit log's chain and tells what was changed, removed, swapped or cut off, each with its position.
// `npm run audit:verify [-- --head SEQ:HASH]`; ends with 1 when anything was, with 2 when it could not be looked at.
import { parseArgs } from 'node:util'
import { sayFault, verifyAudit } from './audit/verifying.ts'
import { ConfigError, readConfig } from './config.ts'
import { createDb, createPool } from './db/database.ts'
import { findEmbeddedPostgres, startEmbeddedPostgres } from './db/embedded.ts'

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { head: { type: 'string' } } })
  const expected = values.head === undefined ? undefined : readHead(values.head)
  const { url, stop } = await openDatabase()
  const db = createDb(createPool({ url, max: 1, applicationName: 'pre-sessions audit:verify' }))
  try {
    const { faults, head, unsealed } = await verifyAudit(db, expected)
    for (const fault of faults) console.log(sayFault(fault))
    const tail = unsealed.count === 0 ? 'nothing unsealed' : `${unsealed.count} unsealed since ${unsealed.oldest}`
    const verdict = faults.length === 0 ? 'The audit log is whole' : `The audit log has ${faults.length} fault(s)`
    console.log(`${verdict}: ${head.seq} entries, ${tail}.\nHead ${head.seq}:${head.hash}`)
    if (faults.length > 0) process.exitCode = 1
  } finally {
    await db.destroy()
    await stop()
  }
}

function readHead(text: string): { seq: number; hash: string } {
  const [, seq, hash] = /^(\d+):([\da-f]{64})$/i.exec(text) ?? []
  if (seq === undefined || hash === undefined)
    throw new ConfigError(['--head must be SEQ:HASH, as GET /v1/audit-log/head gives them.'])
  return { seq: Number(seq), hash: hash.toLowerCase() }
}

/** Beside a running service its embedded database is used; otherwise it is started for as long as this takes. */
async function openDatabase(): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const { database, dataDir } = readConfig(process.env)
  const url = database.url ?? (await findEmbeddedPostgres(dataDir))
  if (url !== undefined) return { url, stop: async () => {} }
  return startEmbeddedPostgres({ dataDir, log: (line) => console.error(line) })
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
})
