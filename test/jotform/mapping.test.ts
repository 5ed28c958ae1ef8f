import t from 'tap'
import { type AnswerSet, answersFromApi, answersFromRawRequest } from '../../src/jotform/answers.ts'
import { parseDelivery } from '../../src/jotform/delivery.ts'
import { mapAnswers } from '../../src/jotform/mapping.ts'
import type { Mapping, MappingField } from '../../src/jotform/mapping-format.ts'
import { findStateByText } from '../../src/reference/data.ts'
import { readRound } from '../support/jotform-fixtures.ts'

const context = { findState: findStateByText }

for (const name of ['round38', 'hostile'] as const) {
  const round = readRound(name)
  t.test(`${name}: the API's answers give the expected application`, async (t) => {
    for (const expected of round.expected) {
      const row = round.rows.find(({ id }) => id === expected.submissionID)
      if (row === undefined) {
        t.equal(expected.kind, 'forged')
        continue
      }
      const { body, files, undecided, extra } = mapAnswers(round.mapping, answersFromApi(row.answers), context)
      t.equal(body.country ?? null, expected.country)
      t.equal(body.organisation?.name, expected.organisation.replace(/[\u202e\u0007]/g, ''))
      t.equal(body.organisation?.type, expected.organisationType)
      t.match(body.organisation?.basedIn, /^[A-Z]{3}$/)
      t.equal(body.speaker?.firstName, expected.speaker.firstName)
      t.equal(body.speaker?.lastName ?? '', expected.speaker.lastName)
      t.equal(body.speaker?.atRisk ?? true, expected.atRisk)
      t.equal(files.length === 0, expected.missing.includes('/uprSubmission'))
      t.equal(body.issues === undefined, expected.missing.includes('/issues'))
      t.equal(undecided.length, expected.special === 'unknownChoice' ? 1 : 0)
      t.same(extra, {})
      t.equal(body.coalitionMembers !== undefined, expected.organisationType === 'csoCoalition')
      t.notMatch(JSON.stringify(body), /\\u0000|&#0?39;|&quot;/)
    }
  })

  t.test(`${name}: a delivery gives the same application as the API`, async (t) => {
    for (const { file, contentType, submissionID, kind } of round.deliveries) {
      const row = round.rows.find(({ id }) => id === submissionID)
      const special = round.expected.find((one) => one.submissionID === submissionID)?.special
      const { answers } = await parseDelivery(contentType, round.read(file))
      if (row === undefined || answers === undefined) {
        t.ok(kind === 'forged' || special === 'truncated')
        continue
      }
      const fromApi = mapAnswers(round.mapping, answersFromApi(row.answers), context)
      const fromDelivery = mapAnswers(round.mapping, answers, context)
      if (special === 'duplicateKey') t.equal(fromDelivery.body.organisation?.name, 'Somebody else')
      else t.same(fromDelivery.body, fromApi.body, submissionID)
      if (special !== 'foreignFile') t.same(fromDelivery.files, fromApi.files)
    }
  })
}

const field = (rest: Partial<MappingField>): MappingField =>
  ({ qid: '1', name: 'q', to: '/organisation/name', as: 'text', ...rest }) as MappingField
const mapOne = (one: MappingField, value: unknown, source: AnswerSet['source'] = 'delivery') => {
  const mapping: Mapping = { formId: '203423859147358', preSession: 38, testRules: [], ignore: [], fields: [one] }
  const answers: AnswerSet =
    source === 'delivery'
      ? answersFromRawRequest({ q1_q: value })
      : answersFromApi({ 1: { name: 'q', answer: value } }, source)
  return mapAnswers(mapping, answers, context)
}
const issues = { to: '/issues', as: 'choices', choices: { Health: 'health', Education: 'education' } } as const

const cases: [string, Partial<MappingField>, unknown, Record<string, unknown>][] = [
  [
    'an "other" object keeps codes and text',
    issues,
    { 0: 'Health', 1: 'Education', other: 'Land' },
    { issues: ['health', 'education', { other: 'Land' }] },
  ],
  ['an unknown issue is kept as text', issues, ['Health', 'Reefs'], { issues: ['health', { other: 'Reefs' }] }],
  ['an issue given twice counts once', issues, ['Health', 'health '], { issues: ['health'] }],
  [
    'a radio answer as a list',
    { to: '/organisation/ecosocStatus', as: 'choice', choices: { None: 'none' } },
    ['None'],
    { organisation: { ecosocStatus: 'none' } },
  ],
  [
    'a radio answer as an "other" object',
    { to: '/country', as: 'choice', choices: { Belgium: 'BEL' } },
    { other: 'belgium' },
    { country: 'BEL' },
  ],
  [
    'a country by any name',
    { to: '/organisation/basedIn', as: 'country' },
    'Suisse',
    { organisation: { basedIn: 'CHE' } },
  ],
  [
    'a country that is none stays as given',
    { to: '/organisation/basedIn', as: 'country' },
    'Atlantis',
    { organisation: { basedIn: 'Atlantis' } },
  ],
  [
    'a phone in parts',
    { to: '/speaker/phone', as: 'phone' },
    { area: '00 49', phone: '30 5550199' },
    { speaker: { phone: '00 49 30 5550199' } },
  ],
  [
    'an address without its empty parts',
    { to: '/organisation/address', as: 'address' },
    { addr_line1: 'Rue 1', addr_line2: '', city: 'Dakar', state: '', postal: '11500', country: 'Senegal' },
    { organisation: { address: { line1: 'Rue 1', city: 'Dakar', postalCode: '11500', country: 'SEN' } } },
  ],
  [
    'a number with thousands',
    { to: '/organisation/foundedYear', as: 'number' },
    '1.250.000,50',
    { organisation: { foundedYear: 1250000.5 } },
  ],
  ['a year', { to: '/organisation/foundedYear', as: 'number' }, ' 2004 ', { organisation: { foundedYear: 2004 } }],
  [
    'a date in parts with a month name',
    { to: '/organisation/ganhriStatus/asOf', as: 'date' },
    { day: '1', month: 'février', year: '2019' },
    { organisation: { ganhriStatus: { asOf: '2019-02-01' } } },
  ],
  [
    'a date as text with a known order',
    { to: '/organisation/ganhriStatus/asOf', as: 'date', order: 'dmy' },
    '03-04-2019',
    { organisation: { ganhriStatus: { asOf: '2019-04-03' } } },
  ],
  ['a ticked box', { to: '/speaker/atRisk', as: 'boolean' }, { Yes: true }, { speaker: { atRisk: true } }],
  ['a "no"', { to: '/speaker/atRisk', as: 'boolean' }, 'Non', { speaker: { atRisk: false } }],
  ['an untouched question is absent', { to: '/speaker/atRisk', as: 'boolean' }, '', {}],
  [
    'a list as JSON text',
    { to: '/coalitionMembers', as: 'list', columns: { Organisation: 'name', Country: 'country' } },
    '[{"Organisation":"A &amp; B","Country":"Niger"},{"Country":"Niger"}]',
    { coalitionMembers: [{ name: 'A &amp; B', country: 'NER' }] },
  ],
]

for (const [name, rest, value, expected] of cases) {
  t.test(name, async (t) => t.same(mapOne(field(rest), value).body, { preSession: 38, ...expected }))
}

t.test('entities are decoded once, and only what the API escaped', async (t) => {
  t.equal(
    mapOne(field({}), 'Smith &amp;amp; Sons &#039;x&#039;', 'api').body.organisation?.name,
    "Smith &amp; Sons 'x'",
  )
  t.equal(mapOne(field({}), 'Smith &amp; Sons').body.organisation?.name, 'Smith &amp; Sons')
  const list = field({ to: '/coalitionMembers', as: 'list', columns: { Organisation: 'name' } })
  const escaped = '[{&quot;Organisation&quot;:&quot;A &amp;amp; B&quot;}]'
  t.same(mapOne(list, escaped, 'api').body.coalitionMembers, [{ name: 'A &amp; B' }])
})

t.test('control characters and bidi overrides go, line breaks and emoji stay', async (t) => {
  t.equal(
    mapOne(field({}), ' a\u0000b\u0007\u202e\r\nc\td 👩🏽‍⚕️ \u200fمرحبا ').body.organisation?.name,
    'ab\nc\td 👩🏽‍⚕️ \u200fمرحبا',
  )
})

t.test('what has no code is left to a person', async (t) => {
  const choice = field({ to: '/country', as: 'choice', choices: { Belgium: 'BEL' } })
  const { body, undecided, notes } = mapOne(choice, 'Atlantis')
  t.equal(body.country, undefined)
  t.same(undecided, [{ pointer: '/country', value: 'Atlantis' }])
  t.match(notes, [{ code: 'unknownChoice', qid: '1' }])
  const consent = mapOne(field({ to: '/consents', as: 'choices', choices: { A: 'publishVideo' } }), ['B'])
  t.equal(consent.body.consents, undefined, 'a consent that cannot be read is not given')
  t.match(mapOne(field({ to: '/organisation/foundedYear', as: 'number' }), 'long ago').notes, [{ code: 'unreadable' }])
})

t.test('an export joins choices in one cell', async (t) => {
  t.same(mapOne(field(issues), 'Health\nEducation', 'import').body.issues, ['health', 'education'])
})

t.test('a question that moved is found by its name, and unmapped answers are kept', async (t) => {
  const mapping: Mapping = {
    formId: '203423859147358',
    preSession: 38,
    testRules: [],
    ignore: ['9'],
    fields: [field({})],
  }
  const answers = answersFromApi({
    7: { name: 'q', answer: 'A' },
    8: { name: 'more', text: 'More &amp; more', answer: 'x' },
    9: { name: 'no', answer: 'y' },
  })
  const { body, notes, extra } = mapAnswers(mapping, answers, context)
  t.equal(body.organisation?.name, 'A')
  t.match(notes, [{ code: 'drift' }])
  t.same(extra, { 8: { name: 'more', text: 'More & more', value: 'x' } })
})
