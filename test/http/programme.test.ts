import t from 'tap'
import { Temporal } from 'temporal-polyfill'
import { testApp } from '../support/app.ts'
import { faultsOfText, readWithIcalJs, readWithNodeIcal } from '../support/calendars.ts'
import { aSession, aSlot, aSpeaker, release } from '../support/speakers.ts'

const programme = '/v1/pre-sessions/38/programme'

t.test('programme', async (t) => {
  const { admin, anyone, clock, db } = await testApp(t)
  const make = async (kind: 'screenings' | 'qa-slots', startsAt: string, endsAt: string, more: object = {}) => {
    const slot = { preSession: 38, countries: ['BEL'], startsAt, endsAt, room: 'Room XXIII', ...more }
    const made = await admin.post(`/v1/${kind}`, slot)
    t.equal(made.statusCode, 201, made.body)
    return made.json().id as string
  }
  const publish = (body: object = {}) => admin.post(`${programme}/publications`, body)
  const read = async () => (await anyone.get(programme)).json()
  const patch = async (id: string, change: object) => {
    const etag = (await admin.get(`/v1/qa-slots/${id}`)).headers.etag as string
    return admin.patch(`/v1/qa-slots/${id}`, change, { 'if-match': etag })
  }

  await t.test('before the call has closed there is none', async (t) => {
    t.same(await read(), { preSession: 38, timeZone: 'Europe/Zurich', version: null, publishedAt: null, slots: [] })
    t.equal((await publish()).json().code, 'no_programme_now')
    t.equal((await anyone.get('/v1/pre-sessions/77/programme')).statusCode, 404)
    await admin.post('/v1/pre-sessions/38/transitions', { to: 'callClosed' })
    t.equal((await publish()).json().code, 'programme_unchanged')
  })

  const screening = await make('screenings', '2021-03-24T09:00:00Z', '2021-03-24T09:30:00Z')
  const questions = await make('qa-slots', '2021-03-24T09:30:00Z', '2021-03-24T10:15:00Z', {
    joinUrl: 'https://meet.example.org/j/secret',
    title: 'Questions; commas, and "quotes" – Ελλάδα 🎙 a title that is long enough to be folded twice',
  })

  await t.test('only the secretariat sees what is not published', async (t) => {
    t.same((await read()).slots, [])
    const staff = (await admin.get(programme)).json()
    t.match(staff, { frame: null, breaches: [], changes: [{ change: 'added' }, { change: 'added' }] })
    t.same(
      staff.slots.map(({ id }: { id: string }) => id),
      [screening, questions],
    )
  })

  await t.test('a broken rule keeps it from being published, unless it is named', async (t) => {
    await patch(questions, { startsAt: '2021-03-24T08:00:00Z', endsAt: '2021-03-24T08:15:00Z' })
    const refused = await publish()
    t.equal(refused.statusCode, 409)
    t.match(refused.json(), {
      code: 'programme_breaks_rules',
      errors: [{ code: 'slot_length' }, { code: 'qa_before_screening' }],
    })
    t.equal((await publish({ allow: ['slot_length'] })).statusCode, 409)
    await patch(questions, { startsAt: '2021-03-24T09:30:00Z', endsAt: '2021-03-24T10:15:00Z' })
  })

  await t.test('a country that left the round is in no published programme', async (t) => {
    const country = (status: 'withdrawn' | 'candidate') =>
      db.updateTable('country_under_review').set({ status }).where('iso3', '=', 'BEL').execute()
    await country('withdrawn')
    t.match((await admin.get(programme)).json().breaches, [
      { code: 'country_withdrawn', slotIds: [screening] },
      { code: 'country_withdrawn', slotIds: [questions] },
    ])
    const refused = await publish({ allow: ['country_withdrawn'] })
    t.match(refused.json(), { code: 'programme_breaks_rules', errors: [{ code: 'country_withdrawn' }, {}] })
    await country('candidate')
  })

  await t.test('a version makes it known, without who speaks and where to join', async (t) => {
    const made = await publish({ note: 'First programme' })
    t.equal(made.statusCode, 201, made.body)
    t.equal(made.headers.location, `${programme}/publications/1`)
    t.match(made.json(), { number: 1, note: 'First programme', changes: [{ change: 'added' }, { change: 'added' }] })
    const view = await read()
    t.match(view, { version: 1, publishedAt: made.json().publishedAt })
    t.same(Object.keys(view.slots[1]).sort(), [
      'atRound',
      'countries',
      'endsAt',
      'id',
      'kind',
      'preSession',
      'room',
      'startsAt',
      'status',
      'title',
    ])
    t.same(view.slots[0].atRound, {
      timeZone: 'Europe/Zurich',
      starts: { local: '2021-03-24T10:00', weekday: 'wednesday', offset: '+01:00' },
      ends: { local: '2021-03-24T10:30', weekday: 'wednesday', offset: '+01:00' },
    })
    t.notMatch(JSON.stringify(view), 'meet.example.org')
    t.match((await anyone.get(`${programme}/publications/1`)).json().slots, [{ id: screening }, { id: questions }])
    t.equal((await anyone.get(`${programme}/publications/2`)).json().code, 'programme_version_not_found')
    t.equal((await publish()).json().code, 'programme_unchanged')
  })

  await t.test('every slot is told by the clocks of any place', async (t) => {
    const inZone = async (timeZone: string) =>
      (await anyone.get(`${programme}?timeZone=${timeZone}`)).json().slots[0].inTimeZone.starts
    t.same(await inZone('Pacific/Apia'), { local: '2021-03-24T23:00', weekday: 'wednesday', offset: '+14:00' })
    t.same(await inZone('America/New_York'), { local: '2021-03-24T05:00', weekday: 'wednesday', offset: '-04:00' })
    t.same(await inZone('UTC'), { local: '2021-03-24T09:00', weekday: 'wednesday', offset: '+00:00' })
    const refused = await anyone.get(`${programme}?timeZone=CET`)
    t.match(refused.json(), { code: 'invalid_request', errors: [{ pointer: '/query/timeZone' }] })
    t.equal((await anyone.get(`${programme}.ics?timeZone=EST`)).statusCode, 400)
  })

  await t.test('an unchanged programme is not sent again', async (t) => {
    for (const address of [programme, `${programme}.ics`, `${programme}/publications/1`]) {
      const etag = (await anyone.get(address)).headers.etag as string
      const again = await anyone.get(address, { 'if-none-match': etag })
      t.equal(again.statusCode, 304, address)
      t.equal(again.body, '')
    }
  })

  await t.test('what is hidden changes nothing that everybody gets', async (t) => {
    const etags = async () =>
      Promise.all([programme, `${programme}.ics`].map(async (one) => (await anyone.get(one)).headers.etag))
    const before = await etags()
    clock.set('2020-12-20T10:00:00Z')
    await patch(questions, { capacity: 7, joinUrl: 'https://meet.example.org/j/other' })
    t.same(await etags(), before)
  })

  await t.test('a change reaches calendars that are subscribed to', async (t) => {
    const entries = async () => {
      const response = await anyone.get(`${programme}.ics`)
      t.equal(response.headers['content-type'], 'text/calendar; charset=utf-8')
      t.same(faultsOfText(response.body), [])
      t.notMatch(response.body, 'meet.example.org')
      const read = readWithIcalJs(response.body)
      t.same(readWithNodeIcal(response.body), read, 'two parsers agree')
      return Object.fromEntries(read.map((entry) => [entry.uid, entry]))
    }
    const uid = `slot-${questions}@upr-info.org`
    const first = (await entries())[uid]
    t.match(first, {
      start: '2021-03-24T09:30:00Z',
      end: '2021-03-24T10:15:00Z',
      status: 'CONFIRMED',
      location: 'Room XXIII',
      summary: 'Questions; commas, and "quotes" – Ελλάδα 🎙 a title that is long enough to be folded twice (Belgium)',
    })
    clock.set('2020-12-21T10:00:00Z')
    await patch(questions, { startsAt: '2021-03-24T14:00:00Z', endsAt: '2021-03-24T14:45:00Z' })
    const moved = (await entries())[uid]
    t.match(moved, { start: '2021-03-24T14:00:00Z', end: '2021-03-24T14:45:00Z' })
    t.ok((moved?.sequence ?? 0) > (first?.sequence ?? 0))
    await admin.post(`/v1/qa-slots/${questions}/transitions`, { to: 'cancelled', reason: 'No interpreters' })
    const cancelled = (await entries())[uid]
    t.match(cancelled, { start: '2021-03-24T14:00:00Z', status: 'CANCELLED' })
    t.ok((cancelled?.sequence ?? 0) > (moved?.sequence ?? 0))
    t.match((await read()).slots, [{ id: screening }, { id: questions, status: 'cancelled' }])
  })

  await t.test('the next version tells what changed', async (t) => {
    t.match((await admin.get(programme)).json().changes, [{ slotId: questions, change: 'cancelled' }])
    await admin.post(`/v1/qa-slots/${questions}/transitions`, { to: 'planned' })
    const made = await publish()
    t.match(made.json(), {
      number: 2,
      changes: [
        {
          slotId: questions,
          change: 'changed',
          fields: [
            { field: 'startsAt', from: '2021-03-24T09:30:00Z', to: '2021-03-24T14:00:00Z' },
            { field: 'endsAt', from: '2021-03-24T10:15:00Z', to: '2021-03-24T14:45:00Z' },
          ],
        },
      ],
    })
    const page = (await anyone.get(`${programme}/publications?limit=1`)).json()
    t.match(page.data, [{ number: 2 }])
    const next = await anyone.get(`${programme}/publications?limit=1&cursor=${page.nextCursor}`)
    t.match(next.json(), { data: [{ number: 1 }], nextCursor: null })
    t.notOk('slots' in page.data[0])
  })

  await t.test('a round that is called off takes its entries out of the calendars', async (t) => {
    const statuses = async () =>
      readWithIcalJs((await anyone.get(`${programme}.ics`)).body).map(({ status, sequence }) => ({ status, sequence }))
    const [before] = await statuses()
    await admin.post('/v1/pre-sessions/38/transitions', { to: 'postponed', reason: 'The session was put off' })
    const [postponed] = await statuses()
    t.equal(postponed?.status, 'TENTATIVE')
    await admin.post('/v1/pre-sessions/38/transitions', { to: 'cancelled', reason: 'It will not take place' })
    const [cancelled] = await statuses()
    t.equal(cancelled?.status, 'CANCELLED')
    t.ok((before?.sequence ?? 0) < (postponed?.sequence ?? 0))
    t.ok((postponed?.sequence ?? 0) < (cancelled?.sequence ?? 0))
    t.equal((await publish()).json().code, 'no_programme_now')
  })
})

t.test(
  'the mission of a State under review sees of its own country what the public sees, until the release',
  async (t) => {
    const app = await testApp(t)
    const { admin, anyone, db } = app
    await admin.post('/v1/pre-sessions/38/transitions', { to: 'callClosed' })
    const at = {
      startsAt: '2021-03-24T09:30:00Z',
      endsAt: '2021-03-24T10:15:00Z',
      joinUrl: 'https://meet.example.org/j/1',
    }
    const slot = await aSlot(app, at)
    await aSlot(app, { startsAt: '2021-03-24T09:00:00Z', endsAt: '2021-03-24T09:30:00Z' }, '/v1/screenings')
    await admin.post(`${programme}/publications`, {})
    const speaker = await aSpeaker(app, 'ines', { consents: ['showNameInProgramme', 'shareWithMissions'] })
    const seated = await admin.post(`/v1/qa-slots/${slot.id}/speakers`, { applicationId: speaker.id })
    t.equal(seated.statusCode, 201)
    const email = 'upr@belgium.example'
    await db
      .insertInto('mission_registration')
      .values({
        pre_session: 38,
        state: 'BEL',
        name: 'A',
        email,
        position: null,
        registered_at: '2020-12-15T10:00:00Z',
        registered_by: 'test',
        cancelled_at: null,
      })
      .execute()
    const mission = await aSession(app, { role: 'mission', email, state: 'BEL' })
    const addresses = [programme, `${programme}.ics`, `${programme}/publications`, `${programme}/publications/1`]
    for (const address of addresses) {
      const [own, open] = [await mission.get(address), await anyone.get(address)]
      t.equal(own.statusCode, 200, address)
      t.equal(own.body, open.body, address)
      t.equal(own.headers.etag, open.headers.etag, address)
    }
    await release(app)
    t.match((await mission.get(programme)).body, 'meet.example.org')
    t.notMatch((await anyone.get(programme)).body, 'meet.example.org')
    t.match((await speaker.own.get(programme)).body, 'meet.example.org')
  },
)

t.test('two weeks in which clocks change on different days are right to the minute everywhere', async (t) => {
  const { admin, anyone } = await testApp(t)
  await admin.post('/v1/pre-sessions/38/transitions', { to: 'callClosed' })
  await admin.patch('/v1/pre-sessions/38', { dates: { start: '2021-03-13', end: '2021-03-29' } }, { 'if-match': '*' })
  // The hour in which clocks in Asunción show everything twice begins on 28 March at 03:00 UTC.
  const hours = [0, 1, 2, 3, 5, 6, 7, 9, 13, 22]
  const days = Array.from({ length: 15 }, (_, day) => `2021-03-${14 + day}`)
  for (const day of days) {
    for (const hour of day >= '2021-03-27' || day === '2021-03-14' ? hours : hours.slice(7)) {
      const at = Temporal.Instant.from(`${day}T${String(hour).padStart(2, '0')}:00:00Z`).add({
        minutes: (hour * 7) % 40,
      })
      const made = await admin.post('/v1/qa-slots', {
        preSession: 38,
        countries: ['BEL'],
        room: 'Online',
        startsAt: at.toString(),
        endsAt: at.add({ minutes: 20 }).toString(),
      })
      t.equal(made.statusCode, 201, made.body)
    }
  }
  t.equal((await admin.post(`${programme}/publications`, {})).statusCode, 201)
  for (const timeZone of ['Europe/Zurich', 'America/New_York', 'Pacific/Apia', 'Asia/Kathmandu', 'America/Asuncion']) {
    const { slots } = (await anyone.get(`${programme}?timeZone=${timeZone}`)).json()
    const expected = slots.map(({ startsAt, endsAt }: { startsAt: string; endsAt: string }) => ({ startsAt, endsAt }))
    const zoned = (at: string) => Temporal.Instant.from(at).toZonedDateTimeISO(timeZone)
    for (const { startsAt, inTimeZone } of slots) {
      const there = zoned(startsAt)
      t.equal(inTimeZone.starts.local, there.toPlainDateTime().toString({ smallestUnit: 'minute' }), timeZone)
      t.equal(inTimeZone.starts.offset, there.offset)
    }
    const { body } = await anyone.get(`${programme}.ics?timeZone=${timeZone}`)
    t.same(faultsOfText(body), [])
    const inOrder = (entries: { start: string; end: string }[]) =>
      entries
        .map(({ start, end }) => ({ startsAt: start, endsAt: end }))
        .sort((a, b) => a.startsAt.localeCompare(b.startsAt))
    t.same(inOrder(readWithIcalJs(body)), expected, `ical.js in ${timeZone}`)
    t.same(inOrder(readWithNodeIcal(body)), expected, `node-ical in ${timeZone}`)
    t.match(body, `TZID:${timeZone}`)
  }
})
