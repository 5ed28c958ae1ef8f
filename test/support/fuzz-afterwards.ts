import { sql } from 'kysely'
import { sealAudit } from '../../src/audit/sealer.ts'
import { verifyAudit } from '../../src/audit/verifying.ts'
import { listTasks, listTicks } from '../../src/jobs/list.ts'
import { countDoubleBookings } from '../../src/slots/queries-occupancy.ts'
import type { Fault } from './fuzz-judge.ts'
import { type SeededApp, standing } from './fuzz-seeds.ts'

/** When every period of retention is over. */
const longAfter = '2041-01-01T00:00:00Z'

/** What must be true when all was asked: nobody is in two places, every job that was made can run, the log is whole, and what is due can go. */
export async function faultsAfterwards(service: SeededApp): Promise<Fault[]> {
  const { admin, clock, db, deps } = service
  const faults: Fault[] = []
  const add = (name: string, detail: string) => {
    const signature = `afterwards ${name}`
    if (!faults.some((one) => one.signature === signature))
      faults.push({ signature, message: `Afterwards: ${name}`, request: detail })
  }
  const attempt = async (name: string, run: () => unknown, detail = '') => {
    try {
      await run()
    } catch (error) {
      add(`${name}: ${(error as Error).message.slice(0, 300)}`, `${detail} ${(error as Error).stack}`)
    }
  }
  clock.set(standing)
  const tasks = listTasks(deps)
  for (const { task, payload } of await takeJobs(service))
    await attempt(`job ${task}`, () => tasks[task]?.(payload), JSON.stringify(payload))
  for (const tick of listTicks(deps)) await attempt(`tick ${tick.name}`, () => tick.run())
  if ((await countDoubleBookings(db)) > 0) add('somebody or something is in two slots at once', '')
  const { rows: full } = await sql`select slot.id from slot where capacity is not null and capacity <
    (select count(*) from slot_speaker where slot_id = slot.id and seated)`.execute(db)
  if (full.length > 0) add('a slot has more speakers than seats', JSON.stringify(full))
  await attempt('sealing', () => sealAudit(deps))
  const { faults: broken } = await verifyAudit(db)
  if (broken.length > 0) add('the audit log is broken', JSON.stringify(broken))
  clock.set(longAfter)
  const removed = await admin.post('/v1/retention/runs')
  if (removed.statusCode !== 200) add('what is due cannot go', removed.body)
  clock.set(standing)
  return faults
}

/** Those that wait, and no other: a job that comes again and again would never let this end. */
async function takeJobs({ db }: SeededApp) {
  const { rows } = await sql<{ task: string; payload: unknown }>`
    with taken as (delete from graphile_worker._private_jobs returning id, task_id, payload)
    select t.identifier as task, taken.payload from taken join graphile_worker._private_tasks t on t.id = taken.task_id
    order by taken.id`.execute(db)
  return rows
}
