import { once } from 'node:events'
import { connect } from 'node:net'
import pg from 'pg'
import t from 'tap'
import { testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { readRound } from '../support/jotform-fixtures.ts'
import { hookPath, hookSecret, jotform, startIntake } from '../support/jotform-intake.ts'

/** Writes raw bytes to the service and collects what comes back until it ends, or until `until` is seen. */
async function talk(port: number, head: string, until?: RegExp): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk
    if (until?.test(received)) socket.destroy()
  })
  socket.write(head.replaceAll('\n', '\r\n'))
  await once(socket, 'close')
  return received
}

t.test('the hook over a real socket', async (t) => {
  const intake = await startIntake(t)
  const { app, round } = intake
  await app.app.listen({ port: 0, host: '127.0.0.1' })
  const port = (app.app.server.address() as { port: number }).port
  const [delivery] = round.deliveries
  if (delivery === undefined) return
  const body = round.read(delivery.file)
  const wrong = '/v1/integrations/jotform/hooks/wrong-secret-0123456789'
  const count = async () => (await app.admin.get(`${jotform}/deliveries?source=webhook`)).json().data.length

  await t.test(
    'a wrong secret is answered 404 while the body is still on its way, and the connection ends',
    async (t) => {
      const answer = await talk(
        port,
        `POST ${wrong} HTTP/1.1\nHost: x\nContent-Type: multipart/form-data; boundary=b\nContent-Length: 20000000\n\n--b`,
      )
      t.match(answer, /^HTTP\/1.1 404/)
      t.match(answer, /connection: close/i)
      t.notMatch(answer, /wrong-secret/)
      t.equal(await count(), 0)
    },
  )

  await t.test('a wrong secret does not invite the body that curl asks to send', async (t) => {
    const answer = await talk(
      port,
      `POST ${wrong} HTTP/1.1\nHost: x\nExpect: 100-continue\nContent-Length: 20000000\n\n`,
    )
    t.match(answer, /^HTTP\/1.1 404/)
    t.notMatch(answer, /100 Continue/)
  })

  await t.test('a right one does', async (t) => {
    const head = `POST ${hookPath} HTTP/1.1\nHost: x\nExpect: 100-continue\nContent-Type: ${delivery.contentType}\nContent-Length: ${body.length}\nConnection: close\n\n`
    const answer = await talk(port, head, /100 Continue/)
    t.match(answer, /^HTTP\/1.1 100 Continue/)
  })

  await t.test("a delivery without a user agent and with a stranger's trace is stored as it came", async (t) => {
    const response = await fetch(`http://127.0.0.1:${port}${hookPath}`, {
      method: 'POST',
      headers: {
        'content-type': delivery.contentType,
        traceparent: '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01',
        newrelic: 'x',
        'user-agent': '',
      },
      body,
    })
    t.equal(response.status, 200)
    t.same(await response.json(), { ok: true })
    await intake.settled()
    const [stored] = (await app.admin.get(`${jotform}/deliveries?source=webhook`)).json().data
    const detail = (await app.admin.get(`${jotform}/deliveries/${stored.id}`)).json()
    t.equal(detail.sizeBytes, body.length)
    t.notOk('traceparent' in detail.headers || 'newrelic' in detail.headers)
    t.notMatch(JSON.stringify(detail), /HOOK-SECRET|test-hook-secret/)
    t.equal(detail.fields.length, 23)
    t.equal(detail.submissionId, delivery.submissionID)
  })
})

t.test('what is no delivery', async (t) => {
  const { app, settled } = await startIntake(t)
  t.equal((await app.anyone.get(hookPath)).statusCode, 200)
  t.equal((await app.inject({ method: 'HEAD', url: hookPath })).statusCode, 200)
  t.equal((await app.anyone.get(`${hookPath}x`)).statusCode, 404)
  t.equal((await app.inject({ method: 'POST', url: hookPath })).statusCode, 400)
  t.equal((await app.inject({ method: 'PUT', url: hookPath })).statusCode, 405)
  const large = { 'content-type': 'multipart/form-data; boundary=b' }
  t.equal(
    (await app.inject({ method: 'POST', url: hookPath, headers: large, payload: Buffer.alloc(25 * 1024 * 1024 + 1) }))
      .statusCode,
    413,
  )

  for (const [type, payload] of [
    ['text/plain', 'hello'],
    ['application/json', '{"formID":1}'],
    ['multipart/form-data', 'x'],
    ['application/octet-stream', '\u0000'],
  ] as const) {
    t.equal(
      (await app.inject({ method: 'POST', url: hookPath, headers: { 'content-type': type }, payload })).statusCode,
      200,
      type,
    )
  }
  await settled()
  const list = (await app.admin.get(`${jotform}/deliveries`)).json()
  t.equal(list.data.length, 4)
  t.ok(
    list.data.every(
      (one: { state: string; parseError: string }) => one.state === 'unreadable' && one.parseError !== null,
    ),
  )
  t.equal((await app.admin.get(`${jotform}/status`)).json().unreadableCount, 4)
})

t.test('a delivery is stored whatever its type and its credentials are called', async (t) => {
  const { app, round } = await startIntake(t)
  const [delivery] = round.deliveries
  if (delivery === undefined) return
  for (const headers of [
    { 'content-type': 'foo' },
    { 'content-type': ';' },
    { 'content-type': '' },
    { 'content-type': 'multipart/form-data; boundary="' },
    { 'content-type': delivery.contentType, authorization: 'Basic am90Zm9ybTp4' },
    { 'content-type': delivery.contentType, authorization: 'Bearer upr_nobody' },
  ]) {
    const payload = round.read(delivery.file)
    const response = await app.inject({ method: 'POST', url: hookPath, headers, payload })
    t.equal(response.statusCode, 200, JSON.stringify(headers))
    const [stored] = (await app.admin.get(`${jotform}/deliveries?limit=1`)).json().data
    const detail = (await app.admin.get(`${jotform}/deliveries/${stored.id}`)).json()
    t.match(detail, { sizeBytes: payload.length, headers: { 'content-type': headers['content-type'] } })
    t.notOk('authorization' in detail.headers)
  }
})

t.test('a delivery is taken while requests wait for a lock, and those are told to come again', async (t) => {
  const { app, round } = await startIntake(t)
  const [delivery] = round.deliveries
  if (delivery === undefined) return
  const holder = new pg.Client({ connectionString: app.url })
  await holder.connect()
  await holder.query('begin; select from pre_session where number = 38 for update')
  const waiting = Array.from({ length: 12 }, () => app.admin.post('/v1/applications', aCompleteApplication()))
  while (app.pool.waitingCount === 0) await new Promise((resolve) => setImmediate(resolve))
  const response = await app.inject({
    method: 'POST',
    url: hookPath,
    headers: { 'content-type': delivery.contentType },
    payload: round.read(delivery.file),
  })
  t.equal(response.statusCode, 200)
  for (const refused of await Promise.all(waiting)) {
    t.equal(refused.statusCode, 503)
    t.equal(refused.json().code, 'unavailable')
    t.ok(refused.headers['retry-after'])
  }
  await holder.end()
})

t.test('without a database nothing is promised', async (t) => {
  const { app, round } = await startIntake(t)
  const pool = app.deps.intakePool
  const query = pool.query
  const [delivery] = round.deliveries
  if (delivery === undefined) return
  pool.query = (async () => {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  }) as unknown as typeof pool.query
  const response = await app.inject({
    method: 'POST',
    url: hookPath,
    headers: { 'content-type': delivery.contentType },
    payload: round.read(delivery.file),
  })
  pool.query = query
  t.equal(response.statusCode, 503)
  t.ok(response.headers['retry-after'])
})

t.test('deliveries that nobody reads are told', async (t) => {
  const { deliveries, read } = readRound('round38')
  const [delivery] = deliveries
  if (delivery === undefined) return
  const app = await testApp(t, { now: '2021-01-05T10:00:00Z', env: { JOTFORM_HOOK_SECRETS: hookSecret } })
  await app.inject({
    method: 'POST',
    url: hookPath,
    headers: { 'content-type': delivery.contentType },
    payload: read(delivery.file),
  })
  t.match((await app.admin.get(`${jotform}/status`)).json(), { unreadCount: 1, alerts: [] })
  app.clock.set('2021-01-05T10:06:00Z')
  t.match((await app.admin.get(`${jotform}/status`)).json().alerts, [{ code: 'deliveriesWaiting' }])
})
