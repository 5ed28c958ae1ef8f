import t, { type Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { createDb, createPool } from '../../src/db/database.ts'
import type { Sandbox } from '../../src/deps.ts'
import { createSandboxClock } from '../../src/sandbox/clock.ts'
import { adminKey, testApp } from '../support/app.ts'
import { testDatabase } from '../support/database.ts'

const path = '/v1/sandbox/clock'
const closing = '2021-01-08T23:00:00Z'

const secondsApart = (a: string, b: string) => Math.abs(Date.parse(a) - Date.parse(b)) / 1000

/** One replica as the process wires it: its clock is the one that the database keeps. */
async function replica(t: Test, url: string, onSet: Sandbox['onSet'] = []) {
  const { deps } = await testApp(t, { url })
  const { clock, set, close } = await createSandboxClock(deps.db, url)
  const app = await buildApp({ ...deps, clock, sandbox: { set, onSet } })
  t.teardown(async () => {
    await close()
    await app.close()
  })
  const headers = { authorization: `Bearer ${adminKey}` }
  return {
    clock,
    close,
    put: (payload: object) => app.inject({ method: 'PUT', url: path, headers, payload }),
    get: async (): Promise<string> => (await app.inject({ method: 'GET', url: path })).json().now,
  }
}

/** Reads until the replica has caught up; between two readings the sockets get their turn. */
async function readUntil(read: () => Promise<string>, expected: string) {
  const giveUpAt = performance.now() + 10_000
  let now = await read()
  while (secondsApart(now, expected) > 60 && performance.now() < giveUpAt) {
    await new Promise(setImmediate)
    now = await read()
  }
  return now
}

t.test('the clock is put by an admin, runs on, and may go back', async (t) => {
  const { put, get, clock } = await replica(t, await testDatabase(t))
  for (const now of [closing, '2021-01-08T22:59:59.999Z', '2020-12-01T00:00:00Z']) {
    const response = await put({ now })
    t.equal(response.statusCode, 200)
    t.same(response.json(), { now })
    t.ok(Date.parse(await get()) >= Date.parse(now), 'it runs on')
    t.ok(secondsApart(await get(), now) < 5)
    t.ok(secondsApart(clock.now(), now) < 5, 'it is the clock of the service')
  }
  const response = await put({ now: '2021-01-09T00:00:00+01:00' })
  t.same(response.json(), { now: closing }, 'another offset is the same instant')
})

t.test('what is no instant of these years is refused', async (t) => {
  const { put } = await replica(t, await testDatabase(t))
  const cases: [object, string][] = [
    [{}, '/now'],
    [{ now: 'tomorrow' }, '/now'],
    [{ now: '2021-01-08' }, '/now'],
    [{ now: '2021-01-08T23:59:60Z' }, '/now'],
    [{ now: '2021-02-30T00:00:00Z' }, '/now'],
    [{ now: '1999-12-31T23:59:59Z' }, '/now'],
    [{ now: '9999-12-31T23:59:59-10:00' }, '/now'],
    [{ now: 5 }, '/now'],
    [{ now: closing, zone: 'UTC' }, '/zone'],
  ]
  for (const [payload, pointer] of cases) {
    const response = await put(payload)
    t.equal(response.statusCode, 400, JSON.stringify(payload))
    t.equal(response.json().errors[0].pointer, pointer, JSON.stringify(payload))
  }
})

t.test('anyone reads the clock, only an admin moves it', async (t) => {
  const { anyone } = await testApp(t)
  const response = await anyone.get(path)
  t.equal(response.statusCode, 200)
  t.equal(response.headers['cache-control'], 'no-store')
  t.equal((await anyone.put(path, { now: closing })).statusCode, 401)
})

t.test('outside a sandbox there is no clock', async (t) => {
  const { anyone, admin } = await testApp(t, { env: { SANDBOX: 'false' } })
  t.equal((await anyone.get(path)).statusCode, 404)
  t.equal((await admin.put(path, { now: closing })).statusCode, 404)
})

t.test('a replica follows the others, and a restart keeps the time', async (t) => {
  const url = await testDatabase(t)
  const [one, two] = [await replica(t, url), await replica(t, url)]
  await one.put({ now: closing })
  t.ok(secondsApart(await readUntil(two.get, closing), closing) < 60)
  await two.put({ now: '2020-12-01T00:00:00Z' })
  t.ok(secondsApart(await readUntil(one.get, '2020-12-01T00:00:00Z'), '2020-12-01T00:00:00Z') < 60)
  const three = await replica(t, url)
  t.ok(secondsApart(await three.get(), '2020-12-01T00:00:00Z') < 60)
})

t.test('moves in a row leave the clock where the last one put it', async (t) => {
  const url = await testDatabase(t)
  const { put, get } = await replica(t, url)
  for (let day = 1; day <= 20; day += 1) {
    const now = `2021-01-${String(day).padStart(2, '0')}T00:00:00Z`
    await put({ now })
    t.ok(secondsApart(await get(), now) < 60, now)
  }
})

t.test('a replica whose connection is cut finds out what it missed', async (t) => {
  const url = await testDatabase(t)
  const two = await replica(t, url)
  const pool = createPool({ url, max: 1 })
  const db = createDb(pool)
  t.teardown(() => db.destroy())
  const cut = await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'pre-sessions sandbox_clock'`,
  )
  t.equal(cut.rowCount, 1)
  const { set, close } = await createSandboxClock(db, url)
  t.teardown(close)
  await set(closing)
  t.ok(secondsApart(await readUntil(two.get, closing), closing) < 60)
})

t.test('a database that is not migrated yet has the real time', async (t) => {
  const url = await testDatabase(t)
  const pool = createPool({ url, max: 1 })
  const db = createDb(pool)
  t.teardown(() => db.destroy())
  await db.schema.dropTable('sandbox_clock').execute()
  const { clock, close } = await createSandboxClock(db, url)
  t.teardown(close)
  t.equal(clock.offsetMs(), 0)
})

t.test('what fell due runs before the move is answered', async (t) => {
  const seen: string[] = []
  const hooks = [
    async () => {
      throw new Error('a hook that fails takes nothing from the others')
    },
    async (now: string) => {
      await new Promise(setImmediate)
      seen.push(`${now} ${secondsApart(clock.now(), now) < 5}`)
    },
  ]
  const { put, clock } = await replica(t, await testDatabase(t), hooks)
  t.equal((await put({ now: closing })).statusCode, 200)
  t.same(seen, [`${closing} true`])
})
