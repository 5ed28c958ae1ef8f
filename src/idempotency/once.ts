import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Cipher, createCipher } from '../crypto/cipher.ts'
import { beginJoinable } from '../db/database.ts'
import type { OpenTransaction } from '../db/joined.ts'
import type { Deps } from '../deps.ts'
import { addSeconds } from '../domain/instant.ts'
import { AppError } from '../errors.ts'
import { isUnavailable, problemText } from '../http/problems.ts'
import { hashOfKey, hashOfRequest } from './key.ts'
import { claimKey, findKept, insertKept, type KeptRow } from './queries.ts'

const keptSeconds = 72 * 3600
/** What the operation itself says in headers; the rest is made anew for each answer. */
const keptHeaders = ['content-type', 'etag', 'link', 'location', 'retry-after', 'www-authenticate']

/** A request that carries a key; `tx` is open from the claim until its answer is kept. */
export interface KeyedRequest {
  key: string
  requestHash: Buffer
  keyHash: Buffer
  tx?: OpenTransaction
}

interface Answer {
  headers: Record<string, string>
  body: string | null
}

/**
 * Runs the work of a POST once for its key, in one transaction with the answer that is kept (docs/decisions/0006); without a key just runs it.
 * `content` is what a handler that reads its own body has read.
 */
export async function once<T>(
  { pool, keys, clock }: Pick<Deps, 'pool' | 'keys' | 'clock'>,
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<T>,
  content?: unknown,
): Promise<T> {
  const keyed = request.keyed
  if (keyed === undefined) return work()
  if (content !== undefined) keyed.requestHash = hashOfRequest(request, content)
  keyed.keyHash = hashOfKey(keyed.key, request)
  const tx = await beginJoinable(pool)
  try {
    if (!(await claimKey(tx, keyed.keyHash)))
      throw new AppError('idempotency_in_progress', { headers: { 'retry-after': '1' } })
    const kept = await findKept(tx, keyed.keyHash)
    if (kept === undefined || Date.parse(kept.expires_at) <= Date.parse(clock.now())) keyed.tx = tx
    else return replay(kept, keyed, reply, createCipher([keys.answers])) as T
  } finally {
    if (keyed.tx === undefined) await tx.rollback()
  }
  return tx.run(work)
}

function replay(kept: KeptRow, { requestHash, keyHash }: KeyedRequest, reply: FastifyReply, cipher: Cipher) {
  if (!kept.request_hash.equals(requestHash)) throw new AppError('idempotency_key_reused')
  if (kept.answer === null) throw new AppError('secret_already_shown')
  const { headers, body } = JSON.parse(cipher.decrypt(kept.answer, keyHash)) as Answer
  reply.code(kept.status).headers(headers).header('idempotent-replayed', 'true')
  return reply.serializer(String).send(body)
}

/** Keeps the answer and commits it with the effect, before it leaves. What is to be tried again is neither kept nor done. */
export async function keepAnswer(
  deps: Pick<Deps, 'keys' | 'clock'>,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  const keyed = request.keyed
  const tx = keyed?.tx
  if (keyed === undefined || tx === undefined) return payload
  delete keyed.tx
  if (reply.statusCode >= 500 || reply.statusCode === 429) {
    await tx.rollback()
    return payload
  }
  try {
    await insertKept(tx, toKept(deps, request, reply, keyed, toBody(payload)))
  } catch (error) {
    await tx.rollback()
    return refuse(request, reply, error)
  }
  return tx.commit().then(
    () => payload,
    (error: unknown) => refuse(request, reply, error),
  )
}

function toBody(payload: unknown): string | null {
  if (payload === undefined || payload === null) return null
  if (typeof payload === 'string') return payload
  throw new Error('An answer that is not text cannot be kept for an Idempotency-Key.')
}

function toKept(
  { keys, clock }: Pick<Deps, 'keys' | 'clock'>,
  request: FastifyRequest,
  reply: FastifyReply,
  { requestHash, keyHash }: KeyedRequest,
  body: string | null,
) {
  const cipher = createCipher([keys.answers])
  const { statusCode: status } = reply
  const headers = Object.fromEntries(
    keptHeaders.flatMap((name) => (reply.hasHeader(name) ? [[name, String(reply.getHeader(name))]] : [])),
  )
  const isSecret = request.routeOptions.config.showsSecretOnce === true && status < 400
  const now = clock.now()
  return {
    key_hash: keyHash,
    request_hash: requestHash,
    status,
    answer: isSecret ? null : cipher.encrypt(JSON.stringify({ headers, body } satisfies Answer), keyHash),
    application_id: status === 404 ? undefined : applicationOf(request, headers.location),
    subjects: subjectsIn(request.caller.email, isSecret ? null : body).flatMap((subject) =>
      cipher.fingerprints(subject).slice(0, 1),
    ),
    created_at: now,
    expires_at: addSeconds(now, keptSeconds),
  }
}

const applicationPath = /^\/v1\/applications\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?:\/|$)/i

/** The application that a request is below, or that it made. */
const applicationOf = ({ url }: FastifyRequest, location = ''): string | undefined =>
  (applicationPath.exec(url.split('?', 1)[0] ?? '') ?? applicationPath.exec(location))?.[1]

const addressPattern = /[^\s"'<>()[\]{},;:\\]+@[^\s"'<>()[\]{},;:\\]+/g

const submissionPattern = /(?<="submissionId":")\d+(?=")/g

const applicationPattern = /(?<="applicationId":")[\da-f-]{36}(?=")/gi

/** Whoever an answer names, by an address, an application or a submission: it is erased with them. */
const subjectsIn = (email: string | undefined, body: string | null): string[] => [
  ...new Set(
    [
      ...(email === undefined ? [] : [email]),
      ...(body?.match(addressPattern) ?? []),
      ...(body?.match(submissionPattern) ?? []),
      ...(body?.match(applicationPattern) ?? []),
    ].map((subject) => subject.toLowerCase()),
  ),
]

/** The answer that was ready is not given, since it is not kept: the client tries again. */
function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): string {
  request.log.error({ err: error }, 'an answer could not be kept for its Idempotency-Key')
  for (const name of keptHeaders) reply.removeHeader(name)
  const code = isUnavailable(error) ? 'unavailable' : 'internal_error'
  if (code === 'unavailable') reply.header('retry-after', '5')
  reply.code(code === 'unavailable' ? 503 : 500).type('application/problem+json; charset=utf-8')
  return problemText(request, code)
}
