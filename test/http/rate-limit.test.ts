import t, { type Test } from 'tap'
import { adminKey, type TestApp, type TestAppOptions, testApp } from '../support/app.ts'
import { startScript } from '../support/process.ts'

const secret = 'hook-secret-0123456789'
const hook = `/v1/integrations/jotform/hooks/${secret}`
const round = '/v1/pre-sessions/38'

/** The limits as an operator has them, and not as the other tests need them. */
const start = (t: Test, env: Record<string, string> = {}, options: TestAppOptions = {}) =>
  testApp(t, { ...options, env: { RATE_LIMIT_PER_MINUTE: '30', JOTFORM_HOOK_SECRETS: secret, ...env } })

const from = ({ inject }: TestApp, remoteAddress: string) => ({
  get: (url: string, bearer?: string) =>
    inject({
      method: 'GET',
      url,
      remoteAddress,
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    }),
})

/** How many of so many requests are answered with each status. */
async function statuses(count: number, send: (index: number) => Promise<{ statusCode: number }>) {
  const counts: Record<number, number> = {}
  for (const { statusCode } of await Promise.all(Array.from({ length: count }, (_, index) => send(index))))
    counts[statusCode] = (counts[statusCode] ?? 0) + 1
  return counts
}

async function makeKey(service: TestApp, body: object): Promise<string> {
  return (await service.admin.post('/v1/api-keys', { name: 'x', role: 'secretariat', ...body })).json().key
}

t.test('without a credential each address has its allowance', async (t) => {
  const service = await start(t)
  const one = from(service, '192.0.2.1')
  const answer = await one.get(round)
  t.equal(answer.headers['ratelimit-policy'], '"address";q=30;w=60')
  t.match(answer.headers.ratelimit, /^"address";r=29;t=60$/)
  t.same(await statuses(40, () => one.get(round)), { 200: 29, 429: 11 })
  const refused = await one.get(round)
  t.match(refused.json(), { code: 'rate_limited', status: 429, detail: 'At most 30 requests a minute.' })
  t.match(refused.headers['content-type'], 'application/problem+json')
  t.match(refused.headers['retry-after'], /^([1-9]|[1-5]\d|60)$/)
  t.match(refused.headers.ratelimit, /^"address";r=0;t=\d+$/)
  t.equal((await from(service, '192.0.2.2').get(round)).statusCode, 200, 'nobody else is concerned')
  t.equal((await one.get('/nothing')).statusCode, 429, 'nor is an address that leads nowhere a way out')
  t.equal((await one.get(round, adminKey)).statusCode, 200, 'who has a credential is not counted with the address')
})

t.test('an IPv6 network is one address', async (t) => {
  const service = await start(t)
  const counts = await statuses(40, (index) => from(service, `2001:db8:1:2::${index.toString(16)}`).get(round))
  t.same(counts, { 200: 30, 429: 10 })
  t.equal((await from(service, '2001:db8:1:3::1').get(round)).statusCode, 200)
  t.equal((await from(service, '::ffff:192.0.2.7').get(round)).statusCode, 200)
})

t.test('each credential has its own allowance, wherever it comes from', async (t) => {
  const service = await start(t)
  const [first, second] = [await makeKey(service, {}), await makeKey(service, {})]
  const counts = await statuses(40, (index) => from(service, `192.0.2.${index}`).get('/v1/applications', first))
  t.same(counts, { 200: 30, 429: 10 })
  const answer = await from(service, '192.0.2.1').get('/v1/applications', second)
  t.equal(answer.statusCode, 200)
  t.match(answer.headers.ratelimit, /^"credential";r=29;/)
})

t.test('admins and integrations have at least 6,000 a minute', async (t) => {
  const service = await start(t)
  const integration = await makeKey(service, { role: 'integration', scopes: ['pre-sessions:read'] })
  for (const bearer of [adminKey, integration]) {
    const { headers } = await from(service, '192.0.2.1').get(round, bearer)
    t.equal(headers['ratelimit-policy'], '"credential";q=6000;w=60')
  }
  const generous = await start(t, { RATE_LIMIT_PER_MINUTE: '9000' })
  for (const bearer of [adminKey, undefined]) {
    const { headers } = await from(generous, '192.0.2.1').get(round, bearer)
    t.match(headers['ratelimit-policy'], /q=9000;/)
  }
})

t.test('guessing gets nowhere, and locks out nobody else', async (t) => {
  const service = await start(t)
  const key = await makeKey(service, {})
  const fresh = await makeKey(service, {})
  const guesser = from(service, '203.0.113.9')
  const office = from(service, '192.0.2.1')
  t.equal((await guesser.get('/v1/applications', key)).statusCode, 200, 'a colleague behind the same address')

  const begun = performance.now()
  const counts = await statuses(1_000, (index) => guesser.get('/v1/applications', `upr_${index}`))
  t.ok((counts[401] ?? 0) <= 200, `${counts[401]} of a thousand at once were looked up`)
  t.equal((counts[401] ?? 0) + (counts[429] ?? 0), 1_000)
  t.comment(`1,000 guesses in ${Math.round(performance.now() - begun)} ms`)
  t.same(await statuses(1_000, (index) => guesser.get('/v1/applications', `upr_again_${index}`)), { 429: 1_000 })

  const refused = await guesser.get('/v1/applications', fresh)
  t.match(
    refused.json(),
    { code: 'rate_limited', detail: /too many wrong credentials/ },
    'even a right guess tells nothing',
  )
  t.match(refused.headers['retry-after'], /^\d+$/)
  t.match(refused.headers.ratelimit, /^"wrong-credentials";r=0;/)
  t.equal((await guesser.get('/v1/applications', key)).statusCode, 200, 'who was known before is not locked out')
  t.equal((await office.get('/v1/applications', fresh)).statusCode, 200, 'nor is anybody at another address')
  t.equal((await office.get('/v1/applications', 'upr_typo')).statusCode, 401, 'nor does a typo there count with them')
  t.equal((await guesser.get(round)).statusCode, 200, 'what is public stays public')
})

t.test('one wrong credential after the other is slowed from the twentieth on', async (t) => {
  const service = await start(t)
  const guesser = from(service, '203.0.113.9')
  service.statements.take()
  const seen: number[] = []
  for (let index = 0; index < 30; index += 1)
    seen.push((await guesser.get('/v1/applications', index % 2 === 0 ? `upr_${index}` : `ses_${index}`)).statusCode)
  t.same(seen, [...Array(20).fill(401), ...Array(10).fill(429)])
  for (const odd of ['Basic YTpi', 'Bearer', 'Bearer  ', 'Bearer a b']) {
    const response = await service.inject({
      method: 'GET',
      url: '/v1/applications',
      remoteAddress: '203.0.113.9',
      headers: { authorization: odd },
    })
    t.equal(response.statusCode, 429, odd)
  }
})

t.test('guesses at the token of an access link count as well', async (t) => {
  const service = await start(t)
  const send = (remoteAddress: string) =>
    service.inject({ method: 'POST', url: '/v1/sessions', remoteAddress, payload: { token: `lnk_${'x'.repeat(43)}` } })
  const seen: number[] = []
  for (let index = 0; index < 25; index += 1) seen.push((await send('203.0.113.9')).statusCode)
  t.same(seen, [...Array(20).fill(401), ...Array(5).fill(429)])
  t.equal((await send('192.0.2.1')).statusCode, 401)
})

t.test('a delivery with a valid secret is never refused for its number', async (t) => {
  const service = await start(t)
  const deliver = (url: string) =>
    service.inject({
      method: 'POST',
      url,
      remoteAddress: '198.51.100.4',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'formID=1&submissionID=2',
    })
  t.same(await statuses(100, () => deliver(hook)), { 200: 100 })
  const wrong = hook.replace(secret, 'wrong-secret-0123456789')
  const guesses = await statuses(100, () => deliver(wrong))
  t.same(guesses, { 404: 20, 429: 80 }, 'guesses at the secret count')
  t.equal((await deliver(hook)).statusCode, 200, 'and do not stop what comes from the same address')
  t.equal((await deliver(wrong)).headers.connection, 'close')
})

t.test('health is never limited', async (t) => {
  const service = await start(t)
  const one = from(service, '192.0.2.1')
  t.same(await statuses(100, () => one.get('/health/live')), { 200: 100 })
  t.notOk((await one.get('/health/live')).headers.ratelimit)
})

t.test('what it costs is microseconds', async (t) => {
  const bench = startScript('bench/limiter.ts')
  const [, microseconds] = await bench.says(/([\d.]+) µs a request/)
  await bench.ended
  // About two where nothing else runs.
  t.ok(Number(microseconds) < 20, `${microseconds} µs`)
})
