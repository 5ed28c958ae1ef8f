import fc, { type AsyncCommand } from 'fast-check'
import t from 'tap'
import { type TestApp, testApp } from '../support/app.ts'

// The life of applications against a model of it that knows nothing of the service: whatever is done, in whatever order,
// both must say the same of status, versions, deadline and outcome.

const start = Date.parse('2021-01-04T10:00:00Z')
const countries = ['BEL', 'DNK'] as const
const emails = ['one@example.org', 'two@example.org'] as const
const second = 1_000
const minute = 60 * second
const hour = 60 * minute

interface Content {
  country: string
  email: string
  isNhri: boolean
  hasIssues: boolean
  hasReference: boolean
}

interface ModelledApplication {
  id: string
  status: 'draft' | 'submitted' | 'withdrawn'
  versions: (Content & { at: number })[]
  submittedVersion: number
  receivedAt: number
  /** What was said of it when it was last judged; nothing for a draft. */
  judged: { outcome: string; assessedVersion: number; closesAt: number } | undefined
}

interface Model {
  round: number
  now: number
  roundClosesAt: number
  extensions: Map<string, number>
  waivers: { country: string; email: string; until: number }[]
  applications: ModelledApplication[]
}

/** Every outcome that came up, so that a run which tries nothing is seen. */
const outcomes = new Set<string>()

const generalEnd = (model: Model, country: string) => Math.max(model.roundClosesAt, model.extensions.get(country) ?? 0)
const latest = ({ versions }: ModelledApplication) => versions.at(-1) as Content
const isOf = (email: string) => (one: ModelledApplication) =>
  one.versions.some((version) => version.email.toLowerCase() === email)

function judgeModelled(model: Model, application: ModelledApplication): void {
  const { country } = latest(application)
  const waived = model.waivers.filter((waiver) => waiver.country === country && isOf(waiver.email)(application))
  const closesAt = Math.max(generalEnd(model, country), ...waived.map(({ until }) => until))
  const isLate = application.receivedAt >= closesAt
  const inTime = application.versions.filter(({ at }) => at < closesAt).length
  const assessedVersion = isLate ? application.submittedVersion : inTime
  const content = application.versions[assessedVersion - 1] as Content
  const outcome = isLate
    ? 'late'
    : !content.hasIssues || !content.hasReference
      ? 'incomplete'
      : content.isNhri && content.country !== 'BEL'
        ? 'ineligible'
        : 'eligible'
  application.judged = { outcome, assessedVersion, closesAt }
  outcomes.add(outcome)
}

const judgeAll = (model: Model, applies: (one: ModelledApplication) => boolean): ModelledApplication[] => {
  const judged = model.applications.filter((one) => one.status === 'submitted' && applies(one))
  for (const one of judged) judgeModelled(model, one)
  return judged
}

const toBody = ({ country, email, isNhri, hasIssues, hasReference }: Content) => ({
  country,
  organisation: {
    name: 'Ligue',
    type: isNhri ? 'nhri' : 'nationalCso',
    basedIn: 'BEL',
    email,
    aim: 'We document cases.',
  },
  speaker: { firstName: 'Zoë', lastName: 'Machel', email: 'zoe@example.org', atRisk: false },
  issues: hasIssues ? ['right-to-health'] : [],
  uprSubmission: { reference: hasReference ? 'JS17' : '' },
})

const instant = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z')
/** Zurich is one hour ahead in January; the named minute counts in full, so it is the one before the end. */
const localOf = (closesAt: number) => new Date(closesAt + hour - minute).toISOString().slice(0, 16)

class Real {
  readonly service: TestApp
  readonly round: number
  constructor(service: TestApp, round: number) {
    this.service = service
    this.round = round
  }
  /** The clock stands where the model's does whenever something is asked. */
  async send(
    model: Model,
    method: 'post' | 'patch',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    this.service.clock.set(instant(model.now))
    return this.service.admin[method](path, body, headers)
  }
  async read(id: string) {
    return this.service.admin.get(`/v1/applications/${id}`)
  }
}

function check(what: string, got: unknown, wanted: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: the service says ${JSON.stringify(got)}, the model ${JSON.stringify(wanted)}`)
  }
}

/** Every application as both see it. */
async function compare(model: Model, real: Real): Promise<void> {
  for (const application of model.applications) {
    const { status, judged, versions } = application
    const view = (await real.read(application.id)).json()
    const seen = {
      status: view.status,
      latestVersion: view.latestVersion,
      outcome: view.outcome,
      assessedVersion: view.assessedVersion,
      closesAt: view.closesAt,
      isReceived: view.receivedAt !== undefined,
    }
    const wanted = {
      status,
      latestVersion: versions.length,
      outcome: judged?.outcome,
      assessedVersion: judged?.assessedVersion,
      closesAt: judged && instant(judged.closesAt),
      isReceived: judged !== undefined,
    }
    check(`application ${model.applications.indexOf(application)}`, seen, wanted)
    if (judged)
      check('margin', Math.ceil(view.marginSeconds), Math.ceil((judged.closesAt - application.receivedAt) / 1000))
  }
}

type Command = AsyncCommand<Model, Real>

const command = (
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  canRun: (model: Model) => boolean = () => true,
): Command => ({
  check: canRun,
  run: async (model, real) => {
    // The service's clock runs on while it works; the next command stands after all that.
    model.now += second
    await run(model, real)
    await compare(model, real)
  },
  toString: () => name,
})

const hasAny = (model: Readonly<Model>) => model.applications.length > 0
const pick = (model: Model, n: number) => model.applications[n % model.applications.length] as ModelledApplication

const create = (content: Content) =>
  command(`create ${JSON.stringify(content)}`, async (model, real) => {
    const answer = await real.send(model, 'post', '/v1/applications', { preSession: model.round, ...toBody(content) })
    check('create', answer.statusCode, 201)
    model.applications.push({
      id: answer.json().id,
      status: 'draft',
      versions: [{ ...content, at: model.now }],
      submittedVersion: 0,
      receivedAt: 0,
      judged: undefined,
    })
  })

const patch = (n: number, change: Partial<Content>, isStale: boolean) =>
  command(
    `patch ${n} ${JSON.stringify(change)}${isStale ? ' with an old tag' : ''}`,
    async (model, real) => {
      const application = pick(model, n)
      const before = latest(application)
      const content = { ...before, ...change }
      const tag = isStale ? '"old"' : String((await real.read(application.id)).headers.etag)
      const answer = await real.send(model, 'patch', `/v1/applications/${application.id}`, toBody(content), {
        'if-match': tag,
      })
      if (isStale) return check('patch', answer.statusCode, 412)
      if (application.status !== 'draft' && content.country !== before.country)
        return check('patch', answer.statusCode, 400)
      if (application.status === 'withdrawn') return check('patch', answer.json().code, 'application_closed')
      check('patch', answer.statusCode, 200)
      application.versions.push({ ...content, at: model.now })
      if (application.status === 'submitted') judgeModelled(model, application)
    },
    hasAny,
  )

const submit = (n: number) =>
  command(
    `submit ${n}`,
    async (model, real) => {
      const application = pick(model, n)
      const answer = await real.send(model, 'post', `/v1/applications/${application.id}/submission`)
      if (application.status === 'submitted') return check('submit', answer.json().code, 'already_submitted')
      if (application.status === 'withdrawn') return check('submit', answer.json().code, 'application_closed')
      check('submit', answer.statusCode, 200)
      Object.assign(application, {
        status: 'submitted',
        submittedVersion: application.versions.length,
        receivedAt: model.now,
      })
      judgeModelled(model, application)
    },
    hasAny,
  )

const withdraw = (n: number) =>
  command(
    `withdraw ${n}`,
    async (model, real) => {
      const application = pick(model, n)
      const answer = await real.send(model, 'post', `/v1/applications/${application.id}/withdrawal`, {})
      if (application.status === 'withdrawn') return check('withdraw', answer.json().code, 'application_closed')
      check('withdraw', answer.statusCode, 200)
      application.status = 'withdrawn'
    },
    hasAny,
  )

/** Counts of what was judged anew are told by the service, too. */
const extend = (country: string, hours: number) =>
  command(`extend ${country} by ${hours} h`, async (model, real) => {
    const from = generalEnd(model, country)
    const to = from + hours * hour
    const path = `/v1/pre-sessions/${model.round}/countries/${country}/deadline-extensions`
    const answer = await real.send(model, 'post', path, { local: localOf(to), reason: 'Model' })
    if (hours <= 0) return check('extend', answer.json().code, 'extension_not_later')
    check('extend', answer.statusCode, 201)
    model.extensions.set(country, to)
    const between = judgeAll(model, (one) => latest(one).country === country).filter(
      ({ receivedAt }) => receivedAt >= from && receivedAt < to,
    )
    check('reassessedCount', answer.json().reassessedCount, between.length)
  })

const extendRound = (hours: number) =>
  command(`extend the round by ${hours} h`, async (model, real) => {
    const path = `/v1/pre-sessions/${model.round}`
    const to = model.roundClosesAt + hours * hour
    // Whether the round accepts applications is part of its tag, and a matter of time.
    real.service.clock.set(instant(model.now))
    const tag = String((await real.service.admin.get(path)).headers.etag)
    const answer = await real.send(
      model,
      'patch',
      path,
      { applicationDeadline: { local: localOf(to) } },
      { 'if-match': tag },
    )
    if (hours < 0) return check('extend the round', answer.json().code, 'extension_not_later')
    check('extend the round', answer.statusCode, 200)
    const before = countries.map((country) => generalEnd(model, country))
    model.roundClosesAt = to
    const moved = countries.filter((country, n) => generalEnd(model, country) !== before[n])
    judgeAll(model, (one) => moved.some((country) => country === latest(one).country))
  })

const waive = (country: string, email: string, hours: number) =>
  command(`waive ${country} ${email} ${hours} h`, async (model, real) => {
    const until = generalEnd(model, country) + hours * hour
    const path = `/v1/pre-sessions/${model.round}/countries/${country}/deadline-waivers`
    const answer = await real.send(model, 'post', path, {
      email: email.toUpperCase(),
      until: instant(until),
      reason: 'Model',
    })
    if (hours <= 0) return check('waive', answer.json().code, 'extension_not_later')
    check('waive', answer.statusCode, 201)
    model.waivers.push({ country, email, until })
    const judged = judgeAll(model, (one) => latest(one).country === country && isOf(email)(one))
    check('reassessedCount', answer.json().reassessedCount, judged.length)
  })

/** The clock only goes forward, and likes to stand just before an end or exactly on it. */
const move = (to: 'hours' | 'beforeEnd' | 'end', n: number) =>
  command(`move ${to} ${n}`, async (model) => {
    const ends = [...countries.map((country) => generalEnd(model, country)), ...model.waivers.map(({ until }) => until)]
    const end = ends[n % ends.length] as number
    const target = to === 'hours' ? model.now + n * hour : to === 'end' ? end : end - 5 * second
    model.now = Math.max(model.now, target)
  })

const contents: fc.Arbitrary<Content> = fc.record({
  country: fc.constantFrom(...countries),
  email: fc.constantFrom(emails[0], emails[1], 'One@Example.ORG'),
  isNhri: fc.boolean(),
  hasIssues: fc.nat(7).map((n) => n > 0),
  hasReference: fc.nat(7).map((n) => n > 0),
})
const change = fc
  .record(
    {
      country: fc.constantFrom(...countries),
      email: fc.constantFrom(...emails),
      isNhri: fc.boolean(),
      hasIssues: fc.boolean(),
      hasReference: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  // A change of the country after the submission is refused, which is soon seen.
  .chain((one) =>
    fc
      .nat(4)
      .map((n) => (n === 0 ? one : Object.fromEntries(Object.entries(one).filter(([name]) => name !== 'country')))),
  )
const which = fc.nat(3)
const later = fc.constantFrom(-24, 0, 1, 24, 48)

const commands = fc.commands(
  [
    contents.map(create),
    fc.tuple(which, change, fc.nat(9)).map(([n, one, stale]) => patch(n, one, stale === 0)),
    fc.tuple(which, change, fc.constant(false)).map((args) => patch(...args)),
    which.map(submit),
    which.map(submit),
    which.map(withdraw),
    fc.tuple(fc.constantFrom(...countries), later).map(([country, hours]) => extend(country, hours)),
    later.map(extendRound),
    fc.tuple(fc.constantFrom(...countries), fc.constantFrom(...emails), later).map((args) => waive(...args)),
    fc
      .tuple(fc.constantFrom('hours', 'beforeEnd', 'end') as fc.Arbitrary<'hours' | 'beforeEnd' | 'end'>, fc.nat(30))
      .map((args) => move(...args)),
    fc
      .tuple(fc.constantFrom('beforeEnd', 'end') as fc.Arbitrary<'beforeEnd' | 'end'>, fc.nat(3))
      .map((args) => move(...args)),
  ],
  { maxCommands: 30, size: 'max' },
)

async function aRound({ admin, clock }: TestApp, number: number): Promise<Model> {
  clock.set(instant(start))
  const roundClosesAt = Date.parse('2021-01-08T23:00:00Z')
  await admin.post('/v1/pre-sessions', {
    number,
    format: 'virtual',
    dates: { start: '2021-03-22', end: '2021-03-26' },
    timeZone: 'Europe/Zurich',
    applicationDeadline: { local: localOf(roundClosesAt) },
  })
  for (const iso3 of countries) await admin.post(`/v1/pre-sessions/${number}/countries`, { iso3 })
  const opened = await admin.post(`/v1/pre-sessions/${number}/transitions`, { to: 'callOpen' })
  check('the call is open', opened.statusCode, 200)
  return { round: number, now: start, roundClosesAt, extensions: new Map(), waivers: [], applications: [] }
}

t.test('the life of applications is as the model says', async (t) => {
  const service = await testApp(t)
  let number = 500
  const property = fc.asyncProperty(commands, async (all) => {
    number += 1
    const model = await aRound(service, number)
    await fc.asyncModelRun(() => ({ model, real: new Real(service, model.round) }), all)
  })
  const seed = Number(process.env.FUZZ_SEED ?? 38)
  await t.resolves(fc.assert(property, { seed, numRuns: Number(process.env.FUZZ_RUNS ?? 25), endOnFailure: false }))
  for (const outcome of ['eligible', 'incomplete', 'late']) t.ok(outcomes.has(outcome), outcome)
})
