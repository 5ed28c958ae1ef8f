import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'

/** The roles of contract §2. A route names who may call it; `public` needs no credential. */
export const roles = ['public', 'applicant', 'mission', 'moderator', 'reviewer', 'secretariat', 'admin', 'integration'] as const
export type Role = (typeof roles)[number]

/** Who may call an operation. */
export type Access = 'public' | readonly Exclude<Role, 'public'>[]

/** Who calls: what histories and the log name. */
export interface Caller {
  role: Role
  id: string
}

export const anonymous: Caller = { role: 'public', id: 'public' }

export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Equal in constant time, whatever their lengths. */
export const equalSecrets = (given: string, expected: string): boolean => timingSafeEqual(hashOf(given), hashOf(expected))

/** Finds the caller that a bearer credential stands for, or undefined. */
export type ResolveCredential = (bearer: string) => Promise<Caller | undefined>

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
  interface FastifyContextConfig {
    access?: Access
  }
}

const challenge = { 'www-authenticate': 'Bearer realm="pre-sessions"' }

/** Puts `request.caller` on every request and refuses those that the route is not for, before the body is read. */
export function addAccess(app: FastifyInstance, resolve: ResolveCredential): void {
  app.decorateRequest('caller')
  app.addHook('onRequest', (request, _reply, done) => {
    const decide = (caller: Caller) => {
      request.caller = caller
      done(refusalOf(request.routeOptions.config.access, caller))
    }
    if (request.headers.authorization === undefined) decide(anonymous)
    else callerOf(request.headers.authorization, resolve).then(decide, done)
  })
}

function refusalOf(access: Access | undefined, { role }: Caller): AppError | undefined {
  if (access === undefined || access === 'public' || (access as readonly string[]).includes(role)) return undefined
  return role === 'public' ? new AppError('unauthenticated', { headers: challenge }) : new AppError('forbidden')
}

async function callerOf(header: string, resolve: ResolveCredential): Promise<Caller> {
  const match = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(header)
  const caller = match?.[1] === undefined ? undefined : await resolve(match[1])
  if (caller === undefined) {
    throw new AppError('unauthenticated', { headers: { 'www-authenticate': `${challenge['www-authenticate']}, error="invalid_token"` } })
  }
  return caller
}
