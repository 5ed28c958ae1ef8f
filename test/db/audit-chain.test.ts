import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sealAudit } from '../../src/audit/sealer.ts'
import { verifyAudit } from '../../src/audit/verifying.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { sized } from '../support/sizes.ts'

const tables = ['audit_event', 'audit_unsealed']

/** What only the owner of the database can do: the triggers are put aside. */
async function tamper({ pool }: TestApp, ...statements: string[]): Promise<void> {
  for (const table of tables) await pool.query(`alter table ${table} disable trigger all`)
  for (const statement of statements) await pool.query(statement)
  for (const table of tables) await pool.query(`alter table ${table} enable trigger all`)
}

/** A service with 20 sealed entries. */
async function sealedApp(t: Test) {
  const app = await testApp(t)
  for (let n = 0; n < 20; n += 1) await app.admin.get('/v1/applications', { 'x-request-id': `r${n}` })
  await sealAudit(app.deps)
  const { head, faults } = await verifyAudit(app.db)
  t.same(faults, [])
  t.equal(head.seq, 20)
  return { app, head }
}

t.test('the chain holds after concurrent writes on two instances with two sealers', async (t) => {
  const one = await testApp(t)
  const two = await testApp(t, { url: one.url })
  const work = async ({ admin }: TestApp) => {
    const { id } = (await admin.post('/v1/applications', aCompleteApplication())).json()
    await Promise.all([admin.get(`/v1/applications/${id}`), admin.post(`/v1/applications/${id}/submission`)])
  }
  let isOver = false
  const sealing = [one, two].map(async ({ deps }) => {
    while (!isOver) await sealAudit(deps)
  })
  await Promise.all(Array.from({ length: 20 }, () => [work(one), work(two)]).flat())
  isOver = true
  await Promise.all(sealing)
  await sealAudit(one.deps)
  const { faults, head, unsealed } = await verifyAudit(two.db)
  t.same(faults, [])
  // Three requests of each, with three changes: made, submitted, assessed.
  t.equal(head.seq, 40 * 6)
  t.equal(unsealed.count, 0)
})

t.test('an entry that is committed late leaves no hole and breaks nothing', async (t) => {
  const { app } = await sealedApp(t)
  const late = await app.pool.connect()
  await late.query('begin')
  await late.query("insert into audit_unsealed (at, actor, role, action) values (now(), 'late', 'admin', 'late')")
  await app.admin.get('/v1/applications')
  await sealAudit(app.deps)
  await late.query('commit')
  late.release()
  t.equal((await verifyAudit(app.db)).unsealed.count, 1, 'the tail is told')
  await sealAudit(app.deps)
  t.match(await verifyAudit(app.db), { faults: [], head: { seq: 22 }, unsealed: { count: 0 } })
})

t.test('the tables are only appended to', async (t) => {
  const { app } = await sealedApp(t)
  await app.admin.get('/v1/applications')
  const refused = [
    "update audit_event set actor = 'x' where seq = 3",
    'delete from audit_event where seq = 3',
    'truncate audit_event',
    "update audit_unsealed set actor = 'x'",
    'delete from audit_unsealed',
    'truncate audit_unsealed',
  ]
  for (const statement of refused) await t.rejects(app.pool.query(statement), { code: '42501' }, statement)
})

t.test('tampering is found, with its position', async (t) => {
  const swap = [
    'alter table audit_event drop constraint audit_event_seq',
    'update audit_event set seq = case seq when 7 then 8 else 7 end where seq in (7, 8)',
  ]
  const cases: Record<string, { statements: string[]; faults: object[] }> = {
    'a changed entry': {
      statements: ["update audit_event set actor = 'somebody' where seq = 7"],
      faults: [{ kind: 'changed', seq: 7 }],
    },
    'a changed detail': {
      statements: [`update audit_event set details = '{"filters":[]}' where seq = 1`],
      faults: [{ kind: 'changed', seq: 1 }],
    },
    'a changed instant': {
      statements: ["update audit_event set at = at + interval '1 microsecond' where seq = 20"],
      faults: [{ kind: 'changed', seq: 20 }],
    },
    'a removed entry': {
      statements: ['delete from audit_event where seq = 7'],
      faults: [{ kind: 'removed', seq: 7, to: 7 }],
    },
    'a removed beginning': {
      statements: ['delete from audit_event where seq < 4'],
      faults: [{ kind: 'removed', seq: 1, to: 3 }],
    },
    'a removed entry, the others moved up': {
      statements: [
        'delete from audit_event where seq = 7',
        'alter table audit_event drop constraint audit_event_seq',
        'update audit_event set seq = seq - 1 where seq > 7',
      ],
      faults: Array.from({ length: 13 }, (_, n) => ({ kind: 'changed', seq: n + 7 })),
    },
    'a swapped pair': { statements: swap, faults: [{ kind: 'swapped', seq: 7, with: 8 }] },
    'a swapped pair whose hashes stay': {
      statements: [
        ...swap,
        `update audit_event a set hash = b.hash, prev_hash = b.prev_hash from audit_event b where (a.seq, b.seq) in ((7, 8), (8, 7))`,
      ],
      faults: [{ kind: 'swapped', seq: 7, with: 8 }],
    },
  }
  for (const [name, { statements, faults }] of Object.entries(cases)) {
    await t.test(name, async (t) => {
      const { app } = await sealedApp(t)
      await tamper(app, ...statements)
      t.match((await verifyAudit(app.db)).faults, faults)
      t.equal((await verifyAudit(app.db)).faults.length, faults.length)
    })
  }
})

t.test('a cut tail and a chain made anew are found by a head that somebody kept', async (t) => {
  const { app, head } = await sealedApp(t)
  await tamper(app, 'delete from audit_event where seq > 17')
  t.same((await verifyAudit(app.db)).faults, [], 'a shorter chain is whole in itself')
  t.same((await verifyAudit(app.db, head)).faults, [{ kind: 'truncated', seq: 18, to: 20 }])
  for (let n = 0; n < 3; n += 1) await app.admin.get('/v1/applications')
  await sealAudit(app.deps)
  t.same((await verifyAudit(app.db, head)).faults, [{ kind: 'rewritten', seq: 20 }])
})

t.test('the command tells and ends with 1', async (t) => {
  const { app, head } = await sealedApp(t)
  await app.admin.get('/v1/applications')
  const verify = async (...args: string[]) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/verify-audit.ts'), ...args], {
      env: { PATH: process.env.PATH, DATABASE_URL: app.url },
    })
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    const [code] = await once(child, 'close')
    return { code, output }
  }
  t.match(await verify('--head', `${head.seq}:${head.hash}`), {
    code: 0,
    output: /The audit log is whole: 20 entries, 1 unsealed since .*\nHead 20:[\da-f]{64}\n/,
  })
  await tamper(app, "update audit_event set actor = 'somebody' where seq = 7")
  t.match(await verify(), { code: 1, output: /^7: the entry was changed\nThe audit log has 1 fault/ })
  t.match(await verify('--head', 'nonsense'), { code: 2 })
})

t.test('very many entries are sealed and verified in seconds, and any tampering is found', async (t) => {
  const app = await testApp(t)
  const size = sized(12_000, 100_000)
  await app.pool.query(
    `insert into audit_unsealed (at, actor, role, action, request_id, details)
     select now(), 'admin-key', 'admin', 'getApplication', 'r' || n, '{"filters":["q"]}' from generate_series(1, $1::int) n`,
    [size],
  )
  const begun = performance.now()
  t.equal(await sealAudit(app.deps), size)
  const sealedAt = performance.now()
  t.match(await verifyAudit(app.db), { faults: [], head: { seq: size } })
  const verifiedAt = performance.now()
  t.comment(`sealed in ${Math.round(sealedAt - begun)} ms, verified in ${Math.round(verifiedAt - sealedAt)} ms`)
  const changed = Array.from({ length: 50 }, (_, n) => 1 + n * (size / 50 - 3))
  await tamper(app, `update audit_event set status = 418 where seq = any (array[${changed.join(',')}])`)
  t.same(
    (await verifyAudit(app.db)).faults,
    changed.map((seq) => ({ kind: 'changed', seq })),
  )
})
