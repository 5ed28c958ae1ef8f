import type { Tx } from '../db/database.ts'
import type { DeliverySource } from '../db/tables-jotform.ts'
import type { Deps } from '../deps.ts'
import { earliest } from '../domain/instant.ts'
import { enqueue } from '../jobs/queue.ts'
import { type AnswerSet, answersFromApi } from './answers.ts'
import { type ApiSubmission, readSubmission } from './client.ts'
import { hashContent, sha256, toStoredAnswers } from './content.ts'
import { isApiConfigured } from './context.ts'
import { type Delivery, parseDelivery, parseObject } from './delivery.ts'
import { hashErased, type SubmissionKey } from './erased.ts'
import { projectSubmission } from './projection.ts'
import {
  type DeliveryRow,
  deleteDelivery,
  findArrival,
  findDelivery,
  insertDelivery,
  markInterpreted,
} from './queries-deliveries.ts'
import { retryFiles } from './queries-files.ts'
import { findForm } from './queries-forms.ts'
import {
  insertVersion,
  listVersions,
  lockSubmission,
  type SubmissionRow,
  updateSubmission,
} from './queries-submissions.ts'
import { findTestMark } from './test-rules.ts'
import { normaliseText } from './text.ts'

/** Reads a stored delivery and makes of it what follows. Runs again without harm: every step is an upsert. */
export async function interpretDelivery(deps: Deps, deliveryId: string): Promise<void> {
  const row = await findDelivery(deps, deps.db, deliveryId)
  if (row === undefined) return
  if (row.format === 'webhook') await interpretPost(deps, row)
  else await interpretRow(deps, row)
}

/** The row of a submission, made at its first sight and locked; undefined where it was erased. */
export const admit = (
  tx: Tx,
  deps: Deps,
  { at, source, ...key }: SubmissionKey & { at: string; source: DeliverySource },
): Promise<SubmissionRow | undefined> => lockSubmission(tx, key, { at, source, erasedHash: hashErased(deps, key) })

async function interpretPost(deps: Deps, row: DeliveryRow): Promise<void> {
  const delivery = await parseDelivery(row.content_type ?? undefined, row.raw_body)
  const { formId, submissionId } = delivery
  await deps.db.transaction().execute(async (tx) => {
    const now = deps.clock.now()
    const arrival = await findArrival(tx, row)
    if (!(await markInterpreted(tx, row.id, { ...delivery, at: now }))) return
    // The same bytes: what is read of a replay is read of an original whose own job was lost.
    if (arrival?.unreadId !== undefined) await markInterpreted(tx, arrival.unreadId, { ...delivery, at: now })
    if (formId === undefined || submissionId === undefined) {
      deps.log.warn({ deliveryId: row.id, problem: delivery.parseError }, 'a Jotform delivery cannot be read')
      return
    }
    const seenAt = arrival?.at ?? row.received_at
    const submission = await admit(tx, deps, { formId, submissionId, at: seenAt, source: row.source })
    if (submission === undefined) return deleteDelivery(tx, row.id)
    await updateSubmission(tx, submission, {
      webhook_at: earliest(submission.webhook_at ?? undefined, arrival?.at) ?? null,
      event_id: submission.event_id ?? (normaliseText(delivery.eventId ?? '').slice(0, 200) || null),
      test_mark: submission.test_mark ?? (await findMarkIn(tx, formId, delivery)) ?? null,
    })
    if (!isApiConfigured(deps) && delivery.answers !== undefined) {
      await keepVersion(tx, submission, { source: 'delivery', answers: delivery.answers, observedAt: seenAt })
    }
    if (row.source === 'replay') await retryFiles(tx, { form_id: formId, submission_id: submissionId }, now)
    await projectSubmission(tx, deps, { formId, submissionId })
    if (isApiConfigured(deps) && submission.verification === 'unverified') await requestVerification(tx, formId)
  })
}

async function findMarkIn(tx: Tx, formId: string, delivery: Delivery): Promise<string | undefined> {
  const form = await findForm(tx, formId)
  return form && findTestMark(form.mapping.testRules, delivery)
}

/** One waiting job a form: what arrives until it runs is verified together. */
export const requestVerification = (tx: Tx, formId: string) =>
  enqueue(tx, 'jotform-verify', { formId }, { jobKey: `jotform-verify:${formId}` })

/** A row of the API or of an export that was kept as a delivery and is read again (replay). */
async function interpretRow(deps: Deps, row: DeliveryRow): Promise<void> {
  const read = readSubmission(parseObject(row.raw_body.toString('utf8')))
  const { form_id: formId, submission_id: submissionId } = row
  if (formId === null || submissionId === null || (row.format === 'api' && read === undefined)) return
  await deps.db.transaction().execute(async (tx) => {
    if (!(await markInterpreted(tx, row.id, { formId, submissionId, at: deps.clock.now() }))) return
    const submission = await admit(tx, deps, { formId, submissionId, at: row.received_at, source: row.source })
    if (submission === undefined) return deleteDelivery(tx, row.id)
    if (row.source === 'replay') await retryFiles(tx, submission, deps.clock.now())
    await projectSubmission(tx, deps, { formId, submissionId })
    if (isApiConfigured(deps)) await requestVerification(tx, formId)
  })
}

export type Admitted = 'created' | 'changed' | 'unchanged' | 'erased'

/**
 * What Jotform's API says of a submission: the entry for polls and for the confirmation of a delivery alike.
 * A new or changed row of a poll is kept as a delivery of its own.
 */
export async function admitApiRow(
  deps: Deps,
  formId: string,
  row: ApiSubmission,
  observed: { at: string; by: 'poll' | 'verification' },
): Promise<Admitted> {
  return deps.db.transaction().execute(async (tx) => {
    const key = { formId, submissionId: row.id }
    const before = await admit(tx, deps, { ...key, at: observed.at, source: 'poll' })
    if (before === undefined) return 'erased'
    const answers = answersFromApi(row.answers)
    const isNewContent = await keepVersion(tx, before, {
      source: 'api',
      answers,
      apiAnswers: row.answers,
      observedAt: observed.at,
      ...(row.updatedAt === undefined ? {} : { updatedAt: row.updatedAt }),
    })
    const isNew = before.verification !== 'verified'
    if (observed.by === 'poll' && (isNewContent || isNew)) await keepPolledRow(tx, deps, key, row, observed.at)
    await updateSubmission(tx, before, {
      verification: 'verified',
      verified_at: before.verified_at ?? observed.at,
      attempts: 0,
      next_attempt_at: null,
      last_error: null,
      jotform_created_at: row.createdAt ?? before.jotform_created_at,
      jotform_updated_at: row.updatedAt ?? before.jotform_updated_at,
      jotform_status: row.status,
      poll_at: observed.by === 'poll' ? (earliest(before.poll_at ?? undefined, observed.at) ?? null) : before.poll_at,
      vanished_at: row.status === 'DELETED' ? (before.vanished_at ?? observed.at) : null,
    })
    await projectSubmission(tx, deps, key)
    return isNew ? 'created' : isNewContent ? 'changed' : 'unchanged'
  })
}

const keepPolledRow = (tx: Tx, deps: Deps, key: SubmissionKey, row: ApiSubmission, at: string) => {
  const raw = {
    id: row.id,
    form_id: row.formId,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    status: row.status,
    answers: row.answers,
  }
  const rawBody = Buffer.from(JSON.stringify(raw))
  return insertDelivery(deps, tx, {
    receivedAt: at,
    source: 'poll' satisfies DeliverySource,
    format: 'api',
    contentType: 'application/json',
    rawBody,
    rawSha256: sha256(rawBody),
    interpretedAt: at,
    ...key,
  })
}

interface SeenContent {
  source: 'api' | 'delivery' | 'import'
  answers: AnswerSet
  /** The API's own object, kept as it came. */
  apiAnswers?: Record<string, unknown>
  updatedAt?: string
  observedAt: string
}

/** Adds a version where the content is new. Answers whether it was. */
export async function keepVersion(tx: Tx, row: SubmissionRow, seen: SeenContent): Promise<boolean> {
  const contentSha256 = hashContent(seen.answers)
  const stored = (await listVersions(tx, row.form_id, row.submission_id)).filter(
    (version) => version.source === seen.source,
  )
  const latest = stored.at(-1)
  // Two looks at Jotform may be worked in another order than they were made: an older state is nothing new.
  const isOlder =
    seen.source === 'api' && latest !== undefined && (seen.updatedAt ?? '') < (latest.jotform_updated_at ?? '')
  const isKnown =
    seen.source === 'api'
      ? latest?.content_sha256 === contentSha256
      : stored.some((version) => version.content_sha256 === contentSha256)
  if (isOlder || isKnown) return false
  await insertVersion(tx, row, {
    source: seen.source,
    contentSha256,
    answers: seen.apiAnswers ?? toStoredAnswers(seen.answers),
    updatedAt: seen.updatedAt,
    observedAt: seen.observedAt,
  })
  return true
}
