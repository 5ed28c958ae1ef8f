import t from 'tap'
import { lifecycles } from '../../src/domain/lifecycles.ts'
import { countDoubleBookings } from '../../src/slots/queries-occupancy.ts'
import { testApp } from '../support/app.ts'

const path = '/v1/qa-slots'

const aSlot = (more: Record<string, unknown> = {}) => ({
  preSession: 38,
  countries: ['BEL', 'DNK'],
  startsAt: '2021-03-24T09:45:00Z',
  endsAt: '2021-03-24T10:30:00Z',
  room: 'Room XXIII',
  ...more,
})

t.test('slots', async (t) => {
  const { admin, anyone, db } = await testApp(t)
  const made = await admin.post(path, aSlot({ capacity: 3, joinUrl: 'https://meet.example.org/j/1' }))
  t.equal(made.statusCode, 201, made.body)
  const slot = made.json()

  await t.test('a slot is made with its countries and its room', async (t) => {
    t.match(slot, {
      kind: 'qa',
      countries: ['BEL', 'DNK'],
      startsAt: '2021-03-24T09:45:00Z',
      room: 'Room XXIII',
      capacity: 3,
      seatsTaken: 0,
      status: 'planned',
      revision: 1,
      publishedAt: null,
      warnings: [],
    })
    t.equal(made.headers.location, `${path}/${slot.id}`)
    t.same((await admin.get(`${path}/${slot.id}`)).json(), slot)
    t.equal((await admin.get(`/v1/screenings/${slot.id}`)).statusCode, 404, 'the other kind does not have it')
  })

  await t.test('nobody outside knows of it before it is published', async (t) => {
    const unknown = await anyone.get(`${path}/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10`)
    const hidden = await anyone.get(`${path}/${slot.id}`)
    t.equal(hidden.statusCode, 404)
    const shape = ({ instance: _, requestId: __, ...problem }: Record<string, unknown>) => problem
    t.same(shape(hidden.json()), shape(unknown.json()))
    t.same((await anyone.get(`${path}?preSession=38`)).json().data, [])
    await db.updateTable('slot').set({ published_at: '2020-12-15T09:00:00Z' }).where('id', '=', slot.id).execute()
    const seen = (await anyone.get(`${path}/${slot.id}`)).json()
    t.same(Object.keys(seen).sort(), ['countries', 'endsAt', 'id', 'kind', 'preSession', 'room', 'startsAt', 'status'])
    await db.updateTable('slot').set({ published_at: null }).where('id', '=', slot.id).execute()
  })

  await t.test('a room and a country are in one place at a time, whatever the kind', async (t) => {
    const room = await admin.post(
      '/v1/screenings',
      aSlot({
        countries: ['PLW'],
        room: ' room  xxiii',
        startsAt: '2021-03-24T10:29:00Z',
        endsAt: '2021-03-24T11:00:00Z',
      }),
    )
    t.equal(room.statusCode, 409, room.body)
    t.match(room.json(), {
      code: 'slot_conflict',
      conflicts: [{ kind: 'room', startsAt: '2021-03-24T09:45:00Z', endsAt: '2021-03-24T10:30:00Z', slotId: slot.id }],
    })
    const country = await admin.post('/v1/screenings', aSlot({ countries: ['DNK', 'PLW'], room: 'B' }))
    t.match(country.json(), {
      code: 'slot_conflict',
      conflicts: [{ kind: 'country', country: 'DNK', slotId: slot.id }],
      detail: /^DNK is taken/,
    })
    const beside = await admin.post(
      '/v1/screenings',
      aSlot({ startsAt: '2021-03-24T10:30:00Z', endsAt: '2021-03-24T11:00:00Z' }),
    )
    t.equal(beside.statusCode, 201, 'what begins when another ends is beside it')
    t.equal(await countDoubleBookings(db), 0)
  })

  await t.test('a move takes the new place or changes nothing', async (t) => {
    const etag = (await admin.get(`${path}/${slot.id}`)).headers.etag as string
    t.equal((await admin.patch(`${path}/${slot.id}`, { room: 'C' })).statusCode, 428)
    const refused = await admin.patch(`${path}/${slot.id}`, { endsAt: '2021-03-24T10:45:00Z' }, { 'if-match': etag })
    t.equal(refused.statusCode, 409, refused.body)
    const moved = await admin.patch(
      `${path}/${slot.id}`,
      { startsAt: '2021-03-24T09:30:00Z', endsAt: '2021-03-24T10:15:00Z', title: 'Morning' },
      { 'if-match': etag },
    )
    t.match(moved.json(), { startsAt: '2021-03-24T09:30:00Z', title: 'Morning', revision: 2 })
    t.equal((await admin.patch(`${path}/${slot.id}`, { room: 'C' }, { 'if-match': etag })).statusCode, 412)
    const free = await admin.post(
      path,
      aSlot({ countries: ['PLW'], startsAt: '2021-03-24T10:15:00Z', endsAt: '2021-03-24T10:30:00Z' }),
    )
    t.equal(free.statusCode, 201, 'the old place is free')
    t.match(free.json().warnings, [{ code: 'length' }])
    t.equal(
      (await admin.delete(`${path}/${free.json().id}`, { 'if-match': free.headers.etag as string })).statusCode,
      204,
    )
  })

  await t.test('a slot goes its way and can be called off and reinstated', async (t) => {
    const move = (to: string, reason?: string) =>
      admin.post(`${path}/${slot.id}/transitions`, { to, ...(reason && { reason }) })
    t.equal((await move('ended')).json().code, 'illegal_transition')
    t.equal((await move('cancelled')).statusCode, 400, 'with a reason alone')
    t.match((await move('cancelled', 'No interpreters')).json(), { status: 'cancelled' })
    const taker = await admin.post(path, aSlot({ startsAt: '2021-03-24T09:45:00Z', endsAt: '2021-03-24T10:00:00Z' }))
    t.equal(taker.statusCode, 201, 'its place is free')
    t.match((await move('planned')).json(), { code: 'slot_conflict' })
    t.match((await admin.get(`${path}/${slot.id}`)).json(), { status: 'cancelled' })
    await admin.delete(`${path}/${taker.json().id}`, { 'if-match': taker.headers.etag as string })
    const withdraw = (status: string) =>
      db
        .updateTable('country_under_review')
        .set({ status: status as 'held' })
        .where('iso3', '=', 'DNK')
        .execute()
    await withdraw('withdrawn')
    t.match((await move('planned')).json(), { code: 'slot_closed', detail: /DNK/ }, 'its country left the round')
    await withdraw('candidate')
    for (const to of ['planned', 'open', 'live', 'ended']) t.match((await move(to)).json(), { status: to }, to)
    t.ok(lifecycles.slot)
  })

  await t.test('what cannot be is told with pointers', async (t) => {
    const faults = async (more: Record<string, unknown>) => (await admin.post(path, aSlot(more))).json().errors
    t.match(await faults({ endsAt: '2021-03-24T09:45:00Z' }), [{ pointer: '/endsAt', code: 'not_after_start' }])
    t.match(await faults({ endsAt: '2021-03-26T09:45:00Z' }), [{ pointer: '/endsAt', code: 'too_long' }])
    t.match(await faults({ countries: ['BEL', 'CHE'] }), [{ pointer: '/countries/1', code: 'unknown_country' }])
    t.match(await faults({ countries: ['BEL', 'bel'] }), [{ pointer: '/countries/1', code: 'twice' }])
    t.match(await faults({ preSession: 77 }), [{ pointer: '/preSession', code: 'unknown_pre_session' }])
    t.match(await faults({ startsAt: '2021-03-24T09:45:60Z' }), [{ pointer: '/startsAt', code: 'wrong_format' }])
    t.match(await faults({ joinUrl: 'http://meet.example.org' }), [{ pointer: '/joinUrl' }])
  })

  await t.test('the list is in the order of time and can be narrowed', async (t) => {
    const list = (await admin.get(`${path}?preSession=38&country=bel&limit=1`)).json()
    t.equal(list.data.length, 1)
    t.same((await admin.get('/v1/screenings?from=2021-03-24T11:00:00Z')).json().data, [])
    t.equal((await admin.get('/v1/screenings?room=room%20xxiii&until=2021-03-24T10:31:00Z')).json().data.length, 1)
  })
})
