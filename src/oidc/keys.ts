import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'

const timeoutMs = 5_000
/** Keys that are published are believed for this long; an unknown key asks again, but not more often than the cooldown. */
const keysMaxAgeMs = 600_000
const addressMaxAgeMs = 3_600_000
/** After a failure nobody is asked again for this long: many callers must not become many questions. */
const failureMs = 2_000

/** The issuer cannot be asked, or says what is no answer. */
export class IssuerUnavailable extends Error {
  override name = 'IssuerUnavailable'
}

export interface KeyOptions {
  cooldownMs?: number | undefined
}

/** The public keys of the issuer, from the address that its configuration names. Nothing that a token names is ever fetched. */
export function issuerKeys(issuer: string, { cooldownMs = 5_000 }: KeyOptions = {}): JWTVerifyGetKey {
  let found: { keys: Promise<JWTVerifyGetKey>; until: number } | undefined
  const find = () => {
    if (found === undefined || found.until <= performance.now()) {
      const keys = findKeysAddress(issuer).then((address) =>
        createRemoteJWKSet(address, {
          timeoutDuration: timeoutMs,
          cacheMaxAge: keysMaxAgeMs,
          cooldownDuration: cooldownMs,
        }),
      )
      const entry = { keys, until: performance.now() + addressMaxAgeMs }
      found = entry
      keys.catch(() => {
        entry.until = performance.now() + failureMs
      })
    }
    return found.keys
  }
  return async (header, token) => {
    try {
      const getKey = await find()
      return await getKey(header, token)
    } catch (error) {
      if (isOfTheToken(error)) throw error
      throw new IssuerUnavailable(`The keys of ${issuer} cannot be had`, { cause: error })
    }
  }
}

/** The issuer answered; it is the token that names a key which is not there or cannot be used. */
const isOfTheToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported

/** OpenID Connect Discovery: the document names the issuer itself, or it is somebody else's. */
async function findKeysAddress(issuer: string): Promise<URL> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await fetch(address, {
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
    headers: { accept: 'application/json' },
  })
  if (!response.ok) throw new Error(`${address} answered ${response.status}`)
  const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown }
  if (document.issuer !== issuer) throw new Error(`${address} is of another issuer`)
  const keys = typeof document.jwks_uri === 'string' ? URL.parse(document.jwks_uri) : null
  const isSafe = keys?.protocol === 'https:' || (keys?.protocol === 'http:' && issuer.startsWith('http:'))
  if (keys === null || !isSafe) throw new Error(`${address} names no address of keys that can be used`)
  return keys
}
