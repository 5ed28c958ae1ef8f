import type { LightMyRequestResponse } from 'fastify'
import t from 'tap'
import { consentCodes } from '../../src/domain/application.ts'
import type { CallerName } from '../access/callers.ts'
import { application } from '../access/kinds/application.ts'
import { wordsOf } from '../access/sending.ts'
import { adminKey } from '../support/app.ts'
import { addressOf } from '../support/document.ts'
import { runJobs } from '../support/jobs.ts'
import { formOf } from '../support/multipart.ts'
import { leakWorld, outsiders, strangers } from './support.ts'

/** What tells of the request or of the moment, and of nothing else. */
const passing = new Set(['getMetrics', 'getReadiness', 'getLiveness', 'getSandboxClock', 'listenToSlot'])
const standing = '2021-02-20T12:00:00Z'

/** Everything of an answer but what is its own. */
function essence({ statusCode, headers, body }: LightMyRequestResponse): string {
  const { date: _, 'x-request-id': __, 'content-length': ___, ...rest } = headers
  for (const name of Object.keys(rest)) if (name.startsWith('ratelimit')) delete rest[name]
  const text = body.replace(/"(requestId|serverTime|evaluatedAt)":"[^"]*"/g, '').replace(/"now":"[^"]*"/g, '')
  return JSON.stringify([statusCode, rest, text])
}

/** The answer as far as it is about Belgium: of a list the items that name it. */
function aboutBelgium(answer = '[0,{},""]'): string {
  const [status, , body] = JSON.parse(answer) as [number, object, string]
  const items = /^\{"data":/.test(body)
    ? (JSON.parse(body).data as { country?: string; countries?: string[] }[])
    : undefined
  const own = items?.filter(({ country, countries }) => country === 'BEL' || countries?.includes('BEL'))
  return JSON.stringify([status, own ?? body])
}

t.test('the six invariants', async (t) => {
  const { world, hands, operations, mayCall, record } = await leakWorld(t)
  const { admin, clock, inject } = world
  const reads = operations.filter(
    ({ method, operationId, tags }) => method === 'GET' && !passing.has(operationId) && tags[0] !== 'reference-data',
  )

  /** Every answer that a caller can get by reading, with these parameters. */
  const seenBy = async (caller: CallerName, params: Record<string, string>, seen = new Map<string, string>()) => {
    const as = await hands(caller)
    for (const place of reads.filter((one) => mayCall(caller, one))) {
      const url = addressOf(place.path, { number: '38', ...params })
      const queries =
        place.operationId === 'listApplications' ? ['', '?country=BEL', '?limit=1', '?preSession=38'] : ['']
      for (const query of queries) {
        if (seen.has(`${caller} ${url}${query}`)) continue
        clock.set(standing)
        seen.set(`${caller} ${url}${query}`, essence(await as.get(url + query)))
      }
    }
    return seen
  }
  const snapshot = async () => {
    const seen = new Map<string, string>()
    const ids = ['submitted', 'selected', 'notSelected'].map((name) => record(name).params as Record<string, string>)
    for (const caller of ['public', 'otherApplicant', 'mission', 'missionUnderReview'] as const)
      for (const params of [{ iso3: 'BEL', id: world.moderated }, { iso3: 'LVA' }, ...ids])
        await seenBy(caller, params, seen)
    return seen
  }
  const differences = (before: Map<string, string>, after: Map<string, string>) =>
    [...before].filter(([url, answer]) => after.get(url) !== answer).map(([url]) => url)

  await t.test('2: before the release a mission learns of its own country what the public does', async (t) => {
    for (const params of [{ iso3: 'BEL' }, record('submitted').params as Record<string, string>]) {
      const own = await seenBy('missionUnderReview', params)
      for (const [url, answer] of await seenBy('public', params)) {
        const asMission = own.get(url.replace('public', 'missionUnderReview'))
        t.equal(aboutBelgium(asMission), aboutBelgium(answer), url)
      }
    }
  })

  await t.test('3: each consent opens its own surface and no other', async (t) => {
    const { id, country } = { id: record('withoutConsent').params.id, country: 'DNK' }
    const opened: Record<string, CallerName[]> = {
      showNameInProgramme: ['public', 'mission', 'missionUnderReview'],
      shareWithMissions: ['mission'],
    }
    for (const code of [...consentCodes, undefined]) {
      const given = await admin.put(
        `/v1/applications/${id}/consents`,
        { consents: code === undefined ? [] : [code] },
        { 'if-match': '*' },
      )
      t.equal(given.statusCode, 200)
      for (const caller of ['public', 'mission', 'missionUnderReview', 'otherApplicant'] as const) {
        const as = await hands(caller, { email: 'x@mail.example', country })
        const isOpen = (await as.get(`/v1/applications/${id}`)).statusCode === 200
        t.equal(isOpen, code !== undefined && (opened[code] ?? []).includes(caller), `${code} ${caller}`)
      }
    }
  })

  await t.test('4: who is at risk is behind a pseudonym wherever something is read', async (t) => {
    for (const name of ['atRisk', 'riskUnanswered', 'riskLater']) {
      const { params } = record(name)
      for (const caller of strangers.concat('reviewer', 'otherReviewer')) {
        const as = await hands(caller)
        const urls = reads
          .filter((one) => mayCall(caller, one))
          .map(({ path }) => addressOf(path, { number: '38', iso3: 'DNK', ...params }))
        for (const url of [
          ...urls,
          '/v1/applications?limit=100',
          `/v1/qa-slots/${world.moderated}/speakers?limit=100`,
        ]) {
          const words = wordsOf(await as.get(url))
          const shown = Object.entries(record(name).canaries).filter(([, word]) => words.includes(word))
          t.same(shown, [], `${caller} ${url} ${name}`)
        }
      }
    }
  })

  await t.test('5: no message holds a name, a country and a theme together', async (t) => {
    const mails = await world.db.selectFrom('mail_outbox').selectAll().execute()
    const names = [
      ...(world.prepared.get(application) ? Object.values(world.prepared.get(application) ?? {}) : []),
    ].flatMap(({ canaries }) => [canaries.firstName, canaries.lastName, canaries.organisation, canaries.otherIssue])
    t.ok(mails.length > 0)
    for (const mail of mails) {
      const text = JSON.stringify(mail)
      t.notOk(
        names.some((name) => name !== undefined && text.includes(name)),
        mail.template,
      )
      t.notMatch(
        `${mail.subject} ${mail.text} ${JSON.stringify(mail.params)}`,
        /Belgium|Denmark|"BEL"|"DNK"|right-to-health/,
        mail.template,
      )
      t.match(mail.to_address, /^[^\s,;<>]+$/)
    }
  })

  await t.test('6: who reads what is restricted is in the log before the answer leaves', async (t) => {
    const entries = async (requestId: unknown) =>
      await world.db
        .selectFrom('audit_log')
        .select(['action', 'role', 'subject_id'])
        .where('request_id', '=', String(requestId))
        .execute()
    const id = record('released').params.id
    for (const caller of [...outsiders, 'secretariat', 'admin', 'integration'] as const) {
      if (caller === 'public') continue
      const as = await hands(caller, record('released'))
      for (const [path, action] of [
        [`/v1/applications/${id}`, 'getApplication'],
        ['/v1/applications?limit=100', 'listApplications'],
      ]) {
        const answer = await as.get(path as string)
        const logged = await entries(answer.headers['x-request-id'])
        t.match(logged, [{ action }], `${caller} ${action}`)
        t.equal(logged.length, 1, 'a list is one entry')
      }
    }
    for (const caller of strangers) {
      if (caller === 'public') continue
      const refused = await (await hands(caller)).get(`/v1/applications/${record('selected').params.id}`)
      t.match(
        await entries(refused.headers['x-request-id']),
        [{ subject_id: record('selected').params.id }],
        'a refusal too',
      )
    }
  })

  await t.test('1: nothing that is closed shows, whatever happens behind it', async (t) => {
    const at = (name: string) => `/v1/applications/${record(name).params.id}`
    const form = formOf([{ name: 'file', fileName: 'more.pdf', content: '%PDF-1.4\n%%EOF\n' }])
    const match = { 'if-match': '*' }
    const acts: [string, () => Promise<LightMyRequestResponse>][] = [
      ['a draft is begun', () => admin.post('/v1/applications', { preSession: 38, country: 'BEL' })],
      ['a draft is handed in late', () => admin.post(`${at('draft')}/submission`)],
      [
        'somebody is selected',
        () => admin.post(`${at('submitted')}/decisions`, { decision: 'selected', reason: 'Chosen.' }),
      ],
      ['a selected speaker answers', () => admin.post(`${at('submitted')}/answers`, { answer: 'confirmed' })],
      [
        'an outcome is set',
        () => admin.post(`${at('notSelected')}/decisions`, { outcome: 'ineligible', reason: 'A front.' }),
      ],
      [
        'a speaker is prevented',
        () => admin.post(`${at('selected')}/transitions`, { to: 'prevented', reason: 'Stopped.' }),
      ],
      ['consents are given', () => admin.put(`${at('submitted')}/consents`, { consents: [...consentCodes] }, match)],
      ['a content is edited', () => admin.patch(at('submitted'), { accessibilityNeeds: 'A ramp' }, match)],
      [
        'a document is added',
        () =>
          inject({
            method: 'POST',
            url: `${at('submitted')}/documents`,
            headers: { ...form.headers, authorization: `Bearer ${adminKey}` },
            payload: form.payload,
          }),
      ],
      ['somebody withdraws', () => admin.post(`${at('submitted')}/withdrawal`, { reason: 'Cannot travel.' })],
      [
        'a waiver is granted',
        () =>
          admin.post('/v1/pre-sessions/38/countries/BEL/deadline-waivers', {
            email: record('submitted').email,
            until: '2021-03-01T23:59',
            reason: 'Outage.',
          }),
      ],
      [
        'a Pre-session is given up',
        () => admin.patch('/v1/pre-sessions/38/countries/LVA', { status: 'notHeld', reason: 'Too few.' }, match),
      ],
      ['a Pre-session is held', () => admin.patch('/v1/pre-sessions/38/countries/BEL', { status: 'held' }, match)],
    ]
    let before = await snapshot()
    t.ok(before.size > 100, `${before.size} answers`)
    let told: string[] = []
    for (const [what, act] of acts) {
      clock.set(standing)
      const done = await act()
      t.ok(done.statusCode < 300, `${what}: ${done.statusCode} ${done.body.slice(0, 200)}`)
      told.push(what)
      if (told.length < 5 && what !== acts.at(-1)?.[0]) continue
      await runJobs(world.deps)
      const after = await snapshot()
      t.same(differences(before, after), [], told.join(', '))
      before = after
      told = []
    }
  })
})
