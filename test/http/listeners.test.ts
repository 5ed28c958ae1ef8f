import t from 'tap'
import { appendStreamEvents, findLastId, listStreamEvents } from '../../src/streams/queries.ts'
import { testApp } from '../support/app.ts'
import { type EventReader, jsonOf, readEvents } from '../support/events.ts'
import { aQaSlot, duringSlot, release, sessionsOf } from '../support/questions.ts'

const topic = '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10'
const at = '2021-03-24T10:00:00Z'

t.test('ids are committed in their order: who reads misses none', async (t) => {
  const { db } = await testApp(t)
  const writers = 8
  const each = 15
  const seen: number[] = []
  let after = 0
  let isOver = false
  const reading = async () => {
    for (;;) {
      const wasOver = isOver
      const events = await listStreamEvents(db, topic, after, 1_000)
      seen.push(...events.map(({ id }) => id))
      after = events.at(-1)?.id ?? after
      if (wasOver) return
    }
  }
  const writing = async (writer: number) => {
    for (let n = 0; n < each; n += 1) {
      const changes = Array.from({ length: (n % 3) + 1 }, () => ({
        subjectId: topic,
        before: null,
        after: { writer, n },
      }))
      await db
        .transaction()
        .execute(async (tx) => {
          await appendStreamEvents(tx, topic, changes, at)
          // Somebody else begins meanwhile, and must wait.
          await findLastId(tx, topic)
          if (n % 5 === 4) throw new Error('taken back')
        })
        .catch((error: Error) => {
          if (error.message !== 'taken back') throw error
        })
    }
  }
  const reader = reading()
  await Promise.all(Array.from({ length: writers }, (_, writer) => writing(writer)))
  isOver = true
  await reader
  t.strictSame(
    seen,
    Array.from({ length: seen.length }, (_, index) => index + 1),
    'gap-free, and none twice',
  )
  t.equal(seen.length, await findLastId(db, topic))
})

t.test('many listeners on two replicas', async (t) => {
  const app = await testApp(t, { now: duringSlot })
  const replica = await testApp(t, { now: duringSlot, url: app.url })
  const slot = await aQaSlot(app, { countries: ['BEL'] })
  await release(app, 'BEL', '2021-03-20T09:00:00Z')
  const session = sessionsOf(app)
  const moderator = await session({ role: 'moderator', slot_id: slot.id })
  const states = ['FRA', 'CHE', 'DEU', 'ESP', 'ITA', 'NOR']
  const missions = await Promise.all(states.map((state) => session({ role: 'mission', state })))
  const bases = await Promise.all([app, replica].map((one) => one.app.listen({ port: 0, host: '127.0.0.1' })))
  const open: EventReader[] = []
  t.teardown(() => {
    for (const reader of open) reader.close()
  })
  const connect = async (n: number, from?: EventReader) => {
    const bearer = n % 3 === 0 ? {} : (missions[n % states.length] as (typeof missions)[number]).bearer
    const resume = from?.lastId === undefined ? {} : { 'last-event-id': from.lastId }
    const replicaOf = (n + (from === undefined ? 0 : 1)) % 2
    const reader = await readEvents(`${bases[replicaOf]}${slot.path}/events`, { ...bearer, ...resume })
    open.push(reader)
    return reader
  }
  const count = 60
  const listeners = await Promise.all(Array.from({ length: count }, (_, n) => connect(n)))
  await Promise.all(listeners.map((reader) => reader.next(({ event }) => event === 'snapshot')))

  const ids: string[] = []
  for (let n = 0; n < 12; n += 1) {
    const state = ['POL', 'FIN', 'ISL', 'JPN'][n % 4]
    const put = await app.admin.post(`${slot.path}/questions`, { text: `Question ${n}`, state })
    ids.push(put.json().id)
  }
  const statuses = ['approved', 'asked', 'answered']
  const burst = async (some: string[]) => {
    await Promise.all(
      some.map(async (id, n) => {
        for (const to of statuses) {
          const via = (n % 2 === 0 ? app : replica).as(moderator.bearer)
          const moved = await via.post(`/v1/questions/${id}/transitions`, { to })
          if (moved.statusCode !== 200) throw new Error(moved.body)
        }
      }),
    )
  }
  await burst(ids.slice(0, 4))
  // Some are cut off in the middle of it, and come back on the other replica.
  const back = new Map<number, EventReader>()
  const others = burst(ids.slice(4))
  for (let n = 0; n < 20; n += 1) listeners[n]?.close()
  await Promise.all(listeners.slice(0, 20).map((reader) => reader.closed))
  for (let n = 0; n < 20; n += 1) back.set(n, await connect(n, listeners[n]))
  await others

  const last = (reader: EventReader) =>
    reader.next(({ event, data }) => event === 'question' && data.includes('"answered"') && isWhole(reader))
  const told = (reader: EventReader) =>
    reader.events.filter(({ event }) => event === 'question').map((one) => jsonOf<{ id: string; status: string }>(one))
  const before = new Map([...back].map(([n, reader]) => [reader, told(listeners[n] as EventReader)]))
  const all = (reader: EventReader) => [...(before.get(reader) ?? []), ...told(reader)]
  const isWhole = (reader: EventReader) =>
    ids.every((id) => all(reader).some((one) => one.id === id && one.status === 'answered'))
  for (const [n, first] of listeners.entries()) {
    const reader = back.get(n) ?? first
    if (!isWhole(reader)) await last(reader)
    const order = n % 3 === 0 ? statuses.slice(1) : statuses
    for (const id of ids)
      t.strictSame(
        all(reader)
          .filter((one) => one.id === id)
          .map(({ status }) => status),
        order,
        `${n} ${id}`,
      )
    t.equal(reader.events.filter(({ event }) => event === 'snapshot').length, first === reader ? 1 : 0)
  }
  t.equal(replica.statements.take().filter((text) => /listen /i.test(text)).length, 0)
})
