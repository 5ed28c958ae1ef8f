import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { Writable } from 'node:stream'
import pino from 'pino'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { buildApp } from '../../src/app.ts'
import { adminKey, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/
const admin = { authorization: `Bearer ${adminKey}` }

t.test('a request has an id, the caller’s own where it is harmless', async (t) => {
  const { anyone } = await testApp(t)
  for (const given of ['abc-123', 'a', 'A.b:c_d-9'.repeat(10)]) {
    const response = await anyone.get('/v1/states/ZZZ', { 'x-request-id': given })
    t.equal(response.headers['x-request-id'], given)
    t.equal(response.json().requestId, given)
  }
  for (const given of ['', 'two words', 'x'.repeat(129), '<script>', '{"a":1}']) {
    const response = await anyone.get('/v1/states/ZZZ', { 'x-request-id': given })
    t.match(response.headers['x-request-id'], uuid, given)
    t.equal(response.json().requestId, response.headers['x-request-id'])
  }
})

t.test('security headers are on everything', async (t) => {
  const { anyone } = await testApp(t)
  const addresses = [
    '/v1/pre-sessions/38',
    '/v1/applications',
    '/no/such/path',
    '/problems/not_found',
    '/openapi.json',
    '/health/live',
  ]
  for (const address of addresses) {
    const { headers } = await anyone.get(address)
    t.equal(headers['x-content-type-options'], 'nosniff', address)
    t.equal(headers['x-frame-options'], 'SAMEORIGIN', address)
    t.equal(headers['referrer-policy'], 'no-referrer', address)
    t.match(headers['content-security-policy'], "default-src 'none'", address)
    t.equal(headers['strict-transport-security'], undefined, `${address}: no promise of TLS outside production`)
    t.equal(headers['x-powered-by'], undefined)
    t.equal(headers.server, undefined)
  }
  const production = await testApp(t, { env: { NODE_ENV: 'production', SANDBOX: 'false' } })
  t.match((await production.anyone.get('/v1/pre-sessions/38')).headers['strict-transport-security'], /max-age=\d+/)
})

t.test('what a credential can see is kept by no cache', async (t) => {
  const { anyone, admin } = await testApp(t)
  const open = await anyone.get('/v1/pre-sessions/38')
  t.equal(open.headers['cache-control'], 'no-cache')
  t.match(open.headers.vary, 'Authorization')
  for (const response of [
    await admin.get('/v1/pre-sessions/38'),
    await admin.get('/v1/applications'),
    await anyone.get('/v1/applications'),
  ]) {
    t.equal(response.headers['cache-control'], 'private, no-store')
    t.match(response.headers.vary, 'Authorization')
  }
})

t.test('only configured origins are told to browsers', async (t) => {
  const origin = 'https://app.example.org'
  const { inject } = await testApp(t, { env: { CORS_ORIGINS: `${origin}, https://other.example.org` } })
  const get = (headers: Record<string, string>) => inject({ method: 'GET', url: '/v1/pre-sessions/38', headers })
  const allowed = await get({ origin })
  t.equal(allowed.headers['access-control-allow-origin'], origin)
  t.match(allowed.headers.vary, 'Origin')
  t.match(allowed.headers['access-control-expose-headers'], 'ETag')
  for (const other of ['https://evil.example.org', 'http://app.example.org', `${origin}.evil.org`, 'null']) {
    t.equal((await get({ origin: other })).headers['access-control-allow-origin'], undefined, other)
  }
  const preflight = (from: string) =>
    inject({
      method: 'OPTIONS',
      url: '/v1/applications',
      headers: {
        origin: from,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization',
      },
    })
  t.equal((await preflight(origin)).statusCode, 204)
  t.match((await preflight(origin)).headers['access-control-allow-methods'], 'PATCH')
  t.equal((await preflight('https://evil.example.org')).headers['access-control-allow-origin'], undefined)

  const closed = await testApp(t)
  const response = await closed.anyone.get('/v1/pre-sessions/38', { origin })
  t.equal(response.headers['access-control-allow-origin'], undefined)
})

t.test('a body that cannot be read is a problem with a pointer', async (t) => {
  const { inject, db } = await testApp(t)
  const post = (payload: string | Buffer, type = 'application/json') =>
    inject({ method: 'POST', url: '/v1/applications', headers: { ...admin, 'content-type': type }, payload })
  const text = (name: string) => JSON.stringify({ preSession: 38, organisation: { name } })
  const deep = (levels: number) => `{"preSession":38,"organisation":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`
  const cases: [string, string | Buffer, string][] = [
    ['cut off', '{"preSession":', ''],
    ['not JSON', 'preSession=38', ''],
    ['a single quote', "{'preSession':38}", ''],
    ['NaN', '{"preSession":NaN}', ''],
    ['NUL in a value', text('a\u0000b'), '/organisation/name'],
    ['half of a character', '{"preSession":38,"organisation":{"name":"\\ud800"}}', '/organisation/name'],
    ['NUL in a name', '{"preSession":38,"a\\u0000":1}', ''],
    ['deep', deep(40), '/organisation/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a'],
    ['very deep', deep(20_000), '/organisation/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a'],
    ['a prototype', '{"preSession":38,"__proto__":{"admin":true}}', ''],
    ['a prototype below', '{"preSession":38,"organisation":{"__proto__":{"admin":true}}}', ''],
    ['a constructor', '{"preSession":38,"constructor":{"prototype":{"admin":true}}}', ''],
    ['a number out of range', '{"preSession":1e999}', '/preSession'],
    ['a text for a number', '{"preSession":"38"}', '/preSession'],
  ]
  for (const [name, payload, pointer] of cases) {
    const response = await post(payload)
    t.equal(response.statusCode, 400, name)
    t.match(response.json(), { code: 'invalid_request', errors: [{ pointer }] }, name)
  }
  t.equal((await post('{"preSession":38}', 'application/json; charset=utf-8')).statusCode, 201)
  t.equal((await post('{"preSession":38}', 'text/json')).statusCode, 415)
  t.equal(({} as { admin?: boolean }).admin, undefined)
  const { n } = await db
    .selectFrom('application')
    .select((of) => of.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  t.equal(n, 1)
})

t.test('an address that leads nowhere is a problem', async (t) => {
  const { anyone, admin } = await testApp(t)
  const cases: [string, number, string][] = [
    ['/', 404, 'not_found'],
    ['/v1', 404, 'not_found'],
    ['/v1/no-such-thing', 404, 'not_found'],
    ['/v1/states/', 400, 'invalid_request'],
    ['/v1/pre-sessions/', 400, 'invalid_request'],
    ['/v1//states', 404, 'not_found'],
    ['/V1/states', 404, 'not_found'],
    ['/v1/states/%E0%A4%A', 400, 'invalid_request'],
    ['/v1/states/%00', 400, 'invalid_request'],
    ['/v1/states/../../etc/passwd', 404, 'not_found'],
    ['/v1/states/..%2f..%2fetc%2fpasswd', 400, 'invalid_request'],
    [`/v1/states/${'x'.repeat(400)}`, 404, 'not_found'],
    ['/docs/../package.json', 404, 'not_found'],
    ['/docs/static/..%2f..%2fpackage.json', 404, 'not_found'],
  ]
  for (const [address, status, code] of cases) {
    for (const who of [anyone, admin]) {
      const response = await who.get(address)
      t.equal(response.statusCode, status, address)
      t.match(response.headers['content-type'], 'application/problem+json', address)
      t.match(
        response.json(),
        { code, status, type: `/problems/${code}`, title: String, detail: String, requestId: String },
        address,
      )
    }
  }
})

t.test('a problem never shows the query', async (t) => {
  const { anyone } = await testApp(t)
  const { instance } = (await anyone.get('/v1/states/ZZZ?token=secret')).json()
  t.equal(instance, '/v1/states/ZZZ')
})

t.test('HEAD answers as GET would, without a body', async (t) => {
  const { inject, anyone } = await testApp(t)
  const get = await anyone.get('/v1/pre-sessions/38')
  const head = await inject({ method: 'HEAD', url: '/v1/pre-sessions/38' })
  t.equal(head.statusCode, 200)
  t.equal(head.body, '')
  t.equal(head.headers.etag, get.headers.etag)
  t.equal(head.headers['content-length'], String(Buffer.byteLength(get.body)))
})

t.test('whoever holds the current representation is answered 304', async (t) => {
  const { anyone, admin } = await testApp(t)
  const { headers, body } = await anyone.get('/v1/pre-sessions/38')
  const etag = String(headers.etag)
  t.match(etag, /^"[\w-]+"$/)
  for (const held of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
    const response = await anyone.get('/v1/pre-sessions/38', { 'if-none-match': held })
    t.equal(response.statusCode, 304, held)
    t.equal(response.body, '', held)
    t.equal(response.headers.etag, etag)
  }
  const fresh = await anyone.get('/v1/pre-sessions/38', { 'if-none-match': '"other"' })
  t.equal(fresh.statusCode, 200)
  t.equal(fresh.body, body)
  t.equal((await admin.get('/v1/no-such', { 'if-none-match': '*' })).statusCode, 404)
})

t.test('the contract is served as it is committed, and its page loads nothing from elsewhere', async (t) => {
  const { anyone } = await testApp(t)
  const json = await anyone.get('/openapi.json')
  t.match(json.headers['content-type'], 'application/json')
  const yaml = await anyone.get('/openapi.yaml')
  t.same(parse(yaml.body), json.json())
  t.equal(json.json().openapi, '3.1.0')
  const page = await anyone.get('/docs/')
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-security-policy'], "default-src 'self'")
  const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] as string)
  t.ok(loaded.length > 3)
  for (const address of loaded) {
    t.notMatch(address, /^(https?:)?\/\//)
    t.equal((await anyone.get(new URL(address, 'http://service/docs/').pathname)).statusCode, 200, address)
  }
  t.ok([200, 302].includes((await anyone.get('/docs')).statusCode))
})

t.test('without the database an answer says when to try again, and no address', async (t) => {
  const { anyone } = await testApp(t, { url: 'postgres://somebody:secret@127.0.0.1:1/nowhere' })
  const response = await anyone.get('/v1/pre-sessions/38')
  t.equal(response.statusCode, 503)
  t.equal(response.headers['retry-after'], '5')
  t.equal(response.json().code, 'unavailable')
  t.notMatch(response.body, /127\.0\.0\.1|secret|somebody|nowhere|ECONN/)
})

/** Everything that reaches the log, at the most talkative level and without the redaction of the real one. */
async function loggingApp(t: Test, change: object = {}) {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const { deps } = await testApp(t, { env: { JOTFORM_HOOK_SECRETS: 'hook-secret-0123456789' } })
  const app = await buildApp({ ...deps, log: pino({ level: 'trace' }, stream), ...change })
  t.teardown(() => app.close())
  return { app, lines }
}

t.test('an unexpected error says nothing to the caller and everything to the log', async (t) => {
  const clock = {
    now: () => {
      throw new Error('internal detail: select * from secret_table')
    },
  }
  const { app, lines } = await loggingApp(t, { clock })
  const response = await app.inject({
    method: 'GET',
    url: '/v1/pre-sessions/38',
    headers: { 'x-request-id': 'the-request' },
  })
  t.equal(response.statusCode, 500)
  t.same(Object.keys(response.json()).sort(), ['code', 'detail', 'instance', 'requestId', 'status', 'title', 'type'])
  t.match(response.json(), { code: 'internal_error', requestId: 'the-request' })
  const logged = lines.find((line) => line.includes('internal detail')) ?? ''
  t.match(JSON.parse(logged), { level: 50, reqId: 'the-request', err: { stack: String } })
})

t.test('the log holds no secret and nothing of a body', async (t) => {
  const { app, lines } = await loggingApp(t)
  const { organisation, speaker, ...rest } = aCompleteApplication()
  const payload = {
    ...rest,
    organisation: { ...organisation, name: 'Needle-Organisation', email: 'needle@organisation.example' },
    speaker: { ...speaker, firstName: 'Needle-Speaker' },
  }
  const send = (method: string, url: string, headers: Record<string, string> = {}, body?: object) =>
    app.inject({ method: method as 'GET', url, headers, ...(body === undefined ? {} : { payload: body }) })
  const created = await send('POST', '/v1/applications', admin, payload)
  t.equal(created.statusCode, 201)
  await send('POST', `/v1/applications/${created.json().id}/submission`, admin)
  await send('POST', '/v1/applications', admin, { ...payload, Needle: 'Needle-Field' })
  await send('POST', '/v1/applications', { authorization: 'Bearer Needle-Wrong-Key' }, payload)
  await send('GET', '/v1/applications?q=Needle-Query', admin)
  await send('GET', '/v1/pre-sessions/38?Needle-Parameter=Needle-Value', { cookie: 'session=Needle-Cookie' })
  await send('POST', '/v1/pre-sessions/38/countries/BEL/assessments', {}, payload)
  for (const secret of ['hook-secret-0123456789', 'wrong-hook-secret-0123456789']) {
    await send('POST', `/v1/integrations/jotform/hooks/${secret}`, {}, { rawRequest: 'Needle-Answers' })
    await send('PUT', `/v1/integrations/jotform/hooks/${secret}`)
    await send('GET', `/v1/integrations/jotform/hooks/${secret}/more?x=1`)
  }
  const log = lines.join('')
  t.ok(lines.length >= 10, 'requests are logged')
  t.match(log, '"operation":"createApplication"')
  for (const secret of [adminKey, 'Needle', 'needle@', 'hook-secret-0123456789', 'Bearer']) {
    t.equal(log.includes(secret), false, `no ${secret} in the log`)
  }
})

t.test('a request that is no HTTP is answered as a problem on the bare socket', async (t) => {
  const { app } = await testApp(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const exchange = async (text: string) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', () => {})
    socket.write(text)
    await once(socket, 'close')
    return answer
  }
  const cases: [string, string, number][] = [
    ['no HTTP at all', 'HELLO\r\n\r\n', 400],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n', 400],
    [
      'two lengths',
      'POST /v1/applications HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
    ],
    [
      'length and chunks',
      'POST /v1/applications HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: a\r\n${`X-Long: ${'x'.repeat(1000)}\r\n`.repeat(20)}\r\n`, 431],
  ]
  for (const [name, text, status] of cases) {
    const [head = '', body = ''] = (await exchange(text)).split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1.1 ${status} `), name)
    if (name === 'no host') continue
    t.match(head, /Content-Type: application\/problem\+json/i, name)
    const code = status === 431 ? 'headers_too_large' : 'invalid_request'
    t.match(JSON.parse(body), { status, code, title: String, type: String }, name)
  }
  t.equal((await fetch(`http://127.0.0.1:${port}/health/live`)).status, 200, 'the service goes on')
})
