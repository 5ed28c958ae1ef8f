import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Deps } from '../deps.ts'
import { type Caller, equalSecrets, hashOf, type ResolveCredential } from '../http/access.ts'
import { findApiKey, insertApiKey } from './queries.ts'

/** How long a key that was looked up is believed: a revocation takes effect within this time. */
const cacheMs = 5_000
const cacheEntries = 1_000

/** Resolves `ADMIN_API_KEY` while it is set, and keys kept as hashes in the database. */
export function credentialResolver({ db, config, clock }: Pick<Deps, 'db' | 'config' | 'clock'>): ResolveCredential {
  const cache = new Map<string, { caller: Caller | undefined; until: number }>()
  return async (bearer) => {
    if (config.adminApiKey !== undefined && equalSecrets(bearer, config.adminApiKey))
      return { role: 'admin', id: 'admin-key', scopes: ['*'] }
    const hash = hashOf(bearer)
    const cacheKey = hash.toString('base64')
    const cached = cache.get(cacheKey)
    if (cached !== undefined && cached.until > performance.now()) return cached.caller
    const row = await findApiKey(db, hash, clock.now())
    const caller: Caller | undefined = row === undefined ? undefined : { role: row.role, id: row.id, scopes: ['*'] }
    if (cache.size >= cacheEntries) cache.clear()
    cache.set(cacheKey, { caller, until: performance.now() + cacheMs })
    return caller
  }
}

/** The admin key of an instance without `ADMIN_API_KEY`: made at the first start, kept in a file that only the service's user may read. */
export async function ensureAdminKey({
  db,
  config,
  clock,
}: Pick<Deps, 'db' | 'config' | 'clock'>): Promise<{ key: string; isNew: boolean; file: string } | undefined> {
  if (config.adminApiKey !== undefined) return undefined
  const file = join(config.dataDir, 'admin-api-key')
  const existing = await readFile(file, 'utf8').catch(() => undefined)
  const key = existing?.trim() || `upr_${randomBytes(32).toString('base64url')}`
  if (existing === undefined) {
    await mkdir(config.dataDir, { recursive: true })
    await writeFile(file, `${key}\n`, { mode: 0o600, flag: 'wx' })
  }
  await insertApiKey(db, { name: 'first admin key', role: 'admin', key_hash: hashOf(key), created_at: clock.now() })
  return { key, isNew: existing === undefined, file }
}
