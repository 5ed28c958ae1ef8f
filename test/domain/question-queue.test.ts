import t from 'tap'
import { orderQueue, type Queued } from '../../src/domain/question-queue.ts'

const at = (minute: number) => `2021-03-24T10:${String(minute).padStart(2, '0')}:00Z`

/** `FRA1@3`: put by France in minute 3. */
function waiting(name: string, more: Partial<Queued> = {}): Queued {
  const [, state = '', minute = '0'] = /^([A-Z]{3})\d@(\d+)$/.exec(name) ?? []
  return {
    id: name.split('@')[0] as string,
    kind: 'question',
    status: 'approved',
    state,
    showsState: true,
    putAt: at(Number(minute)),
    approvedAt: at(30),
    askedAt: null,
    ...more,
  }
}
const called = (name: string, more: Partial<Queued> = {}) =>
  waiting(name, { status: 'asked', askedAt: at(40), ...more })
const unnamed = { showsState: false }

const cases: [string, Queued[], string[], string[]][] = [
  [
    'by time, or one of each State before the second of any',
    [waiting('FRA1@1'), waiting('FRA2@2'), waiting('DEU1@3'), waiting('FRA3@4'), waiting('CHE1@5')],
    ['FRA1', 'FRA2', 'DEU1', 'FRA3', 'CHE1'],
    ['FRA1', 'DEU1', 'CHE1', 'FRA2', 'FRA3'],
  ],
  [
    'whose State was called least is next',
    [called('FRA1@1'), called('FRA2@2'), called('DEU1@3'), waiting('FRA3@4'), waiting('DEU2@5'), waiting('CHE1@6')],
    ['FRA3', 'DEU2', 'CHE1'],
    ['CHE1', 'DEU2', 'FRA3'],
  ],
  [
    'what is not let through, held or answered is not in it',
    [
      waiting('FRA1@1', { status: 'queued', approvedAt: null }),
      waiting('FRA2@2', { status: 'held' }),
      called('DEU1@3'),
    ],
    [],
    [],
  ],
  [
    'the State under Review opens, the moderator’s own come before the missions’',
    [
      waiting('FRA1@1'),
      waiting('MOD1@2', { state: null }),
      waiting('BEL1@9', { kind: 'openingStatement' }),
      waiting('BEL2@3', { kind: 'floor' }),
    ],
    ['BEL1', 'MOD1', 'FRA1', 'BEL2'],
    ['BEL1', 'MOD1', 'FRA1', 'BEL2'],
  ],
  [
    'an opening statement is no turn',
    [
      called('BEL1@1', { kind: 'openingStatement' }),
      called('FRA1@2'),
      waiting('FRA2@3'),
      waiting('BEL2@4', { kind: 'floor' }),
    ],
    ['FRA2', 'BEL2'],
    ['BEL2', 'FRA2'],
  ],
  [
    'all who hide their State share one turn',
    [
      called('FRA1@1', unnamed),
      waiting('DEU1@2', { ...unnamed, approvedAt: at(31) }),
      waiting('CHE1@3', { ...unnamed, approvedAt: at(32) }),
      waiting('FRA2@9'),
    ],
    ['FRA2', 'DEU1', 'CHE1'],
    ['FRA2', 'DEU1', 'CHE1'],
  ],
  [
    'without its State’s name it counts from its approval, whenever it was put',
    [waiting('FRA1@1', { ...unnamed, approvedAt: at(20) }), waiting('DEU1@10')],
    ['DEU1', 'FRA1'],
    ['DEU1', 'FRA1'],
  ],
  ['at the same time the id decides', [waiting('FRA2@1'), waiting('FRA1@1')], ['FRA1', 'FRA2'], ['FRA1', 'FRA2']],
]

for (const [name, questions, byTime, byTurn] of cases) {
  t.test(name, async (t) => {
    t.strictSame(orderQueue(questions, 'time'), byTime)
    t.strictSame(orderQueue(questions, 'turn'), byTurn)
    t.strictSame(orderQueue(questions.toReversed(), 'turn'), byTurn, 'in whatever order they are given')
  })
}

t.test('which State hides its name changes no place', async (t) => {
  const with_ = (state: string) =>
    [
      called('FRA1@1'),
      waiting('FRA2@2'),
      waiting('DEU1@3'),
      { ...waiting('CHE1@4', { ...unnamed, approvedAt: at(33) }), id: 'hidden', state },
      called('ESP1@1', { ...unnamed }),
    ] as Queued[]
  for (const order of ['time', 'turn'] as const)
    for (const state of ['FRA', 'DEU', 'CHE', 'ESP'])
      t.strictSame(orderQueue(with_(state), order), orderQueue(with_('ITA'), order), `${state} ${order}`)
})

t.test('turns lose nothing and repeat nothing', async (t) => {
  const many = Array.from({ length: 300 }, (_, n) => ({
    ...waiting('FRA1@1'),
    id: String(n).padStart(3, '0'),
    state: ['FRA', 'DEU', 'CHE', 'ESP', 'ITA'][(n % 7) % 5] as string,
    putAt: at(n % 60),
  }))
  const order = orderQueue(many, 'turn')
  t.equal(new Set(order).size, 300)
  const states = order.map((id) => many[Number(id)]?.state)
  t.equal(new Set(states.slice(0, 5)).size, 5, 'the first five are of five States')
})
