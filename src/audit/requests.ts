import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Keys } from '../crypto/data-key.ts'
import type { App, Deps } from '../deps.ts'
import { errorCodes } from '../error-codes.ts'
import { problemText } from '../http/problems.ts'
import { withinRequest } from './context.ts'
import { fieldNames } from './details.ts'
import type { AuditEntry } from './queries.ts'
import { recorder } from './recorder.ts'
import { isSubmissionId, subjectOfSubmission } from './subject.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False where nothing restricted is shown and nothing is changed, or where the record that is kept says it all. */
    audit?: false
  }
  interface FastifyRequest {
    isAudited: boolean
  }
}

/** Every request of somebody known, and every change, is in the audit log before its answer leaves. */
export function addAudit(app: App, { db, clock, keys }: Pick<Deps, 'db' | 'clock' | 'keys'>): void {
  const record = recorder(db)
  app.decorateRequest('isAudited', false)
  app.addHook('preHandler', (request, _reply, done) => {
    const { id: requestId, caller, ip, method } = request
    withinRequest({ requestId, role: caller?.role ?? 'public', remote: shortened(ip), method }, done)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.isAudited || !isRecorded(request, reply.statusCode)) return done(null, payload)
    // A second answer, made because this one could not be recorded, is not recorded either.
    request.isAudited = true
    const refuse = (error: unknown) => {
      request.log.error({ err: error }, 'not recorded in the audit log')
      if (payload instanceof Readable) payload.destroy()
      for (const name of contentHeaders) reply.removeHeader(name)
      // Written here: an answer that is a refusal already is not handled a second time.
      reply
        .code(errorCodes.unavailable.status)
        .type('application/problem+json; charset=utf-8')
        .header('retry-after', '5')
      done(null, problemText(request, 'unavailable'))
    }
    record(entryOf(request, reply, { payload, now: clock.now(), keys })).then(() => done(null, payload), refuse)
  })
}

/** They tell of the answer that does not leave. */
const contentHeaders = ['etag', 'location', 'link', 'content-length', 'content-disposition', 'last-modified']

const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD'

/** Those who are refused unknown are counted in the metrics only, as is who is refused for their number: they could fill the log. */
function isRecorded({ routeOptions, caller, method }: FastifyRequest, status: number): boolean {
  const { config, schema } = routeOptions
  if (schema?.operationId === undefined || config.audit === false || caller === undefined) return false
  if (caller.role === 'public') return config.access === 'public' && !isRead(method) && status < 400
  return status !== 429 && status !== 503
}

interface Answer {
  payload: unknown
  now: string
  keys: Keys
}

function entryOf(request: FastifyRequest, reply: FastifyReply, { payload, now, keys }: Answer): AuditEntry {
  const { caller, id: requestId, ip, method, routeOptions } = request
  const status = reply.statusCode
  const { subject, ...place } = placeOf(request, reply, keys)
  const details = {
    ...place.others,
    ...namesOf(request, status),
    ...(status >= 400 && typeof payload === 'string' && codeOf(payload)),
  }
  return {
    at: request.receivedAt || now,
    actor: caller.id,
    role: caller.role,
    action: routeOptions.schema?.operationId as string,
    requestId,
    remote: shortened(ip),
    method,
    subjectKind: subject?.kind,
    subjectId: subject?.id,
    applicationId: subject?.kind === 'applications' && uuid.test(subject.id) ? subject.id : undefined,
    preSession: place.preSession,
    country: place.country,
    status,
    ...(Object.keys(details).length > 0 && { details }),
  }
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i
/** Ids of ours and of Jotform; whatever else a caller writes into an address is not kept. */
const isId = (text: string): boolean => uuid.test(text) || /^\d{1,20}$/.test(text)
const isCountry = (text: unknown): text is string => typeof text === 'string' && /^[A-Za-z]{3}$/.test(text)
const isRound = (text: unknown): boolean => /^[1-9]\d{0,2}$/.test(String(text))

/** On which record, told by the address: the first id is the record, later ones are parts of it. What was made is told by `Location`. */
function placeOf({ routeOptions, params, query }: FastifyRequest, reply: FastifyReply, keys: Keys) {
  const { number, iso3, secret: _secret, ...ids } = (params ?? {}) as Record<string, string>
  const asked = (query ?? {}) as { preSession?: unknown; country?: unknown }
  const [first, ...others] = Object.entries(ids)
    // A parameter that is a number was read as one.
    .map(([name, id]): [string, string] => [name, String(id)])
    .filter(([, id]) => isId(id))
    .map(([name, id]): [string, string] => [name, isSubmissionId(id) ? subjectOfSubmission(keys, id) : id])
  const round = [number, asked.preSession].find((value) => value !== undefined && isRound(value))
  return {
    preSession: round === undefined ? undefined : Number(round),
    country: [iso3, asked.country].find(isCountry)?.toUpperCase(),
    subject:
      first === undefined ? made(reply) : { kind: kindOf(routeOptions.url ?? '', first[0]), id: lower(first[1]) },
    others: Object.fromEntries(others),
  }
}

/** Ids are compared as they are stored. */
const lower = (id: string): string => id.toLowerCase()

/** `/v1/applications/:id/documents/:docId` → `applications`. */
const kindOf = (url: string, param: string): string => new RegExp(`([^/]+)/:${param}(/|$)`).exec(url)?.[1] ?? param

function made(reply: FastifyReply): { kind: string; id: string } | undefined {
  const [kind, id] = String(reply.getHeader('location') ?? '')
    .split('/')
    .slice(-2)
  return kind !== undefined && id !== undefined && uuid.test(id) ? { kind, id } : undefined
}

const paging = ['cursor', 'limit', 'sort']

/** Which filters and which fields, never their values. Names are kept only once they were found to be ours. */
function namesOf({ query, body, routeOptions }: FastifyRequest, status: number) {
  if (status >= 400) return {}
  const filters = fieldNames(Object.keys((query ?? {}) as object)).filter((name) => !paging.includes(name))
  const isFields =
    typeof body === 'object' && body !== null && !Buffer.isBuffer(body) && routeOptions.schema?.body !== undefined
  const fields = isFields ? fieldNames(Object.keys(body)) : []
  return { ...(filters.length > 0 && { filters }), ...(fields.length > 0 && { fields }) }
}

function codeOf(problem: string): { code: string } | undefined {
  const [, code = ''] = /"code":"([a-z_]+)","requestId"/.exec(problem) ?? []
  return Object.hasOwn(errorCodes, code) ? { code } : undefined
}

/** Enough to tell one network from another, too little to tell a person: three quarters of an IPv4 address, three groups of an IPv6 one. */
export function shortened(ip: string): string {
  const [, v4] = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/i.exec(ip) ?? []
  if (v4 !== undefined) return `${v4}.0/24`
  const [head = ''] = ip.split('::')
  const groups = head
    .split(':')
    .filter((group) => /^[\da-f]{1,4}$/i.test(group))
    .slice(0, 3)
  return `${groups.join(':')}::/48`
}
