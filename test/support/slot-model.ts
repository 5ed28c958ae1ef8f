import fc from 'fast-check'
import { sql } from 'kysely'
import type { Db } from '../../src/db/database.ts'
import { countDoubleBookings } from '../../src/slots/queries-occupancy.ts'
import type { MadeSpeaker } from './many-speakers.ts'

// The programme of a day against a model of it that knows nothing of the service: three rooms, four countries, eight applications of six people.
// Whatever is done, in whatever order, both must say the same of what is possible, who sits where and who waits; and nobody is ever in two places.

const countries = ['BEL', 'DNK', 'PLW', 'SOM']
/** Two people speak for two countries. */
export const modelledPeople = [
  { email: 'a@model.example', country: 'BEL' },
  { email: 'a@model.example', country: 'DNK' },
  { email: 'b@model.example', country: 'PLW' },
  { email: 'b@model.example', country: 'BEL' },
  { email: 'c@model.example', country: 'BEL' },
  { email: 'd@model.example', country: 'DNK' },
  { email: 'e@model.example', country: 'PLW' },
  { email: 'f@model.example', country: 'SOM' },
]

const dayStart = Date.parse('2021-03-24T08:00:00Z')
const step = 10 * 60_000
export const instant = (steps: number) => new Date(dayStart + steps * step).toISOString().replace('.000', '')

interface ModelledSlot {
  id: string
  path: string
  from: number
  to: number
  room: number
  countries: string[]
  capacity: number | null
  isCancelled: boolean
  /** In the order of coming; a speaker who could not connect is in the list without a seat. */
  speakers: Map<number, boolean>
  line: number[]
}

export interface Answer {
  status: number
  body: { id?: string; code?: string }
  etag: string | undefined
}

export type Send = (
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
  headers?: Record<string, string>,
) => Promise<Answer>

const slotNumber = fc.nat({ max: 9 })
const speakerNumber = fc.nat({ max: 7 })
const from = fc.nat({ max: 24 })
const length = fc.integer({ min: 1, max: 4 })
const room = fc.nat({ max: 2 })
const seats = fc.option(fc.nat({ max: 3 }))

export const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      isScreening: fc.boolean(),
      from,
      length,
      room,
      countries: fc.uniqueArray(fc.constantFrom(...countries), { minLength: 1, maxLength: 3 }),
      seats,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), slot: slotNumber, from, length, room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('resize' as const), slot: slotNumber, seats }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('book' as const), slot: slotNumber, speaker: speakerNumber }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), slot: slotNumber, speaker: speakerNumber }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('giveUp' as const), slot: slotNumber, speaker: speakerNumber }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), slot: slotNumber, speaker: speakerNumber }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('connect' as const),
      slot: slotNumber,
      speaker: speakerNumber,
      isConnected: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('swap' as const),
      slot: slotNumber,
      speaker: speakerNumber,
      wanted: slotNumber,
      taker: speakerNumber,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('overrun' as const),
      slot: slotNumber,
      extra: length,
      keepBreaks: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), slot: slotNumber }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reinstate' as const), slot: slotNumber }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), slot: slotNumber }) },
)
export type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

/** How often each operation was done and refused, so that a run which tries nothing is seen. */
export type Tally = Map<string, { done: number; refused: number }>

/** One of them, mostly; whoever is meant where there is none. */
const oneOf = (some: readonly number[], number: number): number =>
  number % 4 === 3 ? number : (some[number % Math.max(1, some.length)] ?? number)

export class ModelledDay {
  slots: ModelledSlot[] = []
  readonly #speakers: readonly MadeSpeaker[]
  readonly #send: Send
  readonly #tally: Tally

  constructor(speakers: readonly MadeSpeaker[], send: Send, tally: Tally) {
    this.#speakers = speakers
    this.#send = send
    this.#tally = tally
  }

  async run(op: Operation): Promise<void> {
    if (op.do === 'create') return this.#create(op)
    const slot = this.slots[op.slot % Math.max(1, this.slots.length)]
    if (slot === undefined) return
    switch (op.do) {
      case 'move':
        return this.#change(op.do, slot, { from: op.from, to: op.from + op.length, room: op.room })
      case 'resize':
        return this.#change(op.do, slot, { capacity: op.seats })
      case 'book':
        return this.#book(slot, oneOf(this.#fitting(slot), op.speaker))
      case 'wait':
        return this.#wait(slot, oneOf(this.#fitting(slot), op.speaker))
      case 'giveUp':
        return this.#giveUp(slot, oneOf([...slot.speakers.keys()], op.speaker))
      case 'leave':
        return this.#leave(slot, oneOf(slot.line, op.speaker))
      case 'connect':
        return this.#connect(slot, oneOf([...slot.speakers.keys()], op.speaker), op.isConnected)
      case 'swap': {
        const giver = oneOf(this.#seated(slot), op.speaker)
        const wanted = this.#partnerOf(slot, giver, op.wanted)
        return this.#swap(slot, giver, wanted, oneOf(this.#takers(wanted, slot), op.taker))
      }
      case 'overrun':
        return this.#overrun(slot, op.extra, op.keepBreaks)
      case 'cancel':
        return this.#transition(slot, 'cancelled')
      case 'reinstate':
        return this.#transition(slot, 'planned')
      default:
        return this.#remove(slot)
    }
  }

  #expect(op: string, isPossible: boolean, { status, body }: Answer): void {
    const tally = this.#tally.get(op) ?? { done: 0, refused: 0 }
    this.#tally.set(op, tally)
    if (isPossible) tally.done += 1
    else tally.refused += 1
    const isDone = status < 300
    const isRefused = [400, 404, 409].includes(status)
    if (isPossible ? !isDone : !isRefused)
      throw new Error(
        `${op}: the model says ${isPossible ? 'possible' : 'refused'}, the service ${status} ${JSON.stringify(body)}`,
      )
  }

  #personOf(speaker: number): string {
    return (this.#speakers[speaker] as MadeSpeaker).email
  }

  #isAbout(slot: ModelledSlot, speaker: number): boolean {
    return slot.countries.includes((this.#speakers[speaker] as MadeSpeaker).country)
  }

  #seated(slot: ModelledSlot): number[] {
    return [...slot.speakers].filter(([, isSeated]) => isSeated).map(([speaker]) => speaker)
  }

  #hasSeat(slot: ModelledSlot): boolean {
    return slot.capacity === null || this.#seated(slot).length < slot.capacity
  }

  /** Would the slot as it is wanted meet another one, in its room, its countries or its people? */
  #isFree(wanted: ModelledSlot, others = this.slots.filter((one) => one.id !== wanted.id)): boolean {
    const people = this.#seated(wanted).map((speaker) => this.#personOf(speaker))
    return others
      .filter((other) => !other.isCancelled && other.from < wanted.to && wanted.from < other.to)
      .every(
        (other) =>
          other.room !== wanted.room &&
          other.countries.every((iso3) => !wanted.countries.includes(iso3)) &&
          this.#seated(other).every((speaker) => !people.includes(this.#personOf(speaker))),
      )
  }

  #isBusy(slot: ModelledSlot, speaker: number): boolean {
    return this.slots.some(
      (other) =>
        other.id !== slot.id &&
        !other.isCancelled &&
        other.from < slot.to &&
        slot.from < other.to &&
        this.#seated(other).some((one) => this.#personOf(one) === this.#personOf(speaker)),
    )
  }

  /** A slot that a swap may be for: mostly one with somebody in it, about the country of the giver. */
  #partnerOf(slot: ModelledSlot, giver: number, number: number): ModelledSlot {
    const likely = this.slots.filter(
      (one) => one !== slot && !one.isCancelled && this.#isAbout(one, giver) && this.#takers(one, slot).length > 0,
    )
    const some = number % 4 === 3 || likely.length === 0 ? this.slots : likely
    return some[number % some.length] as ModelledSlot
  }

  #fitting(slot: ModelledSlot): number[] {
    return this.#speakers.map((_, index) => index).filter((speaker) => this.#isAbout(slot, speaker))
  }

  /** Who sits here and could sit there. */
  #takers(here: ModelledSlot, there: ModelledSlot): number[] {
    return this.#seated(here).filter((speaker) => this.#isAbout(there, speaker))
  }

  #fill(slot: ModelledSlot): void {
    if (slot.isCancelled) return
    for (const speaker of [...slot.line]) {
      if (!this.#hasSeat(slot)) return
      if (this.#isBusy(slot, speaker)) continue
      this.#seat(slot, speaker)
    }
  }

  #seat(slot: ModelledSlot, speaker: number): void {
    slot.speakers.set(speaker, true)
    slot.line = slot.line.filter((one) => one !== speaker)
  }

  async #create(op: Extract<Operation, { do: 'create' }>): Promise<void> {
    if (this.slots.length >= 10) return
    const path = op.isScreening ? '/v1/screenings' : '/v1/qa-slots'
    const slot: ModelledSlot = {
      id: 'new',
      path,
      from: op.from,
      to: op.from + op.length,
      room: op.room,
      countries: op.countries,
      capacity: op.seats,
      isCancelled: false,
      speakers: new Map(),
      line: [],
    }
    const answer = await this.#send('POST', path, {
      preSession: 38,
      countries: op.countries,
      startsAt: instant(slot.from),
      endsAt: instant(slot.to),
      room: `Room ${op.room}`,
      ...(op.seats !== null && { capacity: op.seats }),
    })
    const isPossible = this.#isFree(slot)
    this.#expect('create', isPossible, answer)
    if (isPossible) this.slots.push({ ...slot, id: answer.body.id as string })
  }

  async #change(op: string, slot: ModelledSlot, change: Partial<ModelledSlot>): Promise<void> {
    const next = { ...slot, ...change }
    const { etag } = await this.#send('GET', `${slot.path}/${slot.id}`)
    const answer = await this.#send(
      'PATCH',
      `${slot.path}/${slot.id}`,
      {
        ...('from' in change && { startsAt: instant(next.from), endsAt: instant(next.to), room: `Room ${next.room}` }),
        ...('capacity' in change && { capacity: next.capacity }),
      },
      { 'if-match': etag ?? '' },
    )
    const isTooSmall =
      next.capacity !== null && next.capacity !== slot.capacity && this.#seated(slot).length > next.capacity
    const isPossible = !isTooSmall && (slot.isCancelled || this.#isFree(next))
    this.#expect(op, isPossible, answer)
    const isSame = Object.entries(change).every(([name, value]) => slot[name as keyof ModelledSlot] === value)
    if (!isPossible || isSame) return
    Object.assign(slot, change)
    this.#fill(slot)
  }

  async #book(slot: ModelledSlot, speaker: number): Promise<void> {
    const { id } = this.#speakers[speaker] as MadeSpeaker
    const answer = await this.#send('POST', `${slot.path}/${slot.id}/speakers`, { applicationId: id })
    const isPossible =
      !slot.isCancelled &&
      this.#isAbout(slot, speaker) &&
      slot.speakers.get(speaker) !== true &&
      this.#hasSeat(slot) &&
      !this.#isBusy(slot, speaker)
    this.#expect('book', isPossible, answer)
    if (isPossible) this.#seat(slot, speaker)
  }

  async #wait(slot: ModelledSlot, speaker: number): Promise<void> {
    const { id } = this.#speakers[speaker] as MadeSpeaker
    const answer = await this.#send('POST', `${slot.path}/${slot.id}/waiting-list`, { applicationId: id })
    const isPossible = !slot.isCancelled && this.#isAbout(slot, speaker) && slot.speakers.get(speaker) !== true
    this.#expect('wait', isPossible, answer)
    if (!isPossible) return
    if (!slot.line.includes(speaker)) slot.line.push(speaker)
    this.#fill(slot)
  }

  async #giveUp(slot: ModelledSlot, speaker: number): Promise<void> {
    const { id } = this.#speakers[speaker] as MadeSpeaker
    const answer = await this.#send('DELETE', `${slot.path}/${slot.id}/speakers/${id}`)
    const isPossible = slot.speakers.has(speaker)
    this.#expect('giveUp', isPossible, answer)
    if (!isPossible) return
    slot.speakers.delete(speaker)
    this.#fill(slot)
  }

  async #leave(slot: ModelledSlot, speaker: number): Promise<void> {
    const { id } = this.#speakers[speaker] as MadeSpeaker
    const answer = await this.#send('DELETE', `${slot.path}/${slot.id}/waiting-list/${id}`)
    const isPossible = slot.line.includes(speaker)
    this.#expect('leave', isPossible, answer)
    if (isPossible) slot.line = slot.line.filter((one) => one !== speaker)
  }

  async #connect(slot: ModelledSlot, speaker: number, isConnected: boolean): Promise<void> {
    const { id } = this.#speakers[speaker] as MadeSpeaker
    const connection = isConnected ? 'connected' : 'cannotConnect'
    const answer = await this.#send('PUT', `${slot.path}/${slot.id}/speakers/${id}/connection`, { connection })
    const present = slot.speakers.get(speaker)
    const needsSeat = isConnected && present === false
    const isPossible =
      present !== undefined &&
      !slot.isCancelled &&
      (!needsSeat || (this.#hasSeat(slot) && !this.#isBusy(slot, speaker)))
    this.#expect('connect', isPossible, answer)
    if (!isPossible) return
    if (needsSeat) this.#seat(slot, speaker)
    slot.speakers.set(speaker, isConnected)
    if (!isConnected) this.#fill(slot)
  }

  /** The offer and its taking, one after the other. */
  async #swap(slot: ModelledSlot, speaker: number, wanted: ModelledSlot, taker: number): Promise<void> {
    const giver = (this.#speakers[speaker] as MadeSpeaker).id
    const swaps = `${slot.path}/${slot.id}/swaps`
    const offer = await this.#send('POST', swaps, { applicationId: giver, wantedSlotId: wanted.id })
    const canOffer =
      !slot.isCancelled && slot.speakers.get(speaker) === true && wanted !== slot && this.#isAbout(wanted, speaker)
    this.#expect('offer', canOffer, offer)
    if (!canOffer) return
    const applicationId = (this.#speakers[taker] as MadeSpeaker).id
    const answer = await this.#send('POST', `${swaps}/${offer.body.id}/transitions`, { to: 'accepted', applicationId })
    const isPossible =
      !wanted.isCancelled &&
      wanted.speakers.get(taker) === true &&
      this.#isAbout(slot, taker) &&
      taker !== speaker &&
      slot.speakers.get(taker) !== true &&
      wanted.speakers.get(speaker) !== true &&
      this.#canChange(slot, speaker, wanted, taker)
    this.#expect('swap', isPossible, answer)
    if (isPossible) {
      slot.speakers.delete(speaker)
      wanted.speakers.delete(taker)
      this.#seat(slot, taker)
      this.#seat(wanted, speaker)
    } else {
      await this.#send('POST', `${swaps}/${offer.body.id}/transitions`, { to: 'withdrawn' })
    }
  }

  #canChange(slot: ModelledSlot, speaker: number, wanted: ModelledSlot, taker: number): boolean {
    const without = this.slots.map((one) => {
      const speakers = new Map(one.speakers)
      if (one === slot) speakers.delete(speaker)
      if (one === wanted) speakers.delete(taker)
      return { ...one, speakers }
    })
    const then = without.map((one) => {
      const speakers = new Map(one.speakers)
      if (one.id === slot.id) speakers.set(taker, true)
      if (one.id === wanted.id) speakers.set(speaker, true)
      return { ...one, speakers }
    })
    const changed = then.filter(({ id }) => id === slot.id || id === wanted.id)
    return changed.every((one) =>
      this.#isFree(
        one,
        then.filter((other) => other.id !== one.id),
      ),
    )
  }

  async #overrun(slot: ModelledSlot, extra: number, keepBreaks: boolean): Promise<void> {
    const end = slot.to + extra
    const answer = await this.#send('POST', `${slot.path}/${slot.id}/overruns`, { endsAt: instant(end), keepBreaks })
    const following = this.slots
      .filter((one) => one !== slot && !one.isCancelled && one.room === slot.room && one.from >= slot.to)
      .sort((a, b) => a.from - b.from)
    const moved = new Map([[slot.id, { from: slot.from, to: end }]])
    let freeFrom = end
    for (const next of following) {
      const by = keepBreaks ? extra : freeFrom - next.from
      if (by <= 0) break
      moved.set(next.id, { from: next.from + by, to: next.to + by })
      freeFrom = next.to + by
    }
    const then = this.slots.map((one) => ({ ...one, ...moved.get(one.id) }))
    const isPossible =
      !slot.isCancelled &&
      then
        .filter(({ id }) => moved.has(id))
        .every((one) =>
          this.#isFree(
            one,
            then.filter((other) => other.id !== one.id),
          ),
        )
    this.#expect('overrun', isPossible, answer)
    if (isPossible) for (const one of this.slots) Object.assign(one, moved.get(one.id))
  }

  async #transition(slot: ModelledSlot, to: 'cancelled' | 'planned'): Promise<void> {
    const answer = await this.#send('POST', `${slot.path}/${slot.id}/transitions`, { to, reason: 'Storm' })
    const isPossible =
      to === 'cancelled' ? !slot.isCancelled : slot.isCancelled && this.#isFree({ ...slot, isCancelled: false })
    this.#expect(to === 'cancelled' ? 'cancel' : 'reinstate', isPossible, answer)
    if (!isPossible) return
    slot.isCancelled = to === 'cancelled'
    this.#fill(slot)
  }

  async #remove(slot: ModelledSlot): Promise<void> {
    const { etag } = await this.#send('GET', `${slot.path}/${slot.id}`)
    const answer = await this.#send('DELETE', `${slot.path}/${slot.id}`, undefined, { 'if-match': etag ?? '' })
    const isPossible = slot.speakers.size === 0 && slot.line.length === 0
    this.#expect('remove', isPossible, answer)
    if (isPossible) this.slots = this.slots.filter((one) => one !== slot)
  }

  /** What the model and the tables say of every slot, to the last seat and the last place in a line. */
  async compare(db: Db): Promise<void> {
    const double = await countDoubleBookings(db)
    if (double > 0) throw new Error(`${double} double bookings`)
    const number = new Map(this.#speakers.map(({ id }, index) => [id, index]))
    const { rows } = await sql<{
      id: string
      is_cancelled: boolean
      from: string
      to: string
      room: string
      seated: string[]
      unseated: string[]
      line: string[]
    }>`
      select id, status = 'cancelled' as is_cancelled, starts_at as "from", ends_at as "to", room,
        array(select application_id from slot_speaker s where s.slot_id = slot.id and s.seated) as seated,
        array(select application_id from slot_speaker s where s.slot_id = slot.id and not s.seated) as unseated,
        array(select application_id from slot_waiting w where w.slot_id = slot.id order by number) as line
      from slot order by id`.execute(db)
    const found = rows.map((row) => ({
      ...row,
      seated: row.seated.map((id) => number.get(id) as number).sort(),
      unseated: row.unseated.map((id) => number.get(id) as number).sort(),
      line: row.line.map((id) => number.get(id) as number),
    }))
    const wanted = this.slots
      .map((slot) => ({
        id: slot.id,
        is_cancelled: slot.isCancelled,
        from: instant(slot.from),
        to: instant(slot.to),
        room: `Room ${slot.room}`,
        seated: this.#seated(slot).sort(),
        unseated: [...slot.speakers]
          .filter(([, isSeated]) => !isSeated)
          .map(([speaker]) => speaker)
          .sort(),
        line: slot.line,
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      throw new Error(`The tables say ${JSON.stringify(found)},\nthe model ${JSON.stringify(wanted)}`)
  }
}

/** What every slot takes up, counted from the slots themselves: neither more nor less is in the table that guards them. */
export async function countMissingPlaces(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with wanted as (
      select id as slot_id, 'room' as kind, null::uuid as application_id, tstzrange(starts_at, ends_at) as during from slot where status <> 'cancelled'
      union all select s.id, 'country', null, tstzrange(s.starts_at, s.ends_at) from slot s join slot_country c on c.slot_id = s.id where s.status <> 'cancelled'
      union all select s.id, 'speaker', p.application_id, tstzrange(s.starts_at, s.ends_at) from slot s join slot_speaker p on p.slot_id = s.id and p.seated
        where s.status <> 'cancelled'),
    had as (select slot_id, kind, application_id, during from slot_occupancy)
    select ((select count(*) from (select * from wanted except all select * from had) a)
      + (select count(*) from (select * from had except all select * from wanted) b))::int as count`.execute(db)
  return rows[0]?.count ?? 0
}
