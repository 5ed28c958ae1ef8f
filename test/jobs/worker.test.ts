import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import t from 'tap'
import { enqueue } from '../../src/jobs/queue.ts'
import { registerProcess } from '../../src/jobs/registry.ts'
import { startWorker, type Task } from '../../src/jobs/worker.ts'
import { type TestApp, testApp } from '../support/app.ts'

/** Counts its runs; each can be awaited. */
function countingTask(work: Task = async () => {}) {
  let runs = 0
  const waiting: { n: number; resolve: () => void }[] = []
  return {
    run: async (payload: unknown) => {
      runs += 1
      for (const one of waiting) if (runs >= one.n) one.resolve()
      await work(payload)
    },
    runs: () => runs,
    reached: (n: number) => new Promise<void>((resolve) => (runs >= n ? resolve() : waiting.push({ n, resolve }))),
  }
}

async function work(app: TestApp, task: Task) {
  return startWorker(app.deps, { url: app.url, tasks: { test: task }, ticks: [] })
}

/** What a process leaves behind that was killed in the middle of a job. */
async function leaveLockedJob({ db }: TestApp, lockedBy: string, lockedAgo: string): Promise<void> {
  await enqueue(db, 'test', {})
  await sql`update graphile_worker._private_jobs set locked_by = ${lockedBy}, locked_at = now() - ${lockedAgo}::interval, attempts = 1`.execute(
    db,
  )
}

const countJobs = async ({ db }: TestApp): Promise<number> => {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from graphile_worker.jobs`.execute(db)
  return rows[0]?.n ?? 0
}

async function until(test: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    if (await test()) return
    await delay(10)
  }
  throw new Error('It does not come to an end.')
}

t.test('a job of a killed process runs again at once', async (t) => {
  const app = await testApp(t)
  const first = await work(app, async () => {})
  await first.stop()
  await leaveLockedJob(app, 'pool-of-a-killed-process', '1 second')
  await sql`insert into worker_process (lock_key, worker_ids) values (1, array['pool-of-a-killed-process'])`.execute(
    app.db,
  )
  const task = countingTask()
  const worker = await work(app, task.run)
  await task.reached(1)
  await until(async () => (await countJobs(app)) === 0)
  await worker.stop()
  t.equal(task.runs(), 1)
})

t.test('a job that nobody calls his own runs again', async (t) => {
  const app = await testApp(t)
  const first = await work(app, async () => {})
  await first.stop()
  await leaveLockedJob(app, 'pool-that-never-said-so', '11 seconds')
  const task = countingTask()
  const worker = await work(app, task.run)
  await task.reached(1)
  await worker.stop()
  t.equal(task.runs(), 1)
})

t.test('a job of another living process is left alone', async (t) => {
  const app = await testApp(t)
  const unblock = Promise.withResolvers<void>()
  const busy = countingTask(() => unblock.promise)
  const one = await work(app, busy.run)
  await enqueue(app.db, 'test', {})
  await busy.reached(1)
  // A process says which jobs are its own a moment after it took the first.
  await until(async () => {
    const { rows } = await sql`select from graphile_worker._private_jobs j
      join worker_process p on j.locked_by = any (p.worker_ids)`.execute(app.db)
    return rows.length === 1
  })
  await sql`update graphile_worker._private_jobs set locked_at = now() - interval '1 minute'`.execute(app.db)
  const task = countingTask()
  const two = await work(app, task.run)
  await two.stop()
  t.equal(task.runs(), 0)
  unblock.resolve()
  await one.stop()
  t.equal(busy.runs(), 1)
  t.equal(await countJobs(app), 0)
})

t.test('a job that was taken for this process, and the answer lost, runs again', async (t) => {
  const app = await testApp(t)
  const registry = await registerProcess(app.url, app.deps.log)
  const first = await work(app, async () => {})
  await first.stop()
  await leaveLockedJob(app, 'pool-of-this-process', '31 seconds')
  await registry.claim('pool-of-this-process')
  const isLocked = async () => {
    const { rows } = await sql<{ id: string; locked: boolean }>`
      select id::text, locked_at is not null as locked from graphile_worker.jobs`.execute(app.db)
    return rows[0] as { id: string; locked: boolean }
  }
  const { id } = await isLocked()
  await registry.releaseDead(app.db, () => [id])
  t.ok((await isLocked()).locked, 'left alone while it runs')
  await registry.releaseDead(app.db, () => [])
  t.notOk((await isLocked()).locked)
  await registry.close()
})

t.test('the queue outlives the loss of every connection, and what was done meanwhile is done', async (t) => {
  const app = await testApp(t)
  const task = countingTask(async () => {
    if (task.runs() === 1) await breakConnections(app)
  })
  const worker = await work(app, task.run)
  t.teardown(worker.stop)
  await enqueue(app.db, 'test', {})
  await until(async () => task.runs() === 1 && (await isWorkedOff(app)))
  await enqueue(app.db, 'test', {})
  await until(async () => task.runs() === 2 && (await isWorkedOff(app)))
})

/** False too while the database lets nobody in. */
const isWorkedOff = async (app: TestApp) => (await countJobs(app).catch(() => undefined)) === 0

/** As when the database dies and is back: every connection is gone, and for a moment no new one is let in. */
async function breakConnections({ url }: TestApp): Promise<void> {
  const target = new URL(url)
  const name = target.pathname.slice(1)
  target.pathname = '/postgres'
  const client = new pg.Client({ connectionString: target.href })
  await client.connect()
  await client.query(`alter database ${name} with allow_connections false`)
  await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
  setTimeout(() => {
    client
      .query(`alter database ${name} with allow_connections true`)
      .finally(() => client.end())
      .catch(() => {})
  }, 300)
}
