import { sql } from 'kysely'
import t from 'tap'
import { lockSlots } from '../../src/slots/queries.ts'
import { countDoubleBookings } from '../../src/slots/queries-occupancy.ts'
import { testApp } from '../support/app.ts'
import { aSession, aSpeaker, release } from '../support/speakers.ts'

const path = '/v1/pre-sessions/38/programme'

interface Slot {
  id: string
  kind: string
  countries: string[]
  room: string
  startsAt: string
  endsAt: string
  speakers: string[]
}

t.test('a proposal is edited, adopted and published', async (t) => {
  const app = await testApp(t)
  const { admin, anyone, db } = app
  const belgian = await aSpeaker(app, 'belgian', { timeZone: 'Europe/Brussels' })
  const danish = await aSpeaker(app, 'danish', { country: 'DNK', timeZone: 'Europe/Copenhagen' })
  const read = async () => (await admin.get(path)).json()
  const put = async (body: object, etag?: string) =>
    admin.put(path, body, { 'if-match': etag ?? ((await admin.get(path)).headers.etag as string) })
  const proposal = (
    await admin.post(`${path}/proposals`, {
      days: ['2021-03-22', '2021-03-23'],
      rooms: ['Online', 'Second'],
      countries: ['BEL', 'DNK', 'PLW'].map((iso3) => ({ iso3 })),
      countriesPerQa: 2,
    })
  ).json()
  const slots = proposal.slots.map(
    ({ speakers, kind, countries, room, startsAt, endsAt }: Record<string, unknown>) => ({
      kind,
      countries,
      room,
      startsAt,
      endsAt,
      speakers: (speakers as { applicationId: string }[]).map(({ applicationId }) => applicationId),
    }),
  ) as Omit<Slot, 'id'>[]
  const { frame } = proposal
  /** What stands there now, as it would be sent back. */
  const current = async (): Promise<Slot[]> =>
    (await read()).slots
      .filter(({ status }: { status: string }) => status === 'planned')
      .map(({ id, kind, countries, room, startsAt, endsAt, speakers }: Slot) => ({
        id,
        kind,
        countries,
        room,
        startsAt,
        endsAt,
        speakers,
      }))

  await t.test('not before the call has closed, and not over the work of others', async (t) => {
    t.equal((await put({ frame, slots })).json().code, 'no_programme_now')
    await admin.post('/v1/pre-sessions/38/transitions', { to: 'callClosed' })
    t.equal((await admin.put(path, { frame, slots })).statusCode, 428)
    t.equal((await put({ frame, slots }, '"old"')).statusCode, 412)
  })

  await t.test('the whole programme in one transaction, with who sits where', async (t) => {
    const adopted = await put({ frame, slots, reason: 'As proposed' })
    t.equal(adopted.statusCode, 200, adopted.body)
    const view = adopted.json()
    t.same(view.frame, frame)
    t.same(view.breaches, [])
    t.same(
      view.slots.map(({ kind, countries, startsAt, speakers }: Slot) => ({ kind, countries, startsAt, speakers })),
      slots.map(({ kind, countries, startsAt, speakers }) => ({ kind, countries, startsAt, speakers })),
    )
    t.match(view.withoutStatement, [{ applicationId: belgian.id }, { applicationId: danish.id }])
    t.same((await anyone.get(path)).json().slots, [], 'nothing is published')
    t.same((await read()).slots, view.slots)
    t.equal(await countDoubleBookings(db), 0)
  })

  await t.test('slots change places with each other in one go', async (t) => {
    const before = await current()
    const screenings = before.filter(({ kind }) => kind === 'screening')
    const [first, second] = screenings as [Slot, Slot]
    const swapped = before.map((slot) => {
      const other = slot.id === first.id ? second : slot.id === second.id ? first : slot
      return { ...slot, startsAt: other.startsAt, endsAt: other.endsAt, room: other.room }
    })
    const response = await put({ frame, slots: swapped, allow: ['qa_before_screening'] })
    t.equal(response.statusCode, 200, response.body)
    const after = await current()
    t.equal(after.find(({ id }) => id === first.id)?.startsAt, second.startsAt)
    t.equal(after.find(({ id }) => id === second.id)?.startsAt, first.startsAt)
    t.same(after.map(({ id }) => id).sort(), before.map(({ id }) => id).sort(), 'no slot is another one')
    t.equal(await countDoubleBookings(db), 0)
    t.equal((await put({ frame, slots: before })).statusCode, 200)
  })

  await t.test('a seat that is being given is waited for, not overlooked', async (t) => {
    const [slot] = await current()
    const sent = { frame, slots: await current() }
    const etag = (await admin.get(path)).headers.etag as string
    const seat = {
      slot_id: slot?.id as string,
      application_id: (await aSpeaker(app, 'late')).id,
      connection_note: null,
      connection_at: null,
      booked_at: '2020-12-20T09:00:00Z',
      booked_by: 'test',
    }
    const waiting = async () =>
      (
        await sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
          db,
        )
      ).rows.length
    const booking = await db.startTransaction().execute()
    await lockSlots(booking, [seat.slot_id])
    await booking.insertInto('slot_speaker').values(seat).execute()
    const adoption = put(sent, etag)
    while ((await waiting()) === 0);
    await booking.commit().execute()
    t.equal((await adoption).statusCode, 412)
    await db.deleteFrom('slot_speaker').where('application_id', '=', seat.application_id).execute()
  })

  await t.test('a rule that is broken is told with the place of the slot', async (t) => {
    const before = await current()
    const broken = async (index: number, change: Partial<Slot>, allow: string[] = []) =>
      put({ frame, allow, slots: before.map((slot, place) => (place === index ? { ...slot, ...change } : slot)) })
    const early = await broken(0, { startsAt: '2021-03-22T05:00:00Z', endsAt: '2021-03-22T05:30:00Z' })
    t.match(early.json(), { code: 'programme_breaks_rules', errors: [{ pointer: '/slots/0', code: 'outside_hours' }] })
    t.equal((await broken(0, { room: 'Third' })).json().errors[0].code, 'unknown_room')
    const [one, two] = before as [Slot, Slot]
    const both = await broken(1, { startsAt: one.startsAt, endsAt: one.endsAt, room: one.room }, ['room_overlap'])
    t.ok(
      both.json().errors.some(({ code }: { code: string }) => code === 'room_overlap'),
      'whatever is allowed',
    )
    t.ok(two)
    t.same(await current(), before, 'nothing changed')
  })

  await t.test('what cannot be is told with pointers', async (t) => {
    const [first] = await current()
    const faults = async (change: object) => {
      const response = await put({ frame, slots: [{ ...first, ...change }] })
      t.equal(response.statusCode, 400, response.body)
      return response.json().errors
    }
    t.match(await faults({ id: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10' }), [
      { pointer: '/slots/0/id', code: 'unknown_slot' },
    ])
    t.match(await faults({ countries: ['BEL', 'CHE', 'bel'] }), [
      { pointer: '/slots/0/countries/1', code: 'unknown_country' },
      { pointer: '/slots/0/countries/2', code: 'twice' },
    ])
    t.match(await faults({ startsAt: '2021-03-22T09:00:60Z' }), [
      { pointer: '/slots/0/startsAt', code: 'wrong_format' },
    ])
    t.match(await faults({ endsAt: first?.startsAt }), [{ pointer: '/slots/0/endsAt', code: 'not_after_start' }])
    t.match(await faults({ countries: ['PLW'], speakers: [danish.id] }), [{ code: 'other_country' }])
    t.match(await faults({ speakers: ['019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10'] }), [{ code: 'not_a_speaker' }])
    const [one, two] = [{ ...first }, { ...first }]
    t.match((await put({ frame, slots: [one, two] })).json().errors, [{ pointer: '/slots/1/id', code: 'twice' }])
  })

  await t.test('whoever cannot be there is not put there', async (t) => {
    await release(app, 'DNK')
    const windows = [{ startsAt: '2021-03-30T08:00:00Z', endsAt: '2021-03-30T18:00:00Z' }]
    const stated = await admin.put(
      `/v1/applications/${danish.id}/availability`,
      { windows },
      { 'if-match': (await admin.get(`/v1/applications/${danish.id}/availability`)).headers.etag as string },
    )
    t.equal(stated.statusCode, 200, stated.body)
    const slots = await current()
    t.match((await put({ frame, slots })).json(), { errors: [{ code: 'speaker_unavailable' }] })
    t.match((await read()).breaches, [{ code: 'speaker_unavailable' }])
    const without = slots.map((slot) => ({ ...slot, speakers: slot.speakers.filter((id) => id !== danish.id) }))
    t.equal((await put({ frame, slots: without })).statusCode, 200)
    t.same((await read()).breaches, [])
    const { data } = (await admin.get(`/v1/applications/${danish.id}/history?limit=100`)).json()
    t.ok(data.some(({ action }: { action: string }) => action === 'slot.seatGivenUp'))
  })

  await t.test('the slots are read as a whole, never one after another', async (t) => {
    const before = await current()
    const rooms = [...frame.rooms, ...frame.rooms.map((room: string) => `${room} bis`)]
    const moved = before.map((slot) => ({ ...slot, room: `${slot.room} bis`, speakers: slot.speakers.slice(1) }))
    const etag = (await admin.get(path)).headers.etag as string
    app.statements.take()
    t.equal((await put({ frame: { ...frame, rooms }, slots: moved }, etag)).statusCode, 200)
    const reads = app.statements.take().filter((text) => text.startsWith('select "slot".*'))
    t.equal(reads.length, 4, 'before the locks, for the ETag, after them, and for the answer')
    t.equal((await put({ frame, slots: before })).statusCode, 200)
  })

  await t.test('what somebody knows of is called off, what nobody knows of is gone', async (t) => {
    t.equal((await admin.post(`${path}/publications`, {})).statusCode, 201)
    const before = await current()
    const questions = before.filter(({ kind }) => kind === 'qa')
    const extra = {
      kind: 'qa',
      countries: ['SYC'],
      room: 'Second',
      startsAt: '2021-03-23T15:00:00Z',
      endsAt: '2021-03-23T15:45:00Z',
    }
    t.equal((await put({ frame, slots: [...before, extra] })).statusCode, 200)
    const added = (await current()).find(({ countries }) => countries.includes('SYC'))
    const [first] = before
    const moderator = await aSession(app, {
      role: 'moderator',
      email: 'mona@outside.example',
      slot_id: first?.id as string,
    })
    t.equal((await moderator.get('/v1/sessions/current')).statusCode, 200)
    t.equal((await put({ frame, slots: before.slice(1), reason: 'One less' })).statusCode, 200)
    t.equal((await moderator.get('/v1/sessions/current')).statusCode, 401, 'there is nothing to moderate any more')
    const after = (await read()).slots
    t.match(
      after.find(({ id }: Slot) => id === before[0]?.id),
      { status: 'cancelled' },
    )
    t.notOk(after.some(({ id }: Slot) => id === added?.id))
    t.match(
      (await anyone.get(path)).json().slots.find(({ id }: Slot) => id === before[0]?.id),
      { status: 'cancelled' },
    )
    t.ok(questions.length > 0)
  })
})
