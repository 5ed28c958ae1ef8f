import t from 'tap'
import { inOrder, runningOrder } from '../../src/domain/running-order.ts'

const slot = { startsAt: '2021-03-24T09:00:00Z', endsAt: '2021-03-24T09:15:00Z' }
const statement = (applicationId: string, videoSeconds: number | null) => ({ applicationId, videoSeconds })

t.test('statements follow each other from the beginning of the slot', async (t) => {
  const order = runningOrder(slot, [statement('a', 271.4), statement('b', null), statement('c', 300)], 300)
  t.same(order, {
    items: [
      {
        applicationId: 'a',
        startsAt: '2021-03-24T09:00:00Z',
        endsAt: '2021-03-24T09:04:32Z',
        seconds: 272,
        basis: 'video',
      },
      {
        applicationId: 'b',
        startsAt: '2021-03-24T09:04:32Z',
        endsAt: '2021-03-24T09:09:32Z',
        seconds: 300,
        basis: 'speakingTime',
      },
      {
        applicationId: 'c',
        startsAt: '2021-03-24T09:09:32Z',
        endsAt: '2021-03-24T09:14:32Z',
        seconds: 300,
        basis: 'video',
      },
    ],
    spareSeconds: 28,
  })
})

t.test('what does not fit is told by how much', async (t) => {
  const full = [statement('a', 300), statement('b', 300), statement('c', 300)]
  t.equal(runningOrder(slot, full, 300).spareSeconds, 0)
  t.equal(runningOrder(slot, [...full, statement('d', 0.2)], 300).spareSeconds, -1)
  t.same(runningOrder(slot, [], 300), { items: [], spareSeconds: 900 })
})

t.test('a set order comes first, and what another screening shows is left to it', async (t) => {
  const all = ['a', 'b', 'c', 'd'].map((id) => ({ id }))
  const ids = (ordered: string[], elsewhere: string[]) =>
    inOrder(all, ordered, elsewhere)
      .map(({ id }) => id)
      .join('')
  t.equal(ids([], []), 'abcd')
  t.equal(ids(['c', 'a'], []), 'cabd')
  t.equal(ids(['c', 'gone'], ['a', 'c']), 'cbd')
})
