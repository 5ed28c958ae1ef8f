import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createJotformClient, type JotformError } from '../../src/jotform/client.ts'
import { startJotformApi } from '../support/jotform-api.ts'
import { readRound } from '../support/jotform-fixtures.ts'

const round = readRound('round38')
const start = async (t: Pick<Tap, 'teardown'>, now = '2021-02-01T00:00:00Z') => {
  const api = await startJotformApi({ dir: round.dir, now })
  t.teardown(api.close)
  return { api, client: createJotformClient({ apiUrl: api.url, apiKey: api.apiKey, timeoutMs: 2_000 }) }
}
type Tap = typeof t
const failure = (expected: string) => (error: JotformError) => error.failure === expected

t.test('a submission, its list and the questions', async (t) => {
  const { api, client } = await start(t)
  const rows = await client.listSubmissions(api.formId)
  t.equal(rows.length, round.rows.length)
  const row = await client.getSubmission('4859488009709774649')
  t.equal(row.createdAt, '2021-01-08 16:00:00')
  t.equal(row.updatedAt, '2021-01-08 18:07:00', 'the edit was made')
  t.equal((await client.getQuestions(api.formId)).length, 23)
  t.same(await client.getUser(), { username: 'upr_presessions' })
  t.same(await client.getWebhooks(api.formId), [])
  api.registerWebhook('https://a.example/1')
  t.same(await client.getWebhooks(api.formId), ['https://a.example/1'])
  t.equal(client.limitLeft(), 9_994)
  t.notOk(
    api.log.some(({ query }) => 'apiKey' in query),
    'the key travels in the header only',
  )
})

t.test('the filter is US Eastern, in winter and in summer', async (t) => {
  const { api, client } = await start(t)
  const rows = await client.listSubmissions(api.formId, { 'created_at:gt': '2021-01-08 17:59:58' })
  t.ok(rows.every(({ createdAt = '' }) => createdAt > '2021-01-08 17:59:58'))
  t.ok(
    rows.some(({ id }) => id.startsWith('485956000')),
    'the one at the deadline, 18:00:00 Eastern',
  )
})

t.test('rows appear when Jotform has stored them, edits when they are made', async (t) => {
  const { api, client } = await start(t, '2021-01-08T22:00:00Z')
  const before = await client.listSubmissions(api.formId)
  t.ok(before.length > 20 && before.length < round.rows.length)
  t.equal((await client.getSubmission('4859488009709774649')).updatedAt, undefined)
  api.setNow('2021-01-08T23:07:00Z')
  t.equal((await client.getSubmission('4859488009709774649')).updatedAt, '2021-01-08 18:07:00')
})

t.test('each failure has its name', async (t) => {
  const { api, client } = await start(t)
  await t.rejects(
    client.getSubmission('4859560453716373131').catch((e) => t.ok(failure('notFound')(e)) && Promise.reject(e)),
  )
  const cases: [Partial<typeof api.faults>, string][] = [
    [{ deadKey: true }, 'unauthorised'],
    [{ deadKeyInside200: true }, 'unauthorised'],
    [{ rateLimited: true }, 'rateLimited'],
    [{ status: 500 }, 'unavailable'],
  ]
  for (const [fault, expected] of cases) {
    const calm = { ...api.faults }
    Object.assign(api.faults, fault)
    const error = await client.listSubmissions(api.formId).catch((e: JotformError) => e)
    t.ok(failure(expected)(error as JotformError), expected)
    Object.assign(api.faults, calm)
  }
  Object.assign(api.faults, { slowMs: 3_000 })
  const slow = createJotformClient({ apiUrl: api.url, apiKey: api.apiKey, timeoutMs: 50 })
  t.ok(failure('unavailable')((await slow.getUser().catch((e: JotformError) => e)) as JotformError))
})

t.test('odd answers are failures, never empty lists', async (t) => {
  const bodies: [string, string][] = [
    ['{"responseCode":"200","message":"success","content":null}', 'unavailable'],
    ['{"responseCode":"401","message":"Invalid API key","content":""}', 'unauthorised'],
    ['<html>', 'unavailable'],
    ['{"responseCode":200,"content":{}}', 'unavailable'],
  ]
  let body = ''
  const server = createServer((_request, response) => response.end(body))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const client = createJotformClient({
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: 'k',
  })
  for (const [text, expected] of bodies) {
    body = text
    t.ok(failure(expected)((await client.listSubmissions('1').catch((e: JotformError) => e)) as JotformError), text)
  }
})
