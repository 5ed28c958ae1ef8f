import type { AddressInfo } from 'node:net'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { adminKey, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { sendRaw } from '../support/fuzz-socket.ts'

// What the generated requests of fuzz.test.ts have found, one case each, so that it is told by name should it come back.

const authorization = `Bearer ${adminKey}`

const fileOf = (end: string) =>
  `--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4\n%%EOF\n${end}`

async function applicationIn(t: Test) {
  const service = await testApp(t)
  const { id } = (await service.admin.post('/v1/applications', aCompleteApplication())).json()
  return { ...service, id: id as string }
}

t.test('a form that was cut off is refused, and the service goes on', async (t) => {
  const { inject, admin, id } = await applicationIn(t)
  const headers = { authorization, 'content-type': 'multipart/form-data; boundary=b' }
  for (const url of [`/v1/applications/${id}/documents`, '/v1/integrations/jotform/imports']) {
    for (const end of ['', '\r\n', '\r\n--b\r\n']) {
      const response = await inject({ method: 'POST', url, headers, payload: fileOf(end) })
      t.equal(response.statusCode, 400, url)
      t.match(response.json().errors, [{ code: 'unreadable' }], url)
    }
  }
  t.same((await admin.get(`/v1/applications/${id}`)).json().documents, [])
})

t.test('what an operation without a body is sent is not passed over', async (t) => {
  const { admin, inject, id } = await applicationIn(t)
  const path = `/v1/applications/${id}/submission`
  const refused = await admin.post(path, { 'rea/son': 'x' })
  t.equal(refused.statusCode, 400)
  t.match(refused.json().errors, [{ pointer: '/rea~1son', code: 'unknown_field' }])
  t.equal((await admin.post(path, [])).json().errors[0].code, 'wrong_type')
  const send = (type: string, payload: string) =>
    inject({ method: 'POST', url: path, headers: { authorization, 'content-type': type }, payload })
  t.equal((await send('text/plain', 'x')).statusCode, 415)
  t.equal((await send('application/json', JSON.stringify('x'.repeat(300_000)))).statusCode, 413)
  t.equal((await admin.post(path, {})).statusCode, 200)
})

t.test('a request that no route is found for has an id all the same', async (t) => {
  const { app } = await testApp(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const cases: [string, Record<string, string>, number, string][] = [
    ['/v1/pre-sessions/%', {}, 400, 'invalid_request'],
    ['/v1/pre-sessions/38 x', {}, 400, 'invalid_request'],
    ['/v1/states', { 'x-long': 'x'.repeat(20_000) }, 431, 'headers_too_large'],
  ]
  for (const [url, headers, status, code] of cases) {
    const answer = await sendRaw(port, { method: 'GET', url, headers, body: undefined })
    t.equal(answer.statusCode, status, url)
    t.match(
      answer.json(),
      { status, code, type: `/problems/${code}`, requestId: answer.headers['x-request-id'] as string },
      url,
    )
    t.match(answer.headers['x-request-id'], /./, url)
  }
})

t.test('an instant that no database can hold is refused', async (t) => {
  const { admin } = await applicationIn(t)
  await admin.post('/v1/applications', aCompleteApplication())
  const odd = ['0000-01-01T00:00:00Z', '2021-01-08T23:59:60Z', '2021-01-08T23:59:59+25:00', '2021-02-30T00:00:00Z']
  for (const text of odd) {
    const filters = [
      '/v1/applications?receivedAfter',
      '/v1/applications?receivedBefore',
      '/v1/audit-log?since',
      '/v1/audit-log?until',
    ]
    for (const filter of filters) {
      const name = filter.split('?')[1]
      const response = await admin.get(`${filter}=${encodeURIComponent(text)}`)
      t.equal(response.statusCode, 400, `${name} ${text}`)
      t.match(response.json().errors, [{ pointer: `/query/${name}`, code: 'wrong_format' }], `${name} ${text}`)
    }
  }
  const offset = encodeURIComponent('2021-01-08T23:59:59+23:00')
  t.equal((await admin.get(`/v1/applications?receivedAfter=${offset}`)).statusCode, 200)
  t.equal((await admin.get(`/v1/audit-log?since=${offset}`)).statusCode, 200)
  const { nextCursor } = (await admin.get('/v1/applications?limit=1')).json()
  const [binding, , id] = JSON.parse(Buffer.from(nextCursor, 'base64url').toString())
  const forged = Buffer.from(JSON.stringify([binding, '0000-01-01T00:00:00Z', id])).toString('base64url')
  t.equal((await admin.get(`/v1/applications?cursor=${forged}`)).json().code, 'invalid_cursor')
})

t.test('an address with a number where an id belongs is recorded like any other', async (t) => {
  const { admin } = await testApp(t)
  const answers = await Promise.all(
    ['0', '38', '9007199254740993'].map((id) => admin.get(`/v1/applications/${id}/history`)),
  )
  for (const answer of answers) t.match(answer.json().errors, [{ pointer: '/params/id' }])
})

t.test('a refusal that cannot be recorded is answered with a problem, too', async (t) => {
  const { admin, db } = await testApp(t)
  await sql`alter table audit_unsealed rename to audit_gone`.execute(db)
  for (const path of ['/v1/applications', '/v1/applications/x', '/v1/applications?colour=1']) {
    const answer = await admin.get(path)
    t.equal(answer.statusCode, 503, path)
    t.match(answer.headers['content-type'], 'application/problem+json', path)
    t.match(answer.json(), { code: 'unavailable', requestId: answer.headers['x-request-id'] as string }, path)
  }
})
