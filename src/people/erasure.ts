import { createHash } from 'node:crypto'
import { lockPerson } from '../access-links/queries.ts'
import { appendChanges } from '../audit/queries.ts'
import { createCipher } from '../crypto/cipher.ts'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { namesIn, type Role } from '../domain/person.ts'
import { AppError, invalidInput } from '../errors.ts'
import type { Caller } from '../http/access.ts'
import { deleteKeptAbout } from '../idempotency/queries.ts'
import { fillErasedSeats, isSeatedElsewhere, lockSeatsOf } from '../slots/erasing.ts'
import { type ConcernedApplication, findApplicationsOf } from './concerned.ts'
import { eraseApplications } from './erase-applications.ts'
import type { Counts, Intake, IntakeFinding } from './intake.ts'
import { lockPersonRow, type PersonRow } from './queries.ts'
import * as queries from './queries-erasure.ts'

export interface ErasureInput {
  reason: string
  dryRun?: boolean | undefined
  confirmation?: string | undefined
  /** Exactly these; without it, those that are the person's own. */
  applicationIds?: string[] | undefined
}

export interface Erasure {
  personId: string
  dryRun: boolean
  erasedAt: string | null
  reason: string
  confirmation: string | null
  counts: Counts
  applications: {
    id: string
    preSession: number
    country: string | null
    status: string
    role: Role
    erased: boolean
  }[]
  /** Submissions of colleagues that became no application yet. */
  submissionsKept: number
}

interface Context {
  caller: Caller
  now: string
}

interface Plan {
  applications: ConcernedApplication[]
  erased: ConcernedApplication[]
  found: IntakeFinding
  submissionsKept: number
  confirmation: string
}

/** With the slots in which the person speaks or waits. */
interface LockedPlan extends Plan {
  slotIds: string[]
}

/** Ends a dry run: everything was done, and is undone. */
class DryRun extends Error {
  readonly result: Erasure
  constructor(result: Erasure) {
    super('dry run')
    this.result = result
  }
}

/** Erases a person in one transaction; files follow by a job. Asked again, it answers what was done. The dry run does the same and undoes it. */
export async function erasePerson(
  deps: Deps,
  intake: Intake,
  id: string,
  input: ErasureInput,
  context: Context,
): Promise<Erasure> {
  try {
    return await deps.db.transaction().execute(async (tx) => {
      const person = await lockPersonRow(tx, id)
      if (person === undefined) throw new AppError('person_not_found')
      if (person.erased_at !== null) return toErasure(person)
      const plan = await lockPlan(tx, intake, person, input.applicationIds)
      refuseNames(input.reason, person, plan)
      if (input.dryRun !== true && input.confirmation === undefined)
        throw invalidInput(
          '/confirmation',
          'required',
          'Do a dry run first and give the `confirmation` that it answers.',
        )
      if (input.dryRun !== true && input.confirmation !== plan.confirmation) throw new AppError('erasure_changed')
      const counts = await erase(tx, deps, intake, person, { plan, input, context })
      const result: Erasure = {
        personId: id,
        dryRun: input.dryRun === true,
        erasedAt: input.dryRun === true ? null : context.now,
        reason: input.reason,
        confirmation: input.dryRun === true ? plan.confirmation : null,
        counts,
        applications: plan.applications.map((row) => ({
          id: row.id,
          preSession: row.pre_session,
          country: row.country,
          status: row.status,
          role: row.role,
          erased: plan.erased.includes(row),
        })),
        submissionsKept: plan.submissionsKept,
      }
      if (result.dryRun) throw new DryRun(result)
      return result
    })
  } catch (error) {
    if (error instanceof DryRun) return error.result
    throw error
  }
}

/** Locked in the order that everybody keeps: requests for links, addresses, deliveries and submissions, slots, applications. Found again once they are held, since others were at work. */
async function lockPlan(tx: Tx, intake: Intake, person: PersonRow, wanted: string[] | undefined): Promise<LockedPlan> {
  await queries.lockRequests(tx, person.addresses)
  for (const address of person.addresses) await lockPerson(tx, address)
  const before = await makePlan(tx, intake, person, wanted)
  await intake.lock(tx, before.found)
  const ids = before.erased.map(({ id }) => id)
  const { slotIds, waiting } = await lockSeatsOf(tx, ids)
  // With those who may move up, in one order: whoever holds one of them may wait for another.
  await queries.lockApplications(tx, [...ids, ...waiting])
  const plan = { ...(await makePlan(tx, intake, person, wanted)), slotIds }
  const isHeld = plan.confirmation === before.confirmation && !(await isSeatedElsewhere(tx, ids, slotIds))
  if (!isHeld) throw new AppError('unavailable', { headers: { 'retry-after': '1' } })
  return plan
}

async function makePlan(
  tx: Tx,
  intake: Intake,
  { id, addresses }: PersonRow,
  wanted: string[] | undefined,
): Promise<Plan> {
  const applications = await findApplicationsOf(tx, addresses)
  const unknown = (wanted ?? []).findIndex((one) => !applications.some((row) => row.id === one.toLowerCase()))
  if (unknown !== -1)
    throw invalidInput(`/applicationIds/${unknown}`, 'unknown_application', 'It does not name this person.')
  const chosen = wanted?.map((one) => one.toLowerCase())
  const erased = applications.filter((row) => (chosen === undefined ? row.role === 'speaker' : chosen.includes(row.id)))
  const all = await intake.find(tx, { addresses, applicationIds: erased.map((row) => row.id) })
  const found = { ...all, submissions: all.submissions.filter(({ role }) => role === 'speaker') }
  const keys = found.submissions.map(({ formId, submissionId }) => `${formId}/${submissionId}`)
  const what = [id, erased.map((row) => row.id), keys, found.deliveries]
  const confirmation = createHash('sha256').update(JSON.stringify(what)).digest('base64url')
  const submissionsKept = all.submissions.length - found.submissions.length
  return { applications, erased, found, submissionsKept, confirmation }
}

/** The reason stays when the person goes, so it names nobody. */
function refuseNames(reason: string, { addresses }: PersonRow, { erased }: Plan): void {
  const names = erased.flatMap(({ body: { speaker, organisation } }) => [
    ...[speaker?.firstName, speaker?.lastName, speaker?.email, speaker?.phone],
    ...[organisation?.name, organisation?.email, organisation?.phone],
  ])
  const found = namesIn(reason, [...addresses, ...names.filter((name) => name !== undefined)])
  if (found.length > 0)
    throw invalidInput('/reason', 'names_a_person', 'The reason is kept after the erasure: say why, without a name.')
}

interface Step {
  plan: LockedPlan
  input: ErasureInput
  context: Context
}

async function erase(
  tx: Tx,
  deps: Deps,
  intake: Intake,
  person: PersonRow,
  { plan, input: { reason }, context: { caller, now } }: Step,
): Promise<Counts> {
  const cipher = createCipher([deps.keys.answers])
  const ids = plan.erased.map((row) => row.id)
  const subjects = [...person.addresses, ...ids, ...plan.found.submissions.map(({ submissionId }) => submissionId)]
  const fingerprints = subjects.flatMap((subject) => cipher.fingerprints(subject))
  const answers = await deleteKeptAbout(tx, { applicationIds: ids, fingerprints })
  const kept = plan.applications.filter((row) => !plan.erased.includes(row)).map((row) => row.id)
  const ofApplications = await eraseApplications(tx, plan.erased, {
    intake,
    found: plan.found,
    at: now,
    actor: caller.id,
    cause: 'request',
    reason,
  })
  await fillErasedSeats(deps, tx, plan.slotIds, { caller, now })
  const ofAddresses = await queries.deleteByAddress(tx, person.addresses, await queries.listAddressesIn(tx, kept))
  const addresses = await queries.deleteAddresses(tx, person.id)
  // Some were kept by whoever the applications waited for.
  const later = await deleteKeptAbout(tx, { applicationIds: [], fingerprints })
  const counts = { ...ofApplications, answers: answers + later, ...ofAddresses, addresses }
  await queries.keepErasure(tx, person.id, { at: now, by: caller.id, reason, counts })
  await appendChanges(tx, [
    {
      at: now,
      actor: caller.id,
      action: 'person.erased',
      subjectKind: 'people',
      subjectId: person.id,
      details: counts,
    },
  ])
  return counts
}

/** What was done, as it was kept. */
function toErasure({ id, erased_at: erasedAt, erasure_reason: reason, erased_counts: counts }: PersonRow): Erasure {
  return {
    personId: id,
    dryRun: false,
    erasedAt,
    reason: reason ?? '',
    confirmation: null,
    counts: counts ?? {},
    applications: [],
    submissionsKept: 0,
  }
}
