import t from 'tap'
import { answersFromRawRequest } from '../../src/jotform/answers.ts'
import { findDrift, hashQuestions, readQuestions } from '../../src/jotform/drift.ts'
import { checkMapping } from '../../src/jotform/mapping-check.ts'
import type { Mapping } from '../../src/jotform/mapping-format.ts'
import { findTestMark, unsafePattern } from '../../src/jotform/test-rules.ts'
import { readRound } from '../support/jotform-fixtures.ts'

const { mapping, questions } = readRound('round38')
const live = readQuestions(questions)

t.test('the mapping of the round is faultless and fits its form', async (t) => {
  t.same(checkMapping(mapping), [])
  t.same(findDrift(mapping, live), [])
})

const change = (edit: (mapping: Mapping) => void): Mapping => {
  const copy = structuredClone(mapping)
  edit(copy)
  return copy
}
const at = (copy: Mapping, index: number) => copy.fields[index] as Mapping['fields'][number]

const faults: [string, (copy: Mapping) => void, { pointer: string; code: string }][] = [
  [
    'a question mapped twice',
    (m) => {
      at(m, 1).qid = '3'
    },
    { pointer: '/fields/1/qid', code: 'duplicate_question' },
  ],
  [
    'two questions for one field',
    (m) => {
      at(m, 1).to = '/organisation/website'
    },
    { pointer: '/fields/7/to', code: 'target_conflict' },
  ],
  [
    'a part of a full name again',
    (m) => {
      at(m, 1).to = '/speaker/lastName'
    },
    { pointer: '/fields/11/to', code: 'target_conflict' },
  ],
  [
    'an unknown field',
    (m) => {
      at(m, 1).to = '/organisation/nme'
    },
    { pointer: '/fields/1/to', code: 'unknown_target' },
  ],
  [
    'a kind that does not fit',
    (m) => {
      at(m, 1).as = 'files'
    },
    { pointer: '/fields/1/as', code: 'wrong_kind' },
  ],
  [
    'a code that is none',
    (m) => {
      at(m, 2).choices = { 'A/B': 'ngo' }
    },
    { pointer: '/fields/2/choices/A~1B', code: 'unknown_code' },
  ],
  [
    'a country that is no code',
    (m) => {
      at(m, 0).choices = { Belgium: 'Belgium' }
    },
    { pointer: '/fields/0/choices/Belgium', code: 'unknown_code' },
  ],
  [
    'a choice without codes',
    (m) => {
      at(m, 2).choices = {}
    },
    { pointer: '/fields/2/choices', code: 'choices_missing' },
  ],
  [
    'a mapped question that is ignored',
    (m) => {
      m.ignore = ['4']
    },
    { pointer: '/fields/1/qid', code: 'question_ignored' },
  ],
  [
    'a slow pattern',
    (m) => {
      m.testRules = [{ qid: '9', matches: '(a+)+$' }]
    },
    { pointer: '/testRules/0/matches', code: 'unsafe_pattern' },
  ],
]
for (const [name, edit, expected] of faults) {
  t.test(`refused: ${name}`, async (t) => t.match(checkMapping(change(edit)), [expected]))
}

t.test('a changed form is noticed', async (t) => {
  const drifted = structuredClone(questions) as Record<string, Record<string, string>>
  delete drifted['9']
  Object.assign(drifted['4'] as object, { name: 'renamed' })
  Object.assign(drifted['12'] as object, { type: 'control_fileupload' })
  Object.assign(drifted['3'] as object, { options: 'Belgium|Atlantis' })
  drifted['40'] = { qid: '40', name: 'new', type: 'control_textbox', text: 'New', required: 'Yes' }
  const codes = findDrift(mapping, readQuestions(drifted)).map(({ code, qid }) => `${code} ${qid}`)
  t.same(codes, ['unknownOption 3', 'nameChanged 4', 'questionGone 9', 'typeChanged 12', 'requiredUnmapped 40'])
  t.not(hashQuestions(readQuestions(drifted)), hashQuestions(live))
  t.equal(hashQuestions(live.toReversed()), hashQuestions(live))
})

t.test('only patterns that are always quick are taken', async (t) => {
  for (const pattern of ['@ourorg\\.example$', '^test', 'a|b', '[a-z]+@x', '\\d'])
    t.equal(unsafePattern(pattern), undefined, pattern)
  for (const pattern of ['(a|b)*', '.*x.*', 'a{2,}', '\\1', '[', 'a+b+', '\\']) t.ok(unsafePattern(pattern), pattern)
})

t.test('test rules look at raw keys and at answers', async (t) => {
  const answers = answersFromRawRequest({ q9_email: 'Me@OurOrg.example', preview: 'true' })
  const rules = [{ rawKey: 'preview', equals: 'true' }]
  t.equal(findTestMark(rules, { rawKeys: new Map([['preview', 'true']]) }), 'preview is true')
  t.equal(findTestMark(rules, { rawKeys: new Map([['preview', 'false']]), answers }), undefined)
  t.match(findTestMark([{ qid: '9', matches: '@ourorg\\.example$' }], { answers }), /question 9/)
})
