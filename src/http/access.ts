import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import type { RateLimits } from './rate-limit.ts'

/** The roles of contract §2. A route names who may call it; `public` needs no credential. */
export const roles = [
  'public',
  'applicant',
  'mission',
  'moderator',
  'reviewer',
  'secretariat',
  'admin',
  'integration',
] as const
export type Role = (typeof roles)[number]

/** Who may call an operation. */
export type Access = 'public' | readonly Exclude<Role, 'public'>[]

/** Who calls, however it was shown: by a key, a token or a session. Nothing but this module reads a credential (docs/decisions/0004). */
export interface Caller {
  role: Role
  /** What histories, the audit log and the request log name: the id of a key or a session, or `oidc:` and the subject. */
  id: string
  /** `*`, or the scopes `{tag}:read` and `{tag}:write` that the credential is narrowed to. */
  scopes: readonly string[]
  /** Only these rounds, where the credential is limited to some. */
  preSessions?: readonly number[]
  /** Only these countries under review, where the credential is limited to some. */
  countries?: readonly string[]
  /** The State of a mission, ISO 3166-1 alpha-3. */
  state?: string
  /** The address of an applicant, in lower case: its own applications are those that name it. */
  email?: string
  /** The one slot of a moderator. */
  slotId?: string
  /** When the credential ends by itself, where that is known. */
  expiresAt?: string
}

/** Who acts; when, which is the instant at which the whole request had been read; and the `If-Match` that was sent. */
export interface Act {
  caller: Caller
  now: string
  ifMatch?: string | undefined
}

export const anonymous: Caller = { role: 'public', id: 'public', scopes: ['*'] }

/** Staff see everything of the rounds and countries that their credential is for. */
export const staffRoles = ['admin', 'secretariat'] as const

export const isStaff = ({ role }: Caller): boolean => (staffRoles as readonly string[]).includes(role)

export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** 256 random bits with what they are for before them: `upr_…`, `lnk_…`, `ses_…`, `cal_…`, `evt_…`. */
export const newSecret = (kind: 'upr' | 'lnk' | 'ses' | 'cal' | 'evt'): string =>
  `${kind}_${randomBytes(32).toString('base64url')}`

/** Equal in constant time, whatever their lengths. */
export const equalSecrets = (given: string, expected: string): boolean =>
  timingSafeEqual(hashOf(given), hashOf(expected))

/** Finds the caller that a bearer credential stands for, or undefined. */
export type ResolveCredential = (bearer: string) => Promise<Caller | undefined>

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
  interface FastifyContextConfig {
    access?: Access
    /** Only where `{tag}:read` or `{tag}:write` would not say it. Null: none is needed. */
    scope?: string | null
    /** Open to everybody, with more to see for some: what they read is audited. */
    restricted?: boolean
    /** About all rounds and countries at once: a key that is limited to some is not for it. A session is always for one round. */
    wholeService?: true
    /** The address itself is the credential: a header that proves nothing here, whatever it says, is no reason to refuse. */
    ignoresCredentials?: boolean
  }
}

const challenge = { 'www-authenticate': 'Bearer realm="pre-sessions"' }

/** Puts `request.caller` on every request and refuses those that the route is not for, before the body is read. */
export function addAccess(app: FastifyInstance, resolve: ResolveCredential, limits: RateLimits): void {
  app.decorateRequest('caller')
  app.addHook('onRequest', async (request, reply) => {
    const { authorization } = request.headers
    const isIgnored = authorization === undefined || request.routeOptions.config.ignoresCredentials
    const lookUp = (bearer: string) => limits.lookUp(request, reply, bearer, resolve)
    const caller = isIgnored ? anonymous : await callerOf(authorization, lookUp)
    request.caller = asFarAsItReaches(request, caller)
    await limits.count(request, reply, caller)
    const refusal = refusalOf(request, request.caller)
    if (refusal !== undefined) throw refusal
  })
}

/**
 * On an address that is open to everybody, a credential that lacks the scope or is for other rounds or countries is worth no more than none:
 * its caller sees what the public sees, and no counts of what it is not for.
 */
export function asFarAsItReaches({ routeOptions, params }: FastifyRequest, caller: Caller): Caller {
  if (routeOptions.config.access !== 'public' || caller.role === 'public') return caller
  const reaches = hasScope(caller, scopeOf(routeOptions)) && isWithinLimits(caller, params as Place)
  return reaches ? caller : { role: 'public', id: caller.id, scopes: ['*'] }
}

function refusalOf({ routeOptions, params }: FastifyRequest, caller: Caller): AppError | undefined {
  const { access } = routeOptions.config
  if (access === undefined || access === 'public') return undefined
  if (!(access as readonly string[]).includes(caller.role)) {
    return caller.role === 'public'
      ? new AppError('unauthenticated', { headers: challenge })
      : new AppError('forbidden')
  }
  const scope = scopeOf(routeOptions)
  if (!hasScope(caller, scope))
    return new AppError('forbidden', { detail: `This credential lacks the scope ${scope}.` })
  const reaches = routeOptions.config.wholeService ? !isLimitedKey(caller) : isWithinLimits(caller, params as Place)
  if (reaches) return undefined
  return new AppError('forbidden', { detail: 'This credential is for other rounds or countries.' })
}

const hasScope = ({ scopes }: Caller, scope: string | null): boolean =>
  scope === null || scopes.includes('*') || scopes.includes(scope)

interface Place {
  number?: string
  iso3?: string
}

/** The scope of an operation: its tag, and whether it reads or writes. */
export function scopeOf({
  config,
  schema,
  method,
}: Pick<FastifyRequest['routeOptions'], 'config' | 'schema' | 'method'>): string | null {
  const tag = (schema as { tags?: string[] } | undefined)?.tags?.[0] ?? 'operations'
  const reads = [method].flat().every((name) => name === 'GET' || name === 'HEAD')
  return config.scope === undefined ? `${tag}:${reads ? 'read' : 'write'}` : config.scope
}

const isLimitedKey = ({ role, preSessions, countries }: Caller): boolean =>
  !['applicant', 'mission', 'moderator'].includes(role) && (preSessions ?? countries) !== undefined

/** A credential for one country is no credential for its round. */
function isWithinLimits({ preSessions, countries }: Caller, { number, iso3 }: Place): boolean {
  if (number === undefined) return true
  if (preSessions !== undefined && !preSessions.includes(Number(number))) return false
  return countries === undefined || (iso3 !== undefined && countries.includes(iso3.toUpperCase()))
}

async function callerOf(header: string, lookUp: ResolveCredential): Promise<Caller> {
  const [, bearer = ''] = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(header) ?? []
  const caller = await lookUp(bearer)
  if (caller === undefined) {
    throw new AppError('unauthenticated', {
      headers: { 'www-authenticate': `${challenge['www-authenticate']}, error="invalid_token"` },
    })
  }
  return caller
}
