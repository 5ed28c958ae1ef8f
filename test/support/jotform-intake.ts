import { sql } from 'kysely'
import type { Test } from 'tap'
import { runDuePolls } from '../../src/jotform/polls.ts'
import { type TestApp, type TestAppOptions, testApp } from './app.ts'
import { type JotformApi, startJotformApi } from './jotform-api.ts'
import { type Expected, type FixtureDelivery, type Round, readRound } from './jotform-fixtures.ts'

export const hookSecret = 'test-hook-secret-0123456789'
export const hookPath = `/v1/integrations/jotform/hooks/${hookSecret}`
export const jotform = '/v1/integrations/jotform'

export interface Intake {
  app: TestApp
  api: JotformApi
  round: Round
  /** Both clocks at once: Jotform's and the service's; and the polls that fell due. */
  moveTo(instant: string, options?: { poll?: boolean }): Promise<void>
  deliver(delivery: FixtureDelivery): Promise<number>
  /** Waits until no job is left that could run now. */
  settled(): Promise<void>
}

export interface IntakeOptions extends TestAppOptions {
  round?: 'round38' | 'hostile'
  /** Without an API key the service works from deliveries alone. */
  withoutKey?: boolean
  withoutMapping?: boolean
}

/** The whole service beside a Jotform of its own, with the round's mapping in place. */
export async function startIntake(t: Test, options: IntakeOptions = {}): Promise<Intake> {
  const {
    round: name = 'round38',
    withoutKey = false,
    withoutMapping = false,
    env = {},
    now = '2021-01-04T10:00:00Z',
    ...rest
  } = options
  const round = readRound(name)
  const api = await startJotformApi({ dir: round.dir, now })
  t.teardown(api.close)
  const app = await testApp(t, {
    ...rest,
    now,
    worker: true,
    env: {
      JOTFORM_API_URL: api.url,
      JOTFORM_FILES_URL: api.url,
      JOTFORM_HOOK_SECRETS: hookSecret,
      ...(withoutKey ? {} : { JOTFORM_API_KEY: api.apiKey }),
      ...env,
    },
  })
  api.registerWebhook(`https://intake.example.org${hookPath}`)
  if (!withoutMapping) await app.admin.put(`${jotform}/forms/${round.mapping.formId}`, round.mapping)
  const settled = () => drain(app)
  return {
    app,
    api,
    round,
    settled,
    async moveTo(instant, { poll = true } = {}) {
      api.setNow(instant)
      app.clock.set(instant)
      if (poll) await runDuePolls(app.jobDeps)
      await settled()
    },
    async deliver({ file, contentType }) {
      const response = await app.inject({
        method: 'POST',
        url: hookPath,
        headers: { 'content-type': contentType },
        payload: round.read(file),
      })
      return response.statusCode
    },
  }
}

/** Waits for the queue, not for a time: jobs that are due and those that run. */
async function drain({ db }: TestApp): Promise<void> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    const { rows } = await sql<{ left: number }>`select count(*)::int as left from graphile_worker.jobs
      where (run_at <= now() and attempts < max_attempts) or locked_at is not null`.execute(db)
    if (rows[0]?.left === 0) return
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  throw new Error('The queue does not come to an end.')
}

export interface Outcome {
  application: Expected['application']
  outcome: string
  missing: string[]
  receivedAt: string | undefined
  country: string | null | undefined
  organisation: string | undefined
  speaker: { firstName?: string; lastName?: string } | undefined
  verification: string
  state: string
}

/** What became of a submission, read over HTTP. */
export async function outcomeOf({ app }: Intake, submissionId: string): Promise<Outcome | undefined> {
  const found = await app.admin.get(`${jotform}/submissions/${submissionId}`)
  if (found.statusCode === 404) return undefined
  const submission = found.json()
  const common = { verification: submission.verification, state: submission.state }
  if (submission.applicationId === null) {
    const application = submission.state === 'test' ? ('test' as const) : ('none' as const)
    return {
      ...common,
      application,
      outcome: application,
      missing: [],
      receivedAt: undefined,
      country: undefined,
      organisation: undefined,
      speaker: undefined,
    }
  }
  const application = (await app.admin.get(`/v1/applications/${submission.applicationId}`)).json()
  const assessment = (await app.admin.get(`/v1/applications/${submission.applicationId}/assessment`)).json()
  return {
    ...common,
    application: 'created',
    outcome: assessment.outcome,
    missing: assessment.missing,
    receivedAt: application.receivedAt,
    country: application.country ?? null,
    organisation: application.organisation?.name,
    speaker: application.speaker,
  }
}

/** Holds every expected submission against what the service made of it, and that nothing else was made. */
export async function checkRound(t: Test, intake: Intake): Promise<void> {
  const { app, round } = intake
  for (const expected of round.expected) {
    const name = `${expected.submissionID} ${expected.special ?? expected.kind}`
    const got = await outcomeOf(intake, expected.submissionID)
    t.equal(got?.application, expected.application, `${name}: application`)
    t.equal(got?.outcome, expected.outcome, `${name}: outcome`)
    if (expected.kind === 'forged') t.equal(got?.verification, 'forged', `${name}: forged`)
    if (got?.application !== 'created') continue
    t.same(got.missing, expected.missing, `${name}: missing`)
    if (expected.deadline !== 'undetermined') t.equal(got.receivedAt, expected.receivedAt, `${name}: receivedAt`)
    t.equal(got.country, expected.country, `${name}: country`)
    t.equal(got.organisation, expected.organisation.replace(/[\u202e\u0007]/g, ''), `${name}: organisation`)
    t.equal(got.speaker?.firstName, expected.speaker.firstName, `${name}: first name`)
    t.equal(got.speaker?.lastName ?? '', expected.speaker.lastName, `${name}: last name`)
    t.equal(got.verification, 'verified', `${name}: verified`)
  }
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from application`.execute(app.db)
  t.equal(
    rows[0]?.n,
    round.expected.filter((one) => one.application === 'created').length,
    'as many applications as expected',
  )
}
