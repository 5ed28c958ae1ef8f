import t from 'tap'
import {
  mostInAll,
  mostWaiting,
  type PutFacts,
  refusalOfQuestion,
  votesAfterMerge,
  writtenAnswerDueOn,
} from '../../src/domain/question-rules.ts'

const asks: PutFacts = { kind: 'question', state: 'FRA', concerned: ['BEL', 'DNK'], slotStatus: 'live', before: [] }
const many = (count: number, status: PutFacts['before'][number]['status'], kind: PutFacts['kind'] = 'question') =>
  Array.from({ length: count }, () => ({ kind, status }))

const cases: [string, Partial<PutFacts>, string | undefined][] = [
  ['a mission asks', {}, undefined],
  ['in advance', { slotStatus: 'planned' }, undefined],
  ['not when the slot is over', { slotStatus: 'ended' }, 'questions_closed'],
  ['not when it was called off', { slotStatus: 'cancelled' }, 'questions_closed'],
  ['the State under Review asks nothing about itself', { state: 'BEL' }, 'floor_only'],
  ['but about another country of the block', { state: 'BEL', concerned: ['DNK'] }, undefined],
  ['it opens', { state: 'BEL', kind: 'openingStatement' }, undefined],
  ['once', { state: 'BEL', kind: 'openingStatement', before: many(1, 'asked', 'openingStatement') }, 'opening_taken'],
  [
    'again where it was held',
    { state: 'BEL', kind: 'openingStatement', before: many(1, 'held', 'openingStatement') },
    undefined,
  ],
  ['it wishes for the floor', { state: 'BEL', kind: 'floor' }, undefined],
  ['another mission has no floor to wish for', { kind: 'floor' }, 'not_under_review'],
  ['nor an opening', { kind: 'openingStatement' }, 'not_under_review'],
  ['the moderator asks', { state: null }, undefined],
  ['the moderator has no floor', { state: null, kind: 'floor' }, 'not_under_review'],
  ['the last that may wait', { before: many(mostWaiting - 1, 'queued') }, undefined],
  [
    'one too many waits',
    { before: [...many(mostWaiting - 1, 'queued'), ...many(1, 'approved')] },
    'too_many_questions',
  ],
  ['those that were called do not wait', { before: many(mostWaiting, 'asked') }, undefined],
  ['the last of all', { before: many(mostInAll - 1, 'held') }, undefined],
  ['one too many in all', { before: many(mostInAll, 'held') }, 'too_many_questions'],
]

for (const [name, facts, refusal] of cases)
  t.test(name, async (t) => t.equal(refusalOfQuestion({ ...asks, ...facts }), refusal))

t.test('votes join, and nobody supports its own', async (t) => {
  const target = { state: 'FRA', voters: ['CHE', 'DEU'] }
  t.strictSame(votesAfterMerge(target, { state: 'ESP', voters: ['DEU', 'FRA'] }), ['CHE', 'DEU', 'ESP'])
  t.strictSame(votesAfterMerge(target, { state: 'FRA', voters: [] }), ['CHE', 'DEU'])
  t.strictSame(votesAfterMerge({ state: null, voters: [] }, { state: null, voters: ['CHE'] }), ['CHE'])
})

t.test('a written answer is due two weeks later, on the day of the round’s zone', async (t) => {
  t.equal(writtenAnswerDueOn('2021-03-24T10:30:00Z', 'Europe/Zurich'), '2021-04-07')
  t.equal(writtenAnswerDueOn('2021-03-23T23:30:00Z', 'Europe/Zurich'), '2021-04-07')
})
