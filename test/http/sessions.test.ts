import { Writable } from 'node:stream'
import pino from 'pino'
import t from 'tap'
import { buildApp } from '../../src/app.ts'
import { settableClock } from '../../src/clock.ts'
import { addSeconds, secondsBetween } from '../../src/domain/instant.ts'
import { hashOf } from '../../src/http/access.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { runJobs } from '../support/jobs.ts'
import { aDelegate, anApplicant, aToken, linkIn, mails } from '../support/links.ts'

const path = '/v1/sessions'
const start = ({ anyone }: TestApp, token: string) => anyone.post(path, { token })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** An applicant with a session. */
async function signedIn(t: Parameters<typeof testApp>[0], request: Record<string, unknown> = {}) {
  const app = await testApp(t)
  await anApplicant(app)
  await aDelegate(app)
  const session = (await start(app, await aToken(app, request))).json()
  return { app, session, person: app.as(bearer(session.token)) }
}

t.test('a link becomes a session of an applicant', async (t) => {
  const { session, person } = await signedIn(t, { country: 'BEL' })
  t.match(session, {
    token: /^ses_[\w-]{43}$/,
    role: 'applicant',
    email: 'zoe@ligue.example',
    preSession: 38,
    country: 'BEL',
    state: null,
    expiresAt: /^2020-12-15T18:00:/,
  })
  const current = await person.get(`${path}/current`)
  t.equal(current.headers['cache-control'], 'private, no-store')
  t.same(current.json(), {
    id: session.id,
    role: 'applicant',
    email: 'zoe@ligue.example',
    state: null,
    slotId: null,
    scopes: ['*'],
    preSessions: [38],
    countries: ['BEL'],
    expiresAt: session.expiresAt,
  })
})

t.test('a link becomes a session of a mission, for half a day', async (t) => {
  const { session, person, app } = await signedIn(t, { email: 'upr@mission.example', purpose: 'mission' })
  t.match(session, { role: 'mission', state: 'CHE', country: null, expiresAt: /^2020-12-15T22:00:/ })
  t.match((await person.get(`${path}/current`)).json(), { role: 'mission', state: 'CHE', countries: null })
  t.match((await app.admin.get(`${path}/current`)).json(), {
    role: 'admin',
    id: 'admin-key',
    expiresAt: null,
    preSessions: null,
  })
  t.equal((await app.anyone.get(`${path}/current`)).statusCode, 401)
})

t.test('a token is kept as a hash alone', async (t) => {
  const { app, session } = await signedIn(t)
  const link = await app.db.selectFrom('access_link').selectAll().executeTakeFirstOrThrow()
  const row = await app.db.selectFrom('session').selectAll().executeTakeFirstOrThrow()
  t.same(row.token_hash, hashOf(session.token))
  t.equal(link.token_hash.length, 32)
  t.notMatch(JSON.stringify([row, link]), session.token)
})

t.test('twenty attempts at once: one session', async (t) => {
  const app = await testApp(t)
  await anApplicant(app)
  const token = await aToken(app)
  const answers = await Promise.all(Array.from({ length: 20 }, () => start(app, token)))
  t.same(answers.map(({ statusCode }) => statusCode).sort(), [201, ...Array(19).fill(401)])
  t.equal((await app.db.selectFrom('session').selectAll().execute()).length, 1)
})

t.test('a token that cannot be used is answered the same, whatever is wrong with it', async (t) => {
  const app = await testApp(t)
  await anApplicant(app)
  const replaced = await aToken(app)
  const used = await aToken(app)
  const session = (await start(app, used)).json().token
  const expired = await aToken(app)
  app.clock.set('2020-12-15T10:40:00Z')
  const wrong = [replaced, used, expired, `lnk_${'A'.repeat(43)}`, session, 'x', '*', `${used}x`, used.toLowerCase()]
  const answers = new Set<string>()
  for (const token of wrong) {
    const answer = await start(app, token)
    const { requestId: _, ...problem } = answer.json()
    t.equal(answer.statusCode, 401)
    t.match(answer.headers['www-authenticate'], /^Bearer /)
    t.notMatch(answer.body, token.length > 3 ? token : '-----')
    answers.add(JSON.stringify(problem))
  }
  t.equal(answers.size, 1)
  t.match([...answers][0], 'access_link_invalid')
})

t.test('a link works until just before its half hour is over', async (t) => {
  const app = await testApp(t)
  await anApplicant(app)
  for (const [seconds, status] of [
    [-10, 201],
    [0, 401],
  ] as const) {
    const token = await aToken(app)
    const { created_at, expires_at } = await app.db
      .selectFrom('access_link')
      .select(['created_at', 'expires_at'])
      .where('token_hash', '=', hashOf(token))
      .executeTakeFirstOrThrow()
    t.equal(secondsBetween(created_at, expires_at), 30 * 60)
    app.clock.set(addSeconds(expires_at, seconds))
    t.equal((await start(app, token)).statusCode, status, `${seconds} s`)
  }
})

t.test('a scanner that opens the link, or asks for the address with the token, uses nothing up', async (t) => {
  const app = await testApp(t)
  await anApplicant(app)
  const token = await aToken(app)
  const link = new URL(linkIn((await mails(app))[0]?.text ?? ''))
  t.equal(link.search, '', 'what a browser sends holds no token')
  t.notMatch(link.pathname, token)
  for (const method of ['GET', 'HEAD'] as const) {
    for (const url of [
      link.pathname,
      `${link.pathname}?access-token=${token}`,
      `${path}?token=${token}`,
      `${path}/${token}`,
      `/v1/access-links/${token}`,
    ])
      t.ok((await app.app.inject({ method, url })).statusCode >= 400, `${method} ${url}`)
  }
  t.equal((await app.anyone.post(`${path}?token=${token}`, { token })).statusCode, 400)
  t.equal((await app.anyone.post(path, { token: [token] })).statusCode, 400)
  t.equal((await start(app, token)).statusCode, 201)
})

t.test('a link is no bearer, and a session no link', async (t) => {
  const app = await testApp(t)
  await anApplicant(app)
  const token = await aToken(app)
  t.equal((await app.as(bearer(token)).get(`${path}/current`)).statusCode, 401)
  const session = (await start(app, token)).json().token
  t.equal((await start(app, session)).statusCode, 401)
  for (const wrong of [`${session}x`, session.toUpperCase(), 'ses_', `ses_${'A'.repeat(43)}`])
    t.equal((await app.as(bearer(wrong)).get(`${path}/current`)).statusCode, 401, wrong)
})

t.test('a session ends by itself', async (t) => {
  const { app, person, session } = await signedIn(t)
  t.equal(secondsBetween(session.createdAt, session.expiresAt), 8 * 3600)
  app.clock.set(addSeconds(session.expiresAt, -10))
  t.equal((await person.get(`${path}/current`)).statusCode, 200)
  app.clock.set(session.expiresAt)
  t.equal((await person.get(`${path}/current`)).statusCode, 401)
})

t.test('a session is ended by its bearer, at once and on every replica', async (t) => {
  const { app, person, session } = await signedIn(t)
  const other = await buildApp(app.deps)
  t.teardown(() => other.close())
  const elsewhere = () => other.inject({ url: `${path}/current`, headers: bearer(session.token) })
  t.equal((await elsewhere()).statusCode, 200)
  t.equal((await person.delete(`${path}/current`)).statusCode, 204)
  t.equal((await person.get(`${path}/current`)).statusCode, 401)
  t.equal((await elsewhere()).statusCode, 401)
  t.equal((await app.admin.delete(`${path}/current`)).json().code, 'session_not_found', 'a key is no session')
})

t.test('sessions are listed and revoked by an admin alone', async (t) => {
  const { app, person, session } = await signedIn(t)
  const mission = (await start(app, await aToken(app, { email: 'upr@mission.example', purpose: 'mission' }))).json()
  t.equal((await person.get(path)).statusCode, 403)
  t.equal((await person.delete(`${path}/${mission.id}`)).statusCode, 403)
  const first = (await app.admin.get(`${path}?limit=1`)).json()
  t.match(first.data, [{ id: mission.id, role: 'mission', revokedAt: null }])
  const second = (await app.admin.get(`${path}?limit=1&cursor=${first.nextCursor}`)).json()
  t.match(second, { data: [{ id: session.id, role: 'applicant' }], nextCursor: null })
  t.equal(
    (await app.admin.get(`${path}?limit=1&role=mission&cursor=${first.nextCursor}`)).json().code,
    'invalid_cursor',
  )
  t.same((await app.admin.get(`${path}?role=applicant&preSession=38`)).json().data.length, 1)
  t.same((await app.admin.get(`${path}?preSession=39`)).json().data, [])
  t.notMatch(JSON.stringify([first, second]), /ses_|token/)

  t.equal((await app.admin.delete(`${path}/${session.id}`)).statusCode, 204)
  t.equal((await person.get(`${path}/current`)).statusCode, 401)
  const at = (await app.admin.get(`${path}?role=applicant`)).json().data[0].revokedAt
  app.clock.set('2020-12-15T12:00:00Z')
  t.equal((await app.admin.delete(`${path}/${session.id}`)).statusCode, 204, 'again')
  t.equal((await app.admin.get(`${path}?role=applicant`)).json().data[0].revokedAt, at, 'it keeps its time')
  t.equal((await app.admin.delete(`${path}/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10`)).json().code, 'session_not_found')
})

t.test('a session gets nowhere that its role is not for', async (t) => {
  const { person } = await signedIn(t)
  for (const address of [
    '/v1/sessions',
    '/v1/mission-delegates',
    '/v1/sandbox/mails',
    '/v1/integrations/jotform/status',
  ])
    t.equal((await person.get(address)).statusCode, 403, address)
})

t.test('no token is in the log', async (t) => {
  const lines: string[] = []
  const log = pino(
    { level: 'trace' },
    new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk))
        done()
      },
    }),
  )
  const { app: service, session } = await signedIn(t)
  const deps = { ...service.deps, log, clock: settableClock() }
  const app = await buildApp(deps)
  t.teardown(() => app.close())
  const post = (url: string, payload: object, headers = {}) => app.inject({ method: 'POST', url, payload, headers })
  await post('/v1/access-links', { email: 'zoe@ligue.example', purpose: 'applicant', preSession: 38 })
  await runJobs(deps)
  const token = await service.admin
    .get('/v1/sandbox/mails')
    .then((answer) => answer.json().data[0].text.match(/lnk_[\w-]+/)[0])
  await app.inject(`/v1/sessions?token=${token}`)
  await app.inject({ url: '/v1/sessions/current', headers: bearer(token) })
  const made = (await post(path, { token })).json().token
  await post(path, { token })
  await app.inject({ url: '/v1/sessions/current', headers: bearer(made) })
  await app.inject({ url: '/v1/sessions/current', headers: bearer(session.token) })
  t.ok(lines.length > 5)
  for (const secret of [token, made, session.token]) {
    t.match(secret, /^(lnk|ses)_/)
    t.notOk(lines.join('').includes(secret))
  }
  t.notMatch(lines.join(''), 'zoe@ligue.example')
})
