import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  assessCompleteness,
  countWords,
  isBlank,
  isEmail,
  labelOf,
  readPointer,
  requirableFieldPointers,
  requiredFieldPointers,
} from '../../src/domain/completeness.ts'
import { emails, values, wordCounts } from './completeness.cases.ts'
import { body, facts, requiredFields, withValue } from './facts.ts'

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/jotform/round38/${name}`, import.meta.url), 'utf8'))

type Documents = Parameters<typeof assessCompleteness>[0]['documents']
const r8 = (result: ReturnType<typeof assessCompleteness>) => result.rules[0]!
const r9 = (result: ReturnType<typeof assessCompleteness>) => result.rules[1]!

for (const { name, pointer, value, outcome, missing = [], message } of values) {
  t.test(`${pointer}: ${name}`, async (t) => {
    const result = assessCompleteness({ ...facts, body: withValue(pointer, value) })
    t.equal(r8(result).outcome, outcome, r8(result).message)
    t.strictSame(result.missing, missing)
    if (message) t.match(r8(result).message, message)
  })
}

for (const [text, expected] of emails) t.equal(isEmail(text), expected, text)
for (const [name, text, expected] of wordCounts) t.equal(countWords(text), expected, name)

t.test('long hostile text is read in no time', async (t) => {
  const started = process.hrtime.bigint()
  for (const text of ['a@'.repeat(50_000), `a@${'b.'.repeat(100_000)}`, ' '.repeat(100_000), '1'.repeat(100_000)]) {
    const whole = withValue('/organisation/email', text)
    assessCompleteness({
      ...facts,
      body: { ...whole, organisation: { ...whole.organisation, website: text, phone: text } },
    })
  }
  t.ok(process.hrtime.bigint() - started < 2_000_000_000n)
})

t.test('the default fields are those of the contract and may be required', async (t) => {
  t.strictSame([...requiredFieldPointers], requiredFields)
  for (const pointer of requiredFieldPointers) t.ok(requirableFieldPointers.includes(pointer), pointer)
  t.equal(labelOf('/somewhere'), '/somewhere')
})

t.test('the UPR submission: a reference, a document, or neither', async (t) => {
  const without = withValue('/uprSubmission', undefined)
  const judge = (documents: Documents, given = without, uprSubmissionRequired = true) =>
    assessCompleteness({ ...facts, body: given, documents, settings: { ...facts.settings, uprSubmissionRequired } })
  const stored = { id: 'd1', status: 'stored' } as const
  const pending = { id: 'd2', status: 'pending' } as const
  const failed = { id: 'd3', status: 'failed' } as const
  t.match(judge([]), { missing: ['/uprSubmission'], rules: [{ outcome: 'pass' }, { outcome: 'fail' }] })
  t.match(
    judge([], withValue('/uprSubmission/reference', ' ')),
    { missing: ['/uprSubmission'] },
    'a blank reference is none',
  )
  t.match(judge([], body), { missing: [], rules: [{}, { outcome: 'pass' }] })
  t.match(judge([stored]), { missing: [], rules: [{}, { outcome: 'pass' }] })
  t.match(judge([pending]), { missing: [], rules: [{}, { outcome: 'pass', message: /still being made/ }] })
  t.match(judge([failed]), { missing: [], undecided: ['/uprSubmission'], rules: [{}, { outcome: 'unknown' }] })
  t.match(judge([failed, stored]), { undecided: [], rules: [{}, { outcome: 'pass' }] })
  t.match(judge([failed, pending]), { undecided: [], rules: [{}, { outcome: 'pass' }] })
  t.match(judge([failed], body), { undecided: [], rules: [{}, { outcome: 'pass' }] })
  t.match(judge([], without, false), { missing: [], rules: [{}, { outcome: 'pass', message: /does not require/ }] })
  t.match(judge([failed], without, false), { undecided: [], rules: [{}, { outcome: 'pass' }] })
  const unread = { ...facts, body: without, undecided: [{ pointer: '/uprSubmission/documentIds', value: 'x' }] }
  t.equal(r9(assessCompleteness(unread)).outcome, 'unknown')
})

t.test('a required choice that the mapping did not know is undecided, never missing', async (t) => {
  const undecided = [{ pointer: '/country', value: 'Atlantis' }]
  const result = assessCompleteness({ ...facts, body: withValue('/country', undefined), undecided })
  t.match(result, {
    missing: [],
    undecided: ['/country'],
    rules: [{ outcome: 'unknown', message: /could not be read/ }],
  })
  const both = { ...withValue('/country', undefined), issues: [] }
  t.match(assessCompleteness({ ...facts, body: both, undecided }), {
    missing: ['/issues'],
    rules: [{ outcome: 'unknown' }],
  })
})

t.test('an unknown answer to an optional choice, or beside known ones, is a warning', async (t) => {
  const optional = { ...facts, undecided: [{ pointer: '/speaker/gender', value: 'X' }] }
  t.match(r8(assessCompleteness(optional)), { outcome: 'warn', message: /"X"/ })
  const beside = { ...facts, undecided: [{ pointer: '/issues', value: 'Y' }] }
  t.match(assessCompleteness(beside), { missing: [], undecided: [], rules: [{ outcome: 'warn' }] })
  const among = { ...facts, body: withValue('/issues', []), undecided: [{ pointer: '/issues/0', value: 'Y' }] }
  t.match(assessCompleteness(among), { missing: [], undecided: ['/issues'], rules: [{ outcome: 'unknown' }] })
})

t.test('settings say what is required', async (t) => {
  const judge = (fields: string[], given = body as typeof facts.body) =>
    assessCompleteness({ ...facts, body: given, settings: { requiredFields: fields, uprSubmissionRequired: true } })
  t.strictSame(judge([], { preSession: 38 }).missing, ['/uprSubmission'], 'its own setting decides')
  t.strictSame(judge(['/speaker/atRisk']).missing, ['/speaker/atRisk'])
  t.strictSame(judge(['/speaker/atRisk'], withValue('/speaker/atRisk', false)).missing, [], 'no is an answer')
  t.strictSame(judge(['/organisation/phone'], withValue('/organisation/phone', 'x')).missing, ['/organisation/phone'])
  t.strictSame(judge(['/organisation/address'], withValue('/organisation/address', { city: ' ' })).missing, [
    '/organisation/address',
  ])
  t.strictSame(
    judge(['/coalitionMembers', '/organisation/ganhriStatus']).missing,
    [],
    'asked of coalitions and NHRIs only',
  )
  t.strictSame(judge(['/coalitionMembers'], withValue('/organisation/type', 'csoCoalition')).missing, [
    '/coalitionMembers',
  ])
  t.strictSame(judge(['/organisation/ganhriStatus'], withValue('/organisation/type', 'nhri')).missing, [
    '/organisation/ganhriStatus',
  ])
  const limited = { ...facts, settings: { ...facts.settings, aimWordLimit: 3 } }
  t.match(r8(assessCompleteness(limited)), { outcome: 'warn', evidence: { aimWords: 6, aimWordLimit: 3 } })
})

t.test('a home that names no State is a warning', async (t) => {
  t.match(r8(assessCompleteness({ ...facts, body: withValue('/organisation/basedIn', 'Geneva'), basedInIso3: null })), {
    outcome: 'warn',
  })
})

t.test('a pointer reads own values only', async (t) => {
  const document = { 'a/b': { 'c~d': [10, 20] }, n: null }
  t.equal(readPointer(document, ''), document)
  t.equal(readPointer(document, '/a~1b/c~0d/1'), 20)
  for (const pointer of ['/x/y', '/n/y', '/constructor', '/__proto__/x', '/a~1b/c~0d/9'])
    t.equal(readPointer(document, pointer), undefined, pointer)
})

t.test('blank is what shows nothing', async (t) => {
  for (const text of ['', ' \t\n', '\u00a0', '\u200b\ufeff', '\u202e\u0007']) t.ok(isBlank(text), JSON.stringify(text))
  for (const text of ['a', ' 0 ', '–', '我']) t.notOk(isBlank(text), text)
})

t.test('the aims of a whole round are counted as their writers counted them', async (t) => {
  const { submissions } = fixture('expected.json')
  for (const row of fixture('submissions.json')) {
    const expected = submissions.find((one: { submissionID: string }) => one.submissionID === row.id)
    t.equal(countWords(row.answers['11'].answer), expected.aimWords, row.id)
  }
})
