import t from 'tap'
import { canMove, type Lifecycle, legalMoves, lifecycles } from '../../src/domain/lifecycles.ts'

const machines: [string, Lifecycle][] = Object.entries(lifecycles)

function reachable(machine: Lifecycle): Set<string> {
  const seen = new Set([machine.initial])
  for (const state of seen) for (const move of legalMoves(machine, state)) seen.add(move.to)
  return seen
}

for (const [key, machine] of machines) {
  t.test(`${key} is sound`, async (t) => {
    const names = machine.states.map((state) => state.name)
    t.equal(machine.name, key)
    t.equal(new Set(names).size, names.length, 'no state twice')
    for (const move of machine.transitions)
      t.ok(names.includes(move.from) && names.includes(move.to), `${move.from} → ${move.to}`)
    t.strictSame([...reachable(machine)].sort(), [...names].sort(), 'every state can be reached')
    for (const state of machine.states) {
      t.equal(
        legalMoves(machine, state.name).length === 0,
        state.final === true,
        `${state.name} ends exactly if it says so`,
      )
    }
    const moves = machine.transitions.map((move) => `${move.from} ${move.to} ${move.by}`)
    t.equal(new Set(moves).size, moves.length, 'no move twice')
    for (const one of [machine, ...machine.states, ...machine.transitions]) t.match(one.description, /^[A-Z].*\.$/)
  })
}

t.test('a round goes its way', async (t) => {
  const { preSession } = lifecycles
  const way = [
    'draft',
    'callOpen',
    'callClosed',
    'selecting',
    'confirmed',
    'programmePublished',
    'running',
    'closed',
    'archived',
  ]
  for (const [i, to] of way.slice(1).entries()) t.ok(canMove(preSession, way[i]!, to, 'person'), `${way[i]} → ${to}`)
  t.notOk(canMove(preSession, 'draft', 'running'))
  t.notOk(canMove(preSession, 'callClosed', 'callOpen', 'person'), 'a person extends the deadline instead')
  t.ok(canMove(preSession, 'callClosed', 'callOpen', 'deadlineExtension'))
  t.ok(canMove(preSession, 'selecting', 'callOpen', 'deadlineExtension'))
  for (const from of ['callOpen', 'callClosed', 'selecting', 'confirmed', 'programmePublished', 'running']) {
    t.ok(canMove(preSession, from, 'postponed', 'person') && canMove(preSession, from, 'cancelled', 'person'), from)
  }
  t.notOk(canMove(preSession, 'closed', 'cancelled'))
  t.strictSame(
    legalMoves(preSession, 'postponed', 'person').map((move) => move.to),
    ['callOpen', 'callClosed', 'selecting', 'confirmed', 'programmePublished', 'cancelled'],
  )
  t.strictSame(legalMoves(preSession, 'nowhere'), [])
})

t.test('an application is not submitted twice and does not come back', async (t) => {
  const { applicationStatus, decision, answer } = lifecycles
  t.ok(canMove(applicationStatus, 'draft', 'submitted', 'applicant'))
  t.notOk(canMove(applicationStatus, 'withdrawn', 'submitted'))
  t.notOk(canMove(applicationStatus, 'submitted', 'prevented', 'applicant'))
  t.ok(canMove(decision, 'reserve', 'selected', 'person'))
  t.notOk(canMove(answer, 'declined', 'confirmed'))
})
