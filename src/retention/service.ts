import { appendChanges } from '../audit/queries.ts'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { eraseFiles } from '../documents/erasing.ts'
import { isFileNamed } from '../documents/queries.ts'
import { appliedNames, cutoffOf, type RetentionClassName, retentionClasses } from '../domain/retention.ts'
import { isKnown } from '../people/concerned.ts'
import { eraseApplications } from '../people/erase-applications.ts'
import type { Counts, Intake } from '../people/intake.ts'
import { lockApplications } from '../people/queries-erasure.ts'
import { sweepVideos } from '../video-submissions/sweep.ts'
import * as queries from './queries.ts'
import { countDueQuestions, emptyDueQuestions } from './queries-questions.ts'

interface Run {
  deps: Deps
  intake: Intake
  now: string
  actor: string
}

/** The period of a class as it is configured. */
export const daysOf = ({ config }: Pick<Deps, 'config'>, name: RetentionClassName): number | null =>
  config.retention[name] ?? retentionClasses[name].days

/** Once a day, in one of the replicas. */
export async function applyDaily(deps: Deps, intake: Intake): Promise<void> {
  const now = deps.clock.now()
  if (await queries.claimRun(deps.db, now)) await applyRetention({ deps, intake, now, actor: 'system' })
}

/** Now, whether or not it was done today. */
export async function applyNow(
  deps: Deps,
  intake: Intake,
  { now, actor }: Pick<Run, 'now' | 'actor'>,
): Promise<Counts> {
  await queries.beginRun(deps.db, now, { isAgain: true })
  return applyRetention({ deps, intake, now, actor })
}

/** Class by class; one that fails does not keep the others, and is tried again with the next run. */
async function applyRetention(run: Run): Promise<Counts> {
  const { deps, now, actor } = run
  const counts: Counts = {}
  const failed: string[] = []
  for (const name of appliedNames) {
    try {
      const removed = await applyClass(run, name)
      if (removed > 0) counts[name] = removed
    } catch (error) {
      deps.log.error({ err: error, class: name }, 'a class of data could not be brought to its period')
      failed.push(name)
    }
  }
  deps.log.info({ counts, failed }, 'retention periods applied')
  await deps.db.transaction().execute(async (tx) => {
    await queries.finishRun(tx, now, { at: deps.clock.now(), counts })
    await appendChanges(tx, [
      { at: now, actor, action: 'retention.applied', details: { ...counts, ...(failed.length > 0 && { failed }) } },
    ])
  })
  return counts
}

const isOneOf = <T extends string>(names: readonly T[], name: string): name is T =>
  (names as readonly string[]).includes(name)

function applyClass(run: Run, name: RetentionClassName): Promise<number> {
  const { deps, now } = run
  const cutoff = cutoffOf(now, daysOf(deps, name) as number)
  if (isOneOf(queries.applicationClasses, name)) return eraseDue(run, name, cutoff)
  if (isOneOf(queries.rowClasses, name))
    return deps.db.transaction().execute((tx) => queries.deleteDueRows(tx, name, cutoff))
  if (name === 'questions') return deps.db.transaction().execute((tx) => emptyDueQuestions(tx, cutoff))
  if (name === 'jotformLeftovers') return eraseLeftovers(run, cutoff)
  if (name === 'people') return forgetPeople(run, cutoff)
  return removeOrphans(run, daysOf(deps, name) as number)
}

/** One after the other, each in a transaction of its own: nobody waits long, and what was done stays done. */
async function eraseDue(
  { deps, intake, now, actor }: Run,
  name: queries.ApplicationClass,
  cutoff: string,
): Promise<number> {
  let erased = 0
  for (const { id } of await queries.listDue(deps.db, name, cutoff)) {
    await deps.db.transaction().execute(async (tx) => {
      const found = await intake.find(tx, { addresses: [], applicationIds: [id] })
      await intake.lock(tx, found)
      await lockApplications(tx, [id])
      // Meanwhile changed, or erased.
      const due = await queries.listDue(tx, name, cutoff, id)
      if (due.length === 0) return
      await eraseApplications(tx, due, { intake, found, at: now, actor, cause: 'retention' })
      erased += 1
    })
  }
  return erased
}

async function eraseLeftovers({ deps, intake, now }: Run, cutoff: string): Promise<number> {
  return deps.db.transaction().execute(async (tx) => {
    const leftovers = async (on: Tx) => {
      const { submissions, deliveries } = await queries.listLeftovers(on, cutoff)
      return {
        deliveries,
        submissions: submissions.map((key) => ({ ...key, applicationId: null, role: 'speaker' as const })),
      }
    }
    await intake.lock(tx, await leftovers(tx))
    const found = await leftovers(tx)
    await intake.erase(tx, found, now)
    return found.submissions.length + found.deliveries.length
  })
}

/** An id of a person is kept as long as something is kept under their addresses. */
async function forgetPeople({ deps, intake }: Run, cutoff: string): Promise<number> {
  let forgotten = 0
  for (const { id, addresses } of await queries.listPeopleAskedBefore(deps.db, cutoff)) {
    if (await isKnown(deps.db, intake, addresses)) continue
    await deps.db.transaction().execute((tx) => queries.deletePerson(tx, id))
    forgotten += 1
  }
  return forgotten
}

/** Files lie in real time, whatever the sandbox's clock says. */
async function removeOrphans({ deps, now }: Run, days: number): Promise<number> {
  const { db, storage } = deps
  const before = Date.now() - days * 86_400_000
  const orphans: string[] = []
  for await (const { sha256, storedAt } of storage.listDocuments())
    if (storedAt < before && !(await isFileNamed(db, sha256))) orphans.push(sha256)
  await db.transaction().execute((tx) => eraseFiles(tx, orphans, now))
  return orphans.length + (await sweepVideos(deps, before)) + (await storage.removeUnfinished(before))
}

/** How many records of a class a run would remove now; null where only the run itself finds out. */
export async function countDue(deps: Deps, name: RetentionClassName, now: string): Promise<number | null> {
  const days = daysOf(deps, name)
  if (days === null) return null
  const cutoff = cutoffOf(now, days)
  if (isOneOf(queries.applicationClasses, name)) return (await queries.listDue(deps.db, name, cutoff)).length
  if (isOneOf(queries.rowClasses, name)) return queries.countDueRows(deps.db, name, cutoff)
  if (name === 'questions') return countDueQuestions(deps.db, cutoff)
  if (name !== 'jotformLeftovers') return null
  const { submissions, deliveries } = await queries.listLeftovers(deps.db, cutoff)
  return submissions.length + deliveries.length
}
