import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseDelivery } from '../../src/jotform/delivery.ts'
import { fixtures, readRound } from '../support/jotform-fixtures.ts'

const sample = (name: string) => JSON.parse(readFileSync(join(fixtures, 'samples', name), 'utf8'))

function multipart(fields: [string, string][]): { type: string; body: Buffer } {
  const parts = fields.map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  return { type: 'multipart/form-data; boundary=b', body: Buffer.from(`${parts.join('')}--b--\r\n`) }
}

t.test('a whole delivery is read to the last byte', async (t) => {
  for (const [file, json] of [
    ['webhook-01-full-application-on-time.multipart.txt', 'webhook-01-full-application-on-time.json'],
    ['webhook-05-hostile-and-odd-values.multipart.txt', 'webhook-05-hostile-and-odd-values.json'],
  ] as const) {
    const { request, fields } = sample(json)
    const delivery = await parseDelivery(request.headers['content-type'], readFileSync(join(fixtures, 'samples', file)))
    t.equal(delivery.fields.size, 23)
    t.equal(delivery.fields.get('rawRequest'), fields.rawRequest)
    t.equal(delivery.fields.get('pretty'), fields.pretty)
    t.equal(delivery.submissionId, fields.submissionID)
    t.equal(delivery.formId, fields.formID)
    t.equal(delivery.parseError, undefined)
  }
})

t.test('a hostile rawRequest reaches no prototype and loses no answer', async (t) => {
  const { request, fields } = sample('webhook-05-hostile-and-odd-values.json')
  const body = readFileSync(join(fixtures, 'samples', 'webhook-05-hostile-and-odd-values.multipart.txt'))
  const { answers } = await parseDelivery(request.headers['content-type'], body)
  t.notOk(answers?.byName.has('__proto__'))
  t.notOk(answers?.byName.has('constructor'))
  t.same(
    answers?.byQid.get('3')?.value,
    { first: 'SECOND', last: 'VALUE' },
    'of a repeated key the last wins, as in PHP',
  )
  t.same(answers?.byQid.get('11')?.value, { 0: 'Health', 1: 'Education', other: 'Mine action: survey, clearance' })
  t.equal(answers?.byQid.get('9')?.value, undefined, 'an empty text is no answer')
  t.equal(({} as Record<string, unknown>).isAdmin, undefined)
  t.ok(fields.rawRequest.includes('__proto__'))
})

t.test('what cannot be read is said and never thrown', async (t) => {
  const raw = '{"q4_institutionName":"A"'
  const ids: [string, string][] = [
    ['formID', '203423859147358'],
    ['submissionID', '4859560453716373130'],
  ]
  const cut = multipart([...ids, ['rawRequest', raw]])
  const cases: [string, string | undefined, Buffer, RegExp][] = [
    ['a cut rawRequest', cut.type, cut.body, /not complete JSON/],
    ['a cut body', cut.type, cut.body.subarray(0, 90), /./],
    [
      'a bottomless rawRequest',
      cut.type,
      multipart([...ids, ['rawRequest', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`]]).body,
      /not complete JSON/,
    ],
    ['no content type', undefined, Buffer.from('x'), /content type missing/],
    ['no boundary', 'multipart/form-data', cut.body, /cannot be read/],
    ['an unknown type', 'text/plain', Buffer.from('x'), /text\/plain/],
    ['broken JSON', 'application/json', Buffer.from('{'), /not a JSON object/],
    [
      'ids that are none',
      cut.type,
      multipart([
        ['formID', 'x'],
        ['submissionID', '1e21'],
        ['rawRequest', '{}'],
      ]).body,
      /no formID; no submissionID/,
    ],
  ]
  for (const [name, type, body, expected] of cases)
    t.match((await parseDelivery(type, body)).parseError, expected, name)

  const delivery = await parseDelivery(cut.type, cut.body)
  t.equal(delivery.submissionId, '4859560453716373130', 'the ids of a cut delivery are still readable')
  t.equal(delivery.answers, undefined)
})

t.test('other encodings of the same fields are read too', async (t) => {
  const fields = {
    formID: '203423859147358',
    submissionID: '4859560453716373130',
    rawRequest: '\ufeff{"q4_name":"Ä & B","preview":"true"}',
  }
  const urlencoded = Buffer.from(new URLSearchParams(fields).toString())
  for (const [type, body] of [
    ['application/x-www-form-urlencoded', urlencoded],
    ['application/json; charset=utf-8', Buffer.from(JSON.stringify(fields))],
    ['application/json', Buffer.from(JSON.stringify({ ...fields, rawRequest: { q4_name: 'Ä & B', preview: 'true' } }))],
  ] as const) {
    const delivery = await parseDelivery(type, body)
    t.equal(delivery.parseError, undefined)
    t.equal(delivery.answers?.byQid.get('4')?.value, 'Ä & B')
    t.equal(delivery.rawKeys.get('preview'), 'true')
  }
})

t.test('every hostile delivery of the fixtures keeps its ids', async (t) => {
  const round = readRound('hostile')
  for (const { file, contentType, submissionID } of round.deliveries) {
    const delivery = await parseDelivery(contentType, round.read(file))
    t.equal(delivery.submissionId, submissionID)
    t.equal(delivery.formId, round.mapping.formId)
    const special = round.expected.find((one) => one.submissionID === submissionID)?.special
    t.equal(delivery.answers === undefined, special === 'truncated', String(special))
  }
})
