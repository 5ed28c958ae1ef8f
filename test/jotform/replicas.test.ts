import { sql } from 'kysely'
import t from 'tap'
import { runDuePolls } from '../../src/jotform/polls.ts'
import { testApp } from '../support/app.ts'
import { hookSecret, startIntake } from '../support/jotform-intake.ts'

t.test('two replicas make each poll once', async (t) => {
  const intake = await startIntake(t)
  const { app, api } = intake
  api.keepOnly(...intake.round.rows.slice(0, 5).map(({ id }) => id))
  const env = {
    JOTFORM_API_URL: api.url,
    JOTFORM_FILES_URL: api.url,
    JOTFORM_HOOK_SECRETS: hookSecret,
    JOTFORM_API_KEY: api.apiKey,
  }
  const other = await testApp(t, { url: app.url, env, now: app.clock.now() })
  await runDuePolls(other.deps)
  await sql`delete from jotform_poll_run`.execute(app.db)
  for (const instant of ['2021-01-08T22:00:00Z', '2021-01-08T23:20:00Z']) {
    api.setNow(instant)
    app.clock.set(instant)
    other.clock.set(instant)
    await Promise.all([runDuePolls(app.deps), runDuePolls(other.deps), runDuePolls(app.deps)])
  }
  const { rows } = await sql<{
    kind: string
    n: number
  }>`select kind, count(*)::int as n from jotform_poll_run where error is null group by kind order by kind`.execute(
    app.db,
  )
  t.same(rows, [
    { kind: 'closing', n: 1 },
    { kind: 'daily', n: 1 },
    { kind: 'window', n: 2 },
  ])
})

t.test('polls are as frequent as the deadline is near', async (t) => {
  const intake = await startIntake(t)
  intake.api.keepOnly()
  const count = async () => {
    const { rows } = await sql<{
      n: number
    }>`select count(*)::int as n from jotform_poll_run where kind = 'window'`.execute(intake.app.db)
    return rows[0]?.n ?? 0
  }
  const cases: [string, string, string, number][] = [
    ['every ten minutes', '2021-01-05T10:00:00Z', '2021-01-05T10:09:00Z', 0],
    ['every ten minutes', '2021-01-05T11:00:00Z', '2021-01-05T11:11:00Z', 1],
    ['every five in the last day', '2021-01-08T10:00:00Z', '2021-01-08T10:06:00Z', 1],
    ['every minute around the deadline', '2021-01-08T22:00:00Z', '2021-01-08T22:01:05Z', 1],
    ['every minute around the deadline', '2021-01-08T22:30:00Z', '2021-01-08T22:30:30Z', 0],
  ]
  for (const [name, first, second, polls] of cases) {
    await intake.moveTo(first)
    const before = await count()
    await intake.moveTo(second)
    t.equal((await count()) - before, polls, name)
  }
  const filters = intake.api.log
    .filter(({ path }) => path.endsWith('/submissions'))
    .map(({ query }) => query.filter ?? '')
  t.ok(
    filters.includes('{"created_at:gt":"2021-01-08 11:29:00"}'),
    'six hours and a minute before 22:30 UTC, in US Eastern',
  )
  t.ok(filters.includes('{"updated_at:gt":"2021-01-08 11:29:00"}'))
})
