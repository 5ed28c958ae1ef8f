import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { Deps } from '../deps.ts'
import { fromMillis } from '../domain/instant.ts'
import { AppError } from '../errors.ts'
import type { Caller, ResolveCredential } from '../http/access.ts'
import { findState } from '../reference/data.ts'
import { IssuerUnavailable, issuerKeys, type KeyOptions } from './keys.ts'

/** Signatures that only the issuer can make: with a shared secret, or with none, whoever can check a token can make one. */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']
const clockSkewSeconds = 30
/** An access token says so, or says nothing of its type; other kinds of JWT are no credentials. */
const types = ['at+jwt', 'application/at+jwt', 'jwt', 'application/jwt']
/** The highest one counts. */
const tokenRoles = ['admin', 'secretariat', 'reviewer', 'mission'] as const

type TokenDeps = Pick<Deps, 'config' | 'clock' | 'log'>

/** Resolves JWT access tokens of the configured issuer; undefined where none is configured. */
export function tokenResolver({ config, clock, log }: TokenDeps, options?: KeyOptions): ResolveCredential | undefined {
  const { oidc } = config
  if (oidc === undefined) return undefined
  const keys = issuerKeys(oidc.issuer, options)
  return async (bearer) => {
    const payload = await verify(bearer, keys, oidc, clock.now()).catch((error: unknown) => {
      if (!(error instanceof IssuerUnavailable)) return undefined
      log.warn({ err: error }, 'the issuer of tokens cannot be asked')
      throw new AppError('unavailable', {
        detail: 'Tokens cannot be checked at the moment; API keys and sessions work.',
        headers: { 'retry-after': '5' },
        cause: error,
      })
    })
    return payload === undefined ? undefined : callerOf(payload, oidc)
  }
}

type OidcConfig = NonNullable<Deps['config']['oidc']>

async function verify(token: string, keys: JWTVerifyGetKey, { issuer, audience }: OidcConfig, now: string) {
  // A token of another issuer is refused before anybody is asked for keys.
  if (decodeJwt(token).iss !== issuer) return undefined
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    issuer,
    audience,
    algorithms,
    clockTolerance: clockSkewSeconds,
    currentDate: new Date(now),
    requiredClaims: ['sub', 'exp'],
  })
  const { typ } = protectedHeader
  if (typ !== undefined && !types.includes(String(typ).toLowerCase()))
    throw new errors.JWTInvalid('Another kind of JWT')
  // Hashes of a code or of a token stand in ID tokens only: those tell a client who signed in, and are no credential here.
  if (payload.at_hash !== undefined || payload.c_hash !== undefined) throw new errors.JWTInvalid('An ID token')
  return payload
}

function callerOf(payload: JWTPayload, { rolesClaim, stateClaim }: OidcConfig): Caller {
  const { sub } = payload
  if (typeof sub !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(sub))
    throw forbidden('The token names no usable subject.')
  const named = textsIn(claimOf(payload, rolesClaim))
  const role = tokenRoles.find((one) => named.includes(one))
  if (role === undefined) throw forbidden(`The token names no role of this service in its claim "${rolesClaim}".`)
  const caller = { role, id: `oidc:${sub}`, scopes: ['*'], expiresAt: endOf(payload) }
  if (role !== 'mission') return caller
  const code = claimOf(payload, stateClaim)
  const state = typeof code === 'string' && /^[A-Za-z]{3}$/.test(code) ? findState(code) : undefined
  if (state === undefined) {
    throw forbidden(`A mission belongs to a State: the claim "${stateClaim}" must be its ISO 3166-1 alpha-3 code.`)
  }
  return { ...caller, state: state.iso3 }
}

/** A token may say anything: what lies beyond every calendar is its last day. */
const endOf = ({ exp = 0 }: JWTPayload) => fromMillis(Math.min(Math.trunc(exp), lastSecond) * 1000)
const lastSecond = Date.UTC(9999, 11, 31) / 1000

const forbidden = (detail: string) => new AppError('forbidden', { detail })

/** A claim by its name, or by a path with dots such as `realm_access.roles`. */
function claimOf(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name]
  return name
    .split('.')
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, part)
          ? (value as Record<string, unknown>)[part]
          : undefined,
      payload,
    )
}

/** Roles come as a list, or as one text with spaces between them. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/\s+/)
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
