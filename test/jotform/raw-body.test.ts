import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { deriveKeys, keyLength } from '../../src/crypto/data-key.ts'
import { opensWhatIsKept } from '../../src/jotform/queries-deliveries.ts'
import { openBody } from '../../src/jotform/raw-body.ts'
import { jotform, startIntake } from '../support/jotform-intake.ts'
import { startScript } from '../support/process.ts'

t.test('what Jotform sent rests encrypted, each body bound to its own hash', async (t) => {
  const intake = await startIntake(t)
  const { app, round } = intake
  const [first, second] = round.deliveries
  if (first === undefined || second === undefined) throw new Error('The round has no deliveries.')
  for (const delivery of [first, second]) await intake.deliver(delivery)
  await intake.settled()

  const rows = await app.db.selectFrom('jotform_delivery').selectAll().orderBy('received_at').orderBy('id').execute()
  const sent = [first, second].map(({ file }) => round.read(file))
  for (const body of sent) t.ok(rows.some((row) => openBody(app.deps.keys, row).equals(body)))
  for (const { raw_body: raw } of rows) t.notMatch(raw.toString('latin1'), /rawRequest|q3_countryUnder/)

  const [one, other] = rows
  if (one === undefined || other === undefined) throw new Error('No deliveries were kept.')
  t.throws(() => openBody(app.deps.keys, { ...other, raw_body: one.raw_body }), 'nor moved to another row')
  const changed = Buffer.from(one.raw_body)
  changed[40] = (changed[40] ?? 0) ^ 1
  t.throws(() => openBody(app.deps.keys, { ...one, raw_body: changed }), 'nor changed')

  await sql`update jotform_delivery set raw_body = ${sent[0]} where raw_sha256 = ${one.raw_sha256}`.execute(app.db)
  const read = await app.admin.get(`${jotform}/deliveries/${one.id}`)
  t.ok(read.json().fields.length > 3, 'a body from before bodies were encrypted is read as it is')
})

t.test(
  'the service does not start with another data key than the one that deliveries were encrypted with',
  async (t) => {
    const intake = await startIntake(t)
    const { app, round } = intake
    t.ok(await opensWhatIsKept({ ...app.deps, keys: deriveKeys(Buffer.alloc(keyLength, 1)) }), 'nothing is kept')
    await intake.deliver(round.deliveries[0] as (typeof round.deliveries)[number])
    await intake.settled()
    t.ok(await opensWhatIsKept(app.deps))

    const dataDir = await mkdtemp(join(tmpdir(), 'pre-sessions-key-'))
    t.teardown(() => rm(dataDir, { recursive: true, force: true }))
    const service = startScript('src/server.ts', { DATA_DIR: dataDir, PORT: '0', DATABASE_URL: app.url })
    t.equal(await service.ended, 1)
    t.match(service.stderr(), /data key.*DATA_ENCRYPTION_KEY/)
  },
)
