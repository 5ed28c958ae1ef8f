import type { Deps } from '../deps.ts'
import { isEarlier } from '../domain/instant.ts'
import { narrowedBy, type Rights } from '../domain/rights.ts'
import { type Caller, equalSecrets, hashOf, type ResolveCredential } from '../http/access.ts'
import { type ChainLink, findKeyChain, maxChain, touchApiKey } from './queries.ts'

/** How long a key that was looked up is believed: a revocation by another replica takes effect within this time. */
const cacheMs = 5_000
const cacheEntries = 1_000
/** Last use is written at most this often per key. */
const touchMs = 60_000

export interface KeyCredentials {
  resolve: ResolveCredential
  /** After any change of a key: this process believes nothing that it looked up before. */
  forget(): void
}

interface Known {
  caller: Caller
  /** The first end of the key and of those that made it. */
  expiresAt: readonly string[]
  /** Milliseconds of the service's clock. */
  readAt: number
}

/** Resolves `ADMIN_API_KEY` while it is set, and keys kept as hashes in the database. */
export function keyCredentials({ db, config, clock }: Pick<Deps, 'db' | 'config' | 'clock'>): KeyCredentials {
  const cache = new Map<string, Known>()
  const touched = new Map<string, number>()
  /** Off the request's path: nobody waits for it, and nobody is refused when it fails. */
  const touch = (id: string) => {
    const at = performance.now()
    if (at - (touched.get(id) ?? Number.NEGATIVE_INFINITY) < touchMs) return
    remember(touched, id, at)
    void touchApiKey(db, id, clock.now()).catch(() => touched.delete(id))
  }
  let generation = 0
  return {
    forget() {
      generation += 1
      cache.clear()
    },
    async resolve(bearer) {
      if (config.adminApiKey !== undefined && equalSecrets(bearer, config.adminApiKey))
        return { role: 'admin', id: 'admin-key', scopes: ['*'] }
      const hash = hashOf(bearer)
      const cacheKey = hash.toString('base64')
      let known = cache.get(cacheKey)
      const asked = Date.parse(clock.now())
      if (known === undefined || !isFresh(known, asked)) {
        const begun = generation
        known = readChain(await findKeyChain(db, hash), asked)
        // What was read before a revocation must not outlive it.
        if (known !== undefined && begun === generation) remember(cache, cacheKey, known)
      }
      const now = clock.now()
      if (known?.expiresAt.some((end) => !isEarlier(now, end)) !== false) return undefined
      touch(known.caller.id)
      return known.caller
    },
  }
}

/** A clock that was put back makes nothing fresh again. */
const isFresh = ({ readAt }: Known, now: number): boolean => now >= readAt && now < readAt + cacheMs

/** A key is worth what it and every key above it are worth together. */
function readChain(chain: ChainLink[], readAt: number): Known | undefined {
  const [own] = chain
  if (own === undefined || chain.length >= maxChain || chain.some((link) => link.revoked_at !== null)) return undefined
  const { scopes, preSessions, countries } = chain
    .slice(1)
    .reduce<Rights>((rights, link) => narrowedBy(rightsOf(link), rights), rightsOf(own))
  return {
    caller: {
      role: own.role,
      id: own.id,
      scopes,
      ...(preSessions === undefined ? {} : { preSessions }),
      ...(countries === undefined ? {} : { countries }),
    },
    expiresAt: chain.flatMap((link) => link.expires_at ?? []),
    readAt,
  }
}

export const rightsOf = (row: Pick<ChainLink, 'role' | 'scopes' | 'pre_sessions' | 'countries'>): Rights => ({
  role: row.role,
  scopes: row.scopes,
  preSessions: row.pre_sessions ?? undefined,
  countries: row.countries ?? undefined,
})

/** The oldest entry goes when there is no room. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  const [oldest] = map.keys()
  if (map.size >= cacheEntries && oldest !== undefined) map.delete(oldest)
  map.set(key, value)
}
