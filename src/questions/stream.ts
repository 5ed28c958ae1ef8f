import { listenForever } from '../db/listen.ts'
import type { Deps } from '../deps.ts'
import { type Audience, audienceOf, readerOf } from '../domain/question-visibility.ts'
import { isReleased, visibilityOf } from '../domain/visibility.ts'
import { writerOf } from '../http/serialization.ts'
import { frameOf } from '../streams/frames.ts'
import { createHub, type Hub, type Source, type World } from '../streams/hub.ts'
import { type Positions, positions as positionsOf, rightsHash } from '../streams/position.ts'
import { channel, findLastId, listStreamEvents, listValidCredentials, type StreamEvent } from '../streams/queries.ts'
import { findSlot, listQuestions, type QuestionRow } from './queries.ts'
import { QuestionQueue, viewComponents } from './schemas.ts'
import { RemovedQuestion, SlotState } from './schemas-stream.ts'
import { orderOf, type ShownView, type SlotQuestions, toQueue, toSlotState, toView, viewOf } from './views.ts'

/** Whoever is farther behind than this is told the present state instead. */
const mostEvents = 2_000

/** The one hub of a process, with one connection that listens. */
export function slotHub(deps: Deps): Hub {
  const { clock, log, pool, keys } = deps
  const positions = positionsOf(keys.positions)
  const url = pool.options.connectionString as string
  return createHub({
    source: questionStream(deps, positions),
    positions,
    clock,
    log,
    listen: (changed) => listenForever(url, channel, changed),
  })
}

/** The stream of a Q&A slot: what changes of its questions, to each listener in its own view. */
export const questionStream = ({ db, clock }: Pick<Deps, 'db' | 'clock'>, positions: Positions): Source => ({
  async load(topic, after) {
    const now = clock.now()
    // One state of the database: what an event tells of is there, and what is there was told.
    return db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        const slot = await findSlot(tx, topic, now)
        if (slot === undefined) return undefined
        const lastId = await findLastId(tx, topic)
        const completeAfter = Math.max(after ?? lastId, lastId - mostEvents)
        const events = completeAfter < lastId ? await listStreamEvents(tx, topic, completeAfter, mostEvents) : []
        const rows = await listQuestions(tx, topic)
        return worldOf({ slot, rows, now }, { lastId, completeAfter, events }, positions)
      })
  },
  validOf: async (ids) => new Set(await listValidCredentials(db, ids, clock.now())),
})

interface Read {
  lastId: number
  completeAfter: number
  events: readonly StreamEvent[]
}

function worldOf(all: SlotQuestions, { lastId, completeAfter, events }: Read, positions: Positions): World {
  const { slot, rows, now } = all
  const topic = slot.id
  const byId = new Map(rows.map((row) => [row.id, row]))
  const ordered = orderOf(all)
  const changed = new Set(events.map(({ subjectId }) => subjectId))
  const ofEvents = involvedIn(
    all,
    rows.filter(({ id }) => changed.has(id)),
  )
  const ofAll = involvedIn(all, rows)
  const rightsOf = remembering((key) => rightsText(audienceIn(key), all))
  const idAt = (key: string, id: number) => positions.write(topic, { id, rights: rightsHash(rightsOf(key)) })

  const changes = remembering((key, after) => {
    const audience = audienceIn(key)
    const shown = new Map<string, boolean>()
    const frames: Buffer[] = []
    for (const { id, subjectId, before, after: then } of events) {
      const row = byId.get(subjectId ?? '')
      if (id <= Number(after) || row === undefined || subjectId === null) continue
      const wasShown =
        shown.get(subjectId) ?? (before !== null && viewOf(audience, { ...row, ...before }, all) !== 'none')
      const atThatTime = { ...row, ...then }
      const view = viewOf(audience, atThatTime, all)
      // What may not be seen now is not shown as it was, whatever it was when it happened.
      const isShown = view !== 'none' && viewOf(audience, row, all) !== 'none'
      if (isShown)
        frames.push(frameOf({ event: 'question', id: idAt(key, id), data: textOf(view, audience, atThatTime, all) }))
      else if (wasShown)
        frames.push(
          frameOf({ event: 'questionRemoved', id: idAt(key, id), data: writerOf(RemovedQuestion)({ id: row.id }) }),
        )
      shown.set(subjectId, isShown)
    }
    return Buffer.concat(frames)
  })

  const snapshot = remembering((key) => {
    const audience = audienceIn(key)
    const questions = rows.flatMap((row) => {
      const view = viewOf(audience, row, all)
      return view === 'none' ? [] : [textOf(view, audience, row, all)]
    })
    // Each is written by the component of its view already.
    const data = `{"slotId":${JSON.stringify(slot.id)},"questions":[${questions.join(',')}]}`
    return frameOf({ event: 'snapshot', id: idAt(key, lastId), data })
  })

  const queue = remembering((key) => {
    const audience = audienceIn(key)
    // To the public nothing is announced: it hears what is called.
    if (audience.kind === 'public') return Buffer.alloc(0)
    return frameOf({ event: 'queue', data: writerOf(QuestionQueue)(toQueue(audience, all, ordered)) })
  })

  const slotState = frameOf({ event: 'slot', data: writerOf(SlotState)(toSlotState(all)) })

  return {
    lastId,
    completeAfter,
    keyOf: (caller) => {
      const audience = audienceOf(caller, slot, now)
      return audience === undefined ? undefined : keyOfAudience(audience)
    },
    rightsOf: (key) => rightsOf(neutral(key, ofAll)),
    snapshot: (key) => snapshot(neutral(key, ofAll)),
    changes: (key, after) => changes(neutral(key, ofEvents), after),
    states: (key) => [slotState, queue(neutral(key, ofAll))],
  }
}

const textOf = (view: ShownView, audience: Audience, row: QuestionRow, all: SlotQuestions): string =>
  writerOf(viewComponents[view])(toView(view, audience, row, all))

/** Made once for each key (and position), however many listeners have it: they are sent the same buffer. */
function remembering<T>(make: (key: string, more?: number) => T): (key: string, more?: number) => T {
  const made = new Map<string, T>()
  return (key, more) => {
    const name = `${key} ${more}`
    const known = made.get(name)
    if (known !== undefined) return known
    const value = make(key, more)
    made.set(name, value)
    return value
  }
}

const keyOfAudience = (audience: Audience): string =>
  audience.kind === 'mission'
    ? `mission:${audience.state}`
    : audience.kind === 'speaker'
      ? `speaker:${audience.applicationIds.join(',')}`
      : audience.kind

function audienceIn(key: string): Audience {
  const [kind = '', who = ''] = key.split(':')
  if (kind === 'mission') return { kind, state: who }
  if (kind === 'speaker') return { kind, applicationIds: who.split(',') }
  return { kind: kind as 'public' }
}

/** States whose missions may see these questions otherwise than any other: as their own, as voted for, or as of their own country. */
function involvedIn({ slot }: SlotQuestions, rows: readonly QuestionRow[]): Set<string> {
  return new Set([
    ...slot.countries,
    ...rows.flatMap(({ state, voters, country }) => [...voters, ...[state, country].filter((one) => one !== null)]),
  ])
}

/** Missions of all other States see the same; it is made once for them. */
function neutral(key: string, involved: Set<string>): string {
  const [kind, state = ''] = key.split(':')
  return kind === 'mission' && !involved.has(state) ? 'mission:' : key
}

/**
 * What an audience may see apart from the questions themselves: which countries are released to it, which speakers it may know of. Before the release
 * it is the same whoever applied, was selected or consented.
 */
function rightsText(audience: Audience, { slot, rows, now }: SlotQuestions): string {
  if (audience.kind === 'staff' || audience.kind === 'moderator')
    return [audience.kind, ...slot.speakers.map(({ id }) => id)].join(' ')
  const concerned = [...new Set([...slot.countries, ...rows.flatMap(({ country }) => country ?? [])])].sort()
  const released = concerned.filter((iso3) => isReleased(slot.releases[iso3] ?? null, now))
  const speakers = slot.speakers.flatMap((speaker) => {
    const { view } = visibilityOf(readerOf(audience), speaker, now)
    return view === 'none' ? [] : [`${speaker.id}=${view}`]
  })
  const who =
    audience.kind === 'speaker'
      ? audience.applicationIds.join()
      : audience.kind === 'mission' && concerned.includes(audience.state)
        ? audience.state
        : ''
  return [audience.kind, who, slot.countries.join(), released.join(), speakers.join()].join(' ')
}
