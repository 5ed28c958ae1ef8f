import t from 'tap'
import { settableClock } from '../../src/clock.ts'
import { testApp } from '../support/app.ts'
import { runJobs } from '../support/jobs.ts'
import { aDelegate, anApplicant, aToken, linkIn, mails, tokenIn } from '../support/links.ts'

const path = '/v1/access-links'
const email = 'zoe@ligue.example'
const request = { email, purpose: 'applicant', preSession: 38 }

t.test('an applicant gets a link that names only the round', async (t) => {
  const app = await testApp(t, { env: { ACCESS_LINK_URL: 'https://app.example.org/enter/' } })
  await anApplicant(app)
  t.same(await mails(app), [], 'nobody asked')
  const answer = await app.anyone.post(path, { ...request, email: ' Zoe@LIGUE.example'.trim() })
  t.equal(answer.statusCode, 202)
  const [mail, ...others] = await mails(app)
  t.same(others, [])
  t.match(mail, { to: email, subject: 'Your link for Pre-sessions 38', state: 'queued' })
  t.match(linkIn(mail?.text ?? ''), /^https:\/\/app\.example\.org\/enter#access-token=lnk_[\w-]{43}$/)
  t.notMatch(mail?.text, /Belgium|BEL|Ligue|Zoë|Machel|health/)
})

t.test('only who is known for that purpose, round and country gets one', async (t) => {
  const app = await testApp(t)
  await anApplicant(app)
  await aDelegate(app)
  const cases: [object, string[]][] = [
    [{ ...request, email: 'nobody@ligue.example' }, []],
    [{ ...request, preSession: 39 }, []],
    [{ ...request, preSession: 9999 }, []],
    [{ ...request, country: 'DNK' }, []],
    [{ ...request, country: 'ZZZ' }, []],
    [{ ...request, purpose: 'mission' }, []],
    [{ ...request, email: 'upr@mission.example' }, []],
    [{ ...request, email: 'upr@mission.example', purpose: 'mission', preSession: 9999 }, []],
    [{ ...request, email: 'upr@mission.example', purpose: 'mission', country: 'ZZZ' }, []],
    [{ ...request, country: 'bel' }, [email]],
    [{ ...request, email: 'contact@ligue.example' }, ['contact@ligue.example']],
    [{ ...request, email: 'UPR@mission.example', purpose: 'mission' }, ['upr@mission.example']],
    [{ ...request, email: 'UPR@mission.example', purpose: 'mission', country: 'DNK' }, ['upr@mission.example']],
  ]
  const answers = new Set<string>()
  for (const [payload, expected] of cases) {
    const before = (await mails(app)).length
    const answer = await app.anyone.post(path, payload)
    const { 'x-request-id': _id, date: _date, ...headers } = answer.headers
    for (const name of Object.keys(headers)) if (/ratelimit/i.test(name)) delete headers[name]
    answers.add(JSON.stringify([answer.statusCode, headers, answer.body]))
    const sent = (await mails(app)).slice(0, -before || undefined).map(({ to }) => to)
    t.same(sent, expected, JSON.stringify(payload))
  }
  t.equal(answers.size, 1, 'one answer for all, to the letter')
  const left = await app.db.selectFrom('access_link_request').selectAll().execute()
  t.same(left, [], "nobody's address stays because a stranger wrote it")
})

t.test('the request does the same work for everybody, in the same time', async (t) => {
  const app = await testApp(t)
  await anApplicant(app)
  const timed = { known: [] as number[], unknown: [] as number[] }
  const done = { known: [] as string[], unknown: [] as string[] }
  const ask = async (kind: 'known' | 'unknown', n: number) => {
    const payload = { ...request, email: kind === 'known' ? email : `no${n % 10}@ligue.example` }
    app.statements.take()
    const begunAt = performance.now()
    await app.anyone.post(path, payload)
    timed[kind].push(performance.now() - begunAt)
    done[kind] = app.statements.take()
  }
  for (let n = 0; n < 20; n += 1) await ask('unknown', n)
  timed.unknown = []
  for (let n = 0; n < 80; n += 1)
    for (const kind of n % 2 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const)) await ask(kind, n)
  t.same(done.known, done.unknown, 'the same statements')
  t.notMatch(done.known.join(), /application|mission_delegate|mail_outbox|"access_link" /)
  const median = (times: number[]) => times.sort((a, b) => a - b)[times.length / 2] as number
  const [known, unknown] = [median(timed.known), median(timed.unknown)]
  t.ok(Math.abs(known - unknown) < 0.3 * Math.max(known, unknown), `medians ${known} and ${unknown} ms`)
})

t.test('a person gets few mails, and the last one is always valid', async (t) => {
  const app = await testApp(t)
  await anApplicant(app)
  await aDelegate(app)
  await aDelegate(app, 'CHE', email)
  await Promise.all(Array.from({ length: 10 }, () => app.anyone.post(path, request)))
  const sent = await mails(app)
  t.equal(sent.length, 3)
  const newest = tokenIn(sent[0]?.text ?? '')
  await app.anyone.post(path, { ...request, purpose: 'mission' })
  t.equal((await mails(app)).length, 4, 'another purpose is counted apart')
  app.clock.set('2020-12-15T10:29:00Z')
  await app.anyone.post(path, request)
  t.equal((await mails(app)).length, 4)
  t.equal((await app.anyone.post('/v1/sessions', { token: newest })).statusCode, 201)
  app.clock.set('2020-12-15T10:31:00Z')
  await app.anyone.post(path, request)
  t.equal((await mails(app)).length, 5)
})

t.test('of two links of one person and purpose the newer one works', async (t) => {
  const app = await testApp(t)
  await anApplicant(app)
  await aDelegate(app, 'CHE', email)
  const mission = await aToken(app, { purpose: 'mission' })
  const first = await aToken(app)
  const second = await aToken(app)
  const use = async (token: string) => (await app.anyone.post('/v1/sessions', { token })).statusCode
  t.equal(await use(first), 401)
  t.equal(await use(second), 201)
  t.equal(await use(mission), 201, 'that of another purpose still works')
})

t.test('a delegate of two missions gets a link for each', async (t) => {
  const app = await testApp(t)
  for (const state of ['CHE', 'FRA']) await aDelegate(app, state)
  await app.anyone.post(path, { ...request, email: 'upr@mission.example', purpose: 'mission' })
  const sent = await mails(app)
  const states = []
  for (const { text } of sent)
    states.push((await app.anyone.post('/v1/sessions', { token: tokenIn(text) })).json().state)
  t.same(states.sort(), ['CHE', 'FRA'])
})

t.test('a mission gets no link for a round that is not public', async (t) => {
  const app = await testApp(t)
  await aDelegate(app)
  await app.db.updateTable('pre_session').set({ published: false }).where('number', '=', 38).execute()
  await app.anyone.post(path, { ...request, email: 'upr@mission.example', purpose: 'mission' })
  t.same(await mails(app), [])
})

t.test('nothing that is no plain address is taken, and no header comes of it', async (t) => {
  const app = await testApp(t)
  const hostile = [
    'zoe@ligue.example\r\nBcc: all@evil.example',
    'zoe@ligue.example\nSubject: x',
    'zoe@ligue.example, all@evil.example',
    'zoe@ligue.example;all@evil.example',
    '<zoe@ligue.example>',
    '"a b"@ligue.example',
    'Zoe <zoe@ligue.example>',
    'zoe@ligue.example\u2028Bcc:a@evil.example',
    'zoe%0d%0aBcc:a@evil.example@ligue.example',
    'zoe@ligue.example>\r\nRCPT TO:<a@evil.example',
  ]
  for (const address of hostile) {
    t.equal((await app.anyone.post(path, { ...request, email: address })).statusCode, 400, encodeURIComponent(address))
    const answer = await app.admin.post('/v1/mission-delegates', { state: 'CHE', email: address })
    t.equal(answer.statusCode, 400, encodeURIComponent(address))
  }
  for (const wrong of [{ purpose: 'reviewer' }, { purpose: 'admin' }, { preSession: '38' }, { state: 'CHE' }])
    t.equal((await app.anyone.post(path, { ...request, ...wrong })).statusCode, 400, JSON.stringify(wrong))
  await runJobs(app.deps)
  t.same(await mails(app), [])
})

t.test('delegates are registered once a State, listed, and revoked with their links and sessions', async (t) => {
  const app = await testApp(t)
  const { admin } = app
  const { id } = await aDelegate(app)
  t.equal(
    (await admin.post('/v1/mission-delegates', { state: 'che', email: 'UPR@mission.example' })).json().code,
    'delegate_exists',
  )
  t.equal((await admin.post('/v1/mission-delegates', { state: 'ZZZ', email: 'a@b.example' })).statusCode, 400)
  await aDelegate(app, 'FRA')
  const list = await admin.get('/v1/mission-delegates?limit=1')
  t.match(list.json(), { data: [{ state: 'FRA', email: 'upr@mission.example', revokedAt: null }] })
  const next = await admin.get(`/v1/mission-delegates?limit=1&cursor=${list.json().nextCursor}`)
  t.match(next.json(), { data: [{ id, state: 'CHE', registeredBy: 'admin-key' }], nextCursor: null })
  t.equal((await admin.get('/v1/mission-delegates?state=fra')).json().data.length, 1)

  const mission = { email: 'upr@mission.example', purpose: 'mission' }
  await aToken(app, mission)
  const sessions: { state: string; token: string }[] = []
  for (const { text } of await mails(app))
    sessions.push((await app.anyone.post('/v1/sessions', { token: tokenIn(text) })).json())
  await aToken(app, mission)
  const unused = (await mails(app)).slice(0, 2).map(({ text }) => tokenIn(text))

  t.equal((await admin.delete(`/v1/mission-delegates/${id}`)).statusCode, 204)
  t.equal((await admin.delete(`/v1/mission-delegates/${id}`)).statusCode, 204, 'again')
  for (const { state, token } of sessions) {
    const answer = await app.as({ authorization: `Bearer ${token}` }).get('/v1/sessions/current')
    t.equal(answer.statusCode, state === 'CHE' ? 401 : 200, state)
  }
  const statuses = []
  for (const token of unused) statuses.push((await app.anyone.post('/v1/sessions', { token })).statusCode)
  t.same(statuses.sort(), [201, 401], 'the link of the other mission works')
  const before = (await mails(app)).length
  await aToken(app, mission)
  t.equal((await mails(app)).length, before + 1, 'a link for the other mission alone')
  await aDelegate(app)
  t.equal(
    (await admin.delete('/v1/mission-delegates/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10')).json().code,
    'delegate_not_found',
  )
})

t.test('a link that was asked for twice by one job is sent once', async (t) => {
  const app = await testApp(t)
  await anApplicant(app)
  await app.anyone.post(path, request)
  const { id } = await app.db.selectFrom('access_link_request').select('id').executeTakeFirstOrThrow()
  const { answerRequest } = await import('../../src/access-links/service.ts')
  await Promise.all([1, 2, 3].map(() => answerRequest({ ...app.deps, clock: settableClock() }, id)))
  t.equal((await mails(app)).length, 1)
})
