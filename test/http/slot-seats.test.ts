import t from 'tap'
import { slotTicks } from '../../src/slots/jobs.ts'
import { countDoubleBookings } from '../../src/slots/queries-occupancy.ts'
import { testApp } from '../support/app.ts'
import { mails } from '../support/links.ts'
import { aSession, aSlot, aSpeaker, release } from '../support/speakers.ts'
import { lockWaiters } from '../support/waiters.ts'

const path = '/v1/qa-slots'
const at = (from: string, to: string) => ({ startsAt: `2021-03-24T${from}:00Z`, endsAt: `2021-03-24T${to}:00Z` })
const later = { startsAt: '2021-03-25T09:45:00Z', endsAt: '2021-03-25T10:30:00Z' }

t.test('seats', async (t) => {
  const app = await testApp(t)
  const { admin, anyone, db } = app
  const [ana, ben, cleo] = await Promise.all(['ana', 'ben', 'cleo'].map((name) => aSpeaker(app, name)))
  if (ana === undefined || ben === undefined || cleo === undefined) throw new Error('No speakers.')
  const slot = await aSlot(app, { capacity: 1 })
  const seats = `${path}/${slot.id}/speakers`
  const line = `${path}/${slot.id}/waiting-list`
  const seated = async (id = slot.id) =>
    (await admin.get(`${path}/${id}/speakers`))
      .json()
      .data.filter((one: { seated: boolean }) => one.seated)
      .map((one: { applicationId: string }) => one.applicationId)

  await t.test('before the release nobody but staff gives or learns of seats', async (t) => {
    t.equal((await ana.own.get(`${path}/${slot.id}`)).statusCode, 404)
    t.equal((await ana.own.post(seats, { applicationId: ana.id })).statusCode, 404)
    t.equal((await admin.post(seats, { applicationId: ana.id })).statusCode, 201)
    await db.updateTable('slot').set({ published_at: '2020-12-15T09:00:00Z' }).where('id', '=', slot.id).execute()
    t.same((await ana.own.get(seats)).json().data, [])
    t.equal((await ana.own.post(seats, { applicationId: ana.id })).json().code, 'not_a_speaker')
    t.equal((await ana.own.delete(`${seats}/${ana.id}`)).json().code, 'speaker_not_in_slot')
    t.same((await anyone.get(seats)).json().data, [])
    t.same(
      (await mails(app)).filter(({ subject }) => /seat/.test(subject)),
      [],
      'a mail would tell of the selection',
    )
    await admin.delete(`${seats}/${ana.id}`)
  })

  await release(app)

  await t.test('a speaker who confirmed takes a seat for itself, and for nobody else', async (t) => {
    t.equal((await ana.own.post(seats, { applicationId: ben.id })).json().code, 'application_not_found')
    const booked = await ana.own.post(seats, { applicationId: ana.id })
    t.equal(booked.statusCode, 201, booked.body)
    t.same(booked.json(), { applicationId: ana.id, seated: true, warnings: [] })
    t.equal(booked.headers.location, `${seats}/${ana.id}`)
    t.match((await mails(app))[0], {
      to: ana.email,
      subject: 'Pre-sessions 38: you have a seat',
      text: /Wednesday 24 March 2021, 10:45–11:30 \(Europe\/Zurich\), Room XXIII/,
    })
    t.match((await ana.own.get(seats)).json().data, [
      { applicationId: ana.id, seated: true, connection: 'expected', speaker: { firstName: 'ana' } },
    ])
    t.match((await ana.own.post(seats, { applicationId: ana.id })).json(), {
      code: 'slot_conflict',
      conflicts: [{ kind: 'speaker' }],
    })
  })

  await t.test('where to join is told to who takes part', async (t) => {
    await db.updateTable('slot').set({ join_url: 'https://meet.example.org/j/1' }).where('id', '=', slot.id).execute()
    t.match((await ana.own.get(`${path}/${slot.id}`)).json(), { joinUrl: 'https://meet.example.org/j/1' })
    for (const other of [
      anyone,
      ben.own,
      await aSession(app, { role: 'mission', email: 'a@mission.example', state: 'CHE' }),
    ])
      t.notOk('joinUrl' in (await other.get(`${path}/${slot.id}`)).json())
  })

  await t.test('the last seat is taken once', async (t) => {
    const refused = await ben.own.post(seats, { applicationId: ben.id })
    t.equal(refused.statusCode, 409)
    t.match(refused.json(), {
      code: 'slot_conflict',
      conflicts: [{ kind: 'seat', startsAt: '2021-03-24T09:45:00Z', endsAt: '2021-03-24T10:30:00Z', slotId: slot.id }],
    })
  })

  await t.test('a speaker is in one place at a time', async (t) => {
    const other = await aSlot(app, {
      countries: ['DNK', 'BEL'],
      room: 'B',
      startsAt: '2021-03-24T10:30:00Z',
      endsAt: '2021-03-24T11:00:00Z',
    })
    t.equal(
      (await admin.post(`${path}/${other.id}/speakers`, { applicationId: ana.id })).statusCode,
      201,
      'one after the other',
    )
    const found = await admin.get(`${path}/${other.id}`)
    const moved = await admin.patch(
      `${path}/${other.id}`,
      { startsAt: '2021-03-24T10:00:00Z', endsAt: '2021-03-24T10:20:00Z', countries: ['BEL'] },
      { 'if-match': found.headers.etag as string },
    )
    t.equal(moved.statusCode, 409)
    t.match(
      moved.json().conflicts.map(({ kind }: { kind: string }) => kind),
      ['country', 'speaker'],
    )
    // Another application of the same person is the same person.
    const twice = await aSpeaker(app, 'ana-for-denmark', { country: 'DNK', email: ana.email })
    const denmark = await aSlot(app, { countries: ['DNK'], room: 'C' })
    t.match((await admin.post(`${path}/${denmark.id}/speakers`, { applicationId: twice.id })).json(), {
      conflicts: [{ kind: 'speaker', slotId: slot.id, applicationId: ana.id }],
    })
    t.equal(
      (await admin.post(`${path}/${other.id}/speakers`, { applicationId: twice.id })).statusCode,
      201,
      'two countries of one block (R27)',
    )
    t.equal(await countDoubleBookings(db), 0)
  })

  await t.test('who waits moves up by itself, in the order of coming', async (t) => {
    t.same((await ben.own.post(line, { applicationId: ben.id })).json(), {
      applicationId: ben.id,
      position: 1,
      seated: false,
    })
    t.same((await cleo.own.post(line, { applicationId: cleo.id })).json(), {
      applicationId: cleo.id,
      position: 2,
      seated: false,
    })
    t.same((await ben.own.post(line, { applicationId: ben.id })).json(), {
      applicationId: ben.id,
      position: 1,
      seated: false,
    })
    t.same((await cleo.own.get(line)).json().data, [{ applicationId: cleo.id, position: 2, seated: false }])
    t.equal((await admin.get(line)).json().data.length, 2)
    t.equal((await ana.own.delete(`${seats}/${ana.id}`)).statusCode, 204)
    t.same(await seated(), [ben.id])
    const told = (await mails(app)).slice(0, 2)
    t.match(
      told.find(({ to }) => to === ben.email),
      { subject: 'Pre-sessions 38: a seat has become free for you' },
    )
    t.match(
      told.find(({ to }) => to === ana.email),
      { subject: 'Pre-sessions 38: you have no seat any more' },
    )
    for (const { subject, text } of told) t.notMatch(`${subject}${text}`, /Belg|ana|ben|health/i)
  })

  await t.test('who sits elsewhere at that time keeps the place in the line', async (t) => {
    const elsewhere = await aSlot(app, { countries: ['DNK', 'BEL'], room: 'D', ...later })
    const meanwhile = await aSlot(app, { countries: ['PLW'], room: 'E', ...later, capacity: 0 })
    await admin.post(`${path}/${elsewhere.id}/speakers`, { applicationId: ana.id })
    t.ok(meanwhile)
    await admin.post(line, { applicationId: ana.id })
    t.same(
      (await admin.get(line)).json().data.map((one: { applicationId: string }) => one.applicationId),
      [cleo.id, ana.id],
    )
    const found = await admin.get(`${path}/${slot.id}`)
    // Moved to a time at which ana sits elsewhere, with room for two more.
    const moved = await admin.patch(
      `${path}/${elsewhere.id}`,
      { countries: ['BEL', 'DNK'] },
      { 'if-match': (await admin.get(`${path}/${elsewhere.id}`)).headers.etag as string },
    )
    t.equal(moved.statusCode, 200)
    const more = await admin.patch(`${path}/${slot.id}`, { capacity: 2 }, { 'if-match': found.headers.etag as string })
    t.match(more.json(), { seatsTaken: 2, waiting: 1 })
    t.same((await seated()).sort(), [ben.id, cleo.id].sort())
    const less = await admin.patch(`${path}/${slot.id}`, { capacity: 1 }, { 'if-match': more.headers.etag as string })
    t.equal(less.json().code, 'capacity_too_small')
  })

  await t.test('who cannot connect frees the seat for the next one', async (t) => {
    const moderator = await aSession(app, { role: 'moderator', email: 'm@outside.example', slot_id: slot.id })
    const marked = await moderator.put(`${seats}/${ben.id}/connection`, {
      connection: 'cannotConnect',
      note: 'No line',
    })
    t.match(marked.json(), {
      applicationId: ben.id,
      seated: false,
      connection: 'cannotConnect',
      connectionNote: 'No line',
    })
    t.same((await seated()).sort(), [cleo.id, ana.id].sort())
    t.match((await ben.own.put(`${seats}/${ben.id}/connection`, { connection: 'connected' })).json(), {
      conflicts: [{ kind: 'seat' }],
    })
    await admin.delete(`${seats}/${ana.id}`)
    t.match((await ben.own.put(`${seats}/${ben.id}/connection`, { connection: 'connected' })).json(), {
      seated: true,
      connection: 'connected',
    })
    t.equal((await ben.own.put(`${seats}/${ben.id}/connection`, { connection: 'spoke' })).statusCode, 403)
    const stranger = await aSession(app, {
      role: 'moderator',
      email: 'm@other.example',
      slot_id: (await aSlot(app, { countries: ['PLW'], room: 'Z' })).id,
    })
    t.equal((await stranger.put(`${seats}/${ben.id}/connection`, { connection: 'connected' })).statusCode, 404)
  })

  await t.test('who withdraws, declines or is no longer selected loses the seat', async (t) => {
    t.equal((await ana.own.post(line, { applicationId: ana.id })).json().position, 1)
    t.equal((await cleo.own.post(`/v1/applications/${cleo.id}/withdrawal`, {})).statusCode, 200)
    await mails(app)
    t.same((await seated()).sort(), [ben.id, ana.id].sort())
    await admin.post(`/v1/applications/${ben.id}/decisions`, { decision: 'notSelected', reason: 'A mistake.' })
    await mails(app)
    t.same(await seated(), [ana.id])
    t.equal(await countDoubleBookings(db), 0)
  })

  await t.test('a slot with speakers is called off, not deleted', async (t) => {
    const found = await admin.get(`${path}/${slot.id}`)
    t.equal(
      (await admin.delete(`${path}/${slot.id}`, { 'if-match': found.headers.etag as string })).json().code,
      'slot_in_use',
    )
    t.equal(
      (
        await admin.patch(`${path}/${slot.id}`, { countries: ['PLW'] }, { 'if-match': found.headers.etag as string })
      ).json().code,
      'slot_in_use',
    )
    await admin.post(`${path}/${slot.id}/transitions`, { to: 'cancelled', reason: 'Storm' })
    t.match((await mails(app))[0], { to: ana.email, text: /Called off: Wednesday 24 March 2021/ })
    t.equal((await admin.post(seats, { applicationId: ana.id })).json().code, 'slot_closed')
  })
})

t.test('a seat that the caller may not know of', async (t) => {
  const app = await testApp(t)
  const { admin } = app
  const dora = await aSpeaker(app, 'dora')
  const forPalau = await aSpeaker(app, 'dora-for-palau', { country: 'PLW', email: dora.email })
  const office = await aSession(app, { role: 'applicant', email: 'office-dora@speakers.example' })
  await admin.post('/v1/pre-sessions/38/transitions', { to: 'callClosed' })
  const belgium = await aSlot(app, later)
  const times = { startsAt: '2021-03-25T10:00:00Z', endsAt: '2021-03-25T11:00:00Z' }
  const palau = await aSlot(app, { ...times, countries: ['PLW'], room: 'P' })
  await admin.post(`${path}/${palau.id}/speakers`, { applicationId: forPalau.id })
  await admin.post('/v1/pre-sessions/38/programme/publications', {})
  await release(app)
  const refused = async (by: typeof admin) => {
    const response = await by.post(`${path}/${belgium.id}/speakers`, { applicationId: dora.id })
    t.equal(response.statusCode, 409, response.body)
    return response.json()
  }
  const hidden = [{ kind: 'speaker', ...later }]

  await t.test('stands in the way, and tells neither its slot nor its time', async (t) => {
    for (const by of [dora.own, office]) {
      const { conflicts, detail } = await refused(by)
      t.strictSame(conflicts, hidden)
      t.notMatch(detail, /T10:00|T11:00/)
    }
    t.match((await refused(admin)).conflicts, [{ ...times, slotId: palau.id }])
  })

  await t.test('is told to its own speaker after the release, and to no other organisation', async (t) => {
    await release(app, 'PLW')
    t.strictSame((await refused(dora.own)).conflicts, [{ kind: 'speaker', ...times, slotId: palau.id }])
    t.strictSame((await refused(office)).conflicts, hidden)
  })

  await t.test('a seat that was given up is no longer on offer, also when it is taken again', async (t) => {
    const other = await aSlot(app, {
      countries: ['PLW'],
      room: 'Q',
      startsAt: '2021-03-26T10:00:00Z',
      endsAt: '2021-03-26T11:00:00Z',
    })
    const seat = { applicationId: forPalau.id }
    await admin.post(`${path}/${palau.id}/swaps`, { ...seat, wantedSlotId: other.id })
    await admin.delete(`${path}/${palau.id}/speakers/${forPalau.id}`)
    await admin.post(`${path}/${palau.id}/speakers`, seat)
    t.match((await admin.get(`${path}/${palau.id}/swaps`)).json().data, [{ status: 'withdrawn' }])
  })
})

t.test('the seat of a person who is erased goes to the next in the same moment', async (t) => {
  const app = await testApp(t)
  const { admin, db } = app
  const [ana, ben, cleo] = [await aSpeaker(app, 'ana'), await aSpeaker(app, 'ben'), await aSpeaker(app, 'cleo')]
  await release(app)
  const slot = await aSlot(app, { capacity: 1 })
  await admin.post(`${path}/${slot.id}/speakers`, { applicationId: ana.id })
  for (const { id } of [ben, cleo]) await admin.post(`${path}/${slot.id}/waiting-list`, { applicationId: id })
  const before = (await mails(app)).length
  const { id } = (await admin.post('/v1/people', { emails: [ana.email] })).json()
  const erase = (more: object) => admin.post(`/v1/people/${id}/erasure`, { reason: 'Asked for in writing.', ...more })
  const { confirmation } = (await erase({ dryRun: true })).json()
  t.equal((await mails(app)).length, before, 'a dry run tells nobody')
  const sent = await db.transaction().execute(async (tx) => {
    await tx.selectFrom('slot').select('id').where('id', '=', slot.id).forUpdate().execute()
    const erasing = erase({ confirmation }).then((answer) => answer)
    await lockWaiters(app, 1)
    const [held] = await db
      .selectFrom('application')
      .select('id')
      .where('id', '=', ana.id)
      .forUpdate()
      .skipLocked()
      .execute()
    t.ok(held, 'slots are locked before applications')
    return { erasing }
  })
  t.match((await sent.erasing).json(), { dryRun: false, counts: { applications: 1 } })
  const people = (await admin.get(`${path}/${slot.id}/speakers`)).json().data
  t.match(people, [{ applicationId: ben.id, seated: true }])
  t.match((await admin.get(`${path}/${slot.id}/waiting-list`)).json().data, [{ applicationId: cleo.id, position: 1 }])
  const places = db.selectFrom('slot_occupancy').select('application_id').where('kind', '=', 'speaker')
  t.same(await places.execute(), [{ application_id: ben.id }])
  t.match((await mails(app))[0], { to: ben.email, subject: /seat/ })
})

t.test('whoever holds several applications and a seat that goes on never wait for one another', async (t) => {
  const app = await testApp(t)
  const { admin, db } = app
  const [waiter, leaver] = [await aSpeaker(app, 'ana'), await aSpeaker(app, 'ben')]
  const slot = await aSlot(app, { capacity: 1 })
  await admin.post(`${path}/${slot.id}/speakers`, { applicationId: leaver.id })
  await admin.post(`${path}/${slot.id}/waiting-list`, { applicationId: waiter.id })
  const { leaving } = await db.transaction().execute(async (tx) => {
    const lock = ({ id }: { id: string }) =>
      tx.selectFrom('application').select('id').where('id', '=', id).forUpdate().execute()
    await lock(waiter)
    const leaving = admin.delete(`${path}/${slot.id}/speakers/${leaver.id}`).then((answer) => answer)
    await lockWaiters(app, 1)
    await lock(leaver)
    return { leaving }
  })
  t.equal((await leaving).statusCode, 204)
  t.match((await admin.get(`${path}/${slot.id}/speakers`)).json().data, [{ applicationId: waiter.id, seated: true }])
})

t.test('who can move up is asked at once, however long the line is', async (t) => {
  const app = await testApp(t)
  const { admin, statements } = app
  const slot = await aSlot(app)
  const denmark = await aSlot(app, { countries: ['DNK'], room: 'B' })
  const counts: number[] = []
  for (const name of ['ana', 'ben', 'cleo']) {
    const { id, email } = await aSpeaker(app, name)
    const other = await aSpeaker(app, `${name}-dnk`, { country: 'DNK', email })
    await admin.post(`${path}/${denmark.id}/speakers`, { applicationId: other.id })
    t.match((await admin.post(`${path}/${slot.id}/waiting-list`, { applicationId: id })).json(), { seated: false })
    statements.take()
    t.equal((await admin.patch(`${path}/${slot.id}`, { title: name }, { 'if-match': '*' })).statusCode, 200)
    counts.push(statements.take().length)
  }
  t.same(counts, [counts[0], counts[0], counts[0]])
})

t.test('a speaker who was prevented leaves like one who withdrew, to everybody', async (t) => {
  const app = await testApp(t)
  const { admin, db } = app
  const consents = ['shareWithPanellists', 'shareWithMissions', 'showNameInProgramme']
  const mission = await aSession(app, { role: 'mission', email: 'a@mission.example', state: 'CHE' })
  /** Two slots of a country: who leaves sits in the first, with somebody beside it, somebody who waits and one who wants to swap. */
  const scene = async (country: string, room: string) => {
    const person = (name: string) => aSpeaker(app, `${name}-${country.toLowerCase()}`, { country, consents })
    const [leaver, panel] = [await person('leaver'), await person('panel')]
    const [waiter, partner] = [await person('waiter'), await person('partner')]
    await release(app, country)
    const slot = await aSlot(app, { countries: [country], room, capacity: 2 })
    const wanted = await aSlot(app, { countries: [country], room, ...at('14:00', '14:30') })
    const free = await aSlot(app, { countries: [country], room, ...at('16:00', '16:30') })
    for (const { id } of [slot, wanted])
      await db.updateTable('slot').set({ published_at: '2020-12-15T09:00:00Z' }).where('id', '=', id).execute()
    for (const { id } of [leaver, panel]) await admin.post(`${path}/${slot.id}/speakers`, { applicationId: id })
    await admin.post(`${path}/${wanted.id}/speakers`, { applicationId: partner.id })
    await admin.post(`${path}/${slot.id}/waiting-list`, { applicationId: waiter.id })
    const offer = { applicationId: leaver.id, wantedSlotId: wanted.id }
    const swap = (await leaver.own.post(`${path}/${slot.id}/swaps`, offer)).json()
    const moderator = await aSession(app, {
      role: 'moderator',
      email: `m-${country}@outside.example`,
      slot_id: slot.id,
    })
    const names = Object.entries({ leaver, panel, waiter, partner, slot, wanted, swap })
    const told = (text: string) =>
      names
        .reduce((all, [name, { id }]) => all.replaceAll(id, name), text)
        .replaceAll(new RegExp(`\\b${country}\\b`, 'gi'), 'COUNTRY')
        .replaceAll(/"(requestId|settledAt|offeredAt|updatedAt)":"[^"]+"/g, '')
        .replaceAll(room, 'ROOM')
    const reads = async () => {
      const answers: string[] = []
      for (const [who, as] of Object.entries({
        mission,
        moderator,
        panel: panel.own,
        waiter: waiter.own,
        partner: partner.own,
        anyone: app.anyone,
      }))
        for (const at of ['', '/speakers', '/waiting-list', '/swaps', '/questions'])
          for (const { id } of [slot, wanted]) {
            const { statusCode, body, headers } = await as.get(`${path}/${id}${at}`)
            answers.push(told(`${who} ${id}${at} ${statusCode} ${body} ${'etag' in headers}`))
          }
      return answers
    }
    const seen = async () => {
      const answers = await reads()
      const accept = { to: 'accepted', applicationId: partner.id }
      const refused = await partner.own.post(`${path}/${slot.id}/swaps/${swap.id}/transitions`, accept)
      answers.push(told(`swap ${refused.statusCode} ${refused.body}`))
      const connected = await moderator.put(`${path}/${slot.id}/speakers/${leaver.id}/connection`, {
        connection: 'connected',
      })
      answers.push(told(`connection ${connected.statusCode} ${connected.body}`))
      return answers
    }
    return { leaver, waiter, slot, free, reads, seen }
  }
  const [one, other] = [await scene('BEL', 'North'), await scene('DNK', 'South')]
  t.same(await one.reads(), await other.reads())
  const before = await mails(app)
  await admin.post(`/v1/applications/${one.leaver.id}/transitions`, { to: 'prevented', reason: 'Stopped.' })
  await admin.post(`/v1/applications/${other.leaver.id}/withdrawal`, {})
  t.same(await one.seen(), await other.seen(), 'at once')
  const after = (await mails(app)).slice(0, -before.length)
  t.same(await one.seen(), await other.seen(), 'and when the seat is the next one’s')
  t.same(after.map(({ to }) => to).sort(), [one.waiter.email, other.waiter.email].sort(), 'nobody else is told')
  t.equal(new Set(after.map(({ text }) => text.replaceAll(/North|South/g, ''))).size, 1)

  const { own, id } = one.leaver
  t.notOk('joinUrl' in (await own.get(`${path}/${one.slot.id}`)).json())
  t.equal((await own.get(`${path}/${one.free.id}`)).statusCode, 200, 'for its applicant the application goes on')
  for (const list of ['speakers', 'waiting-list']) {
    const refused = (await own.post(`${path}/${one.free.id}/${list}`, { applicationId: id })).json()
    t.match(refused, { code: 'slot_conflict', conflicts: [{ kind: 'seat' }] }, `${list}: as if every seat were taken`)
  }
})

t.test('nobody speaks for a country that left the round', async (t) => {
  const app = await testApp(t)
  const { admin, db, deps } = app
  const [ana, ben] = [await aSpeaker(app, 'ana'), await aSpeaker(app, 'ben')]
  await release(app)
  const slot = await aSlot(app, { countries: ['BEL', 'DNK'], capacity: 1 })
  const wanted = await aSlot(app, { room: 'B', ...at('14:00', '14:30') })
  const empty = await aSlot(app, { room: 'C', ...at('16:00', '16:30') })
  const seats = (id: string) => `${path}/${id}/speakers`
  await admin.post(seats(slot.id), { applicationId: ana.id })
  await admin.post(seats(wanted.id), { applicationId: ben.id })
  await admin.post(`${path}/${slot.id}/waiting-list`, { applicationId: ben.id })
  const offer = { applicationId: ana.id, wantedSlotId: wanted.id }
  const { id } = (await ana.own.post(`${path}/${slot.id}/swaps`, offer)).json()
  await db.updateTable('country_under_review').set({ status: 'withdrawn' }).where('iso3', '=', 'BEL').execute()
  for (const who of [admin, ana.own])
    for (const list of ['speakers', 'waiting-list'])
      t.equal(
        (await who.post(`${path}/${empty.id}/${list}`, { applicationId: ana.id })).json().code,
        'not_a_speaker',
        list,
      )
  const accepted = ben.own.post(`${path}/${slot.id}/swaps/${id}/transitions`, { to: 'accepted', applicationId: ben.id })
  t.equal((await accepted).json().code, 'speaker_not_in_slot')
  t.equal((await ana.own.post(`${path}/${slot.id}/swaps`, offer)).json().code, 'speaker_not_in_slot')
  for (const { run } of slotTicks(deps)) await run()
  t.same((await admin.get(seats(slot.id))).json().data, [], 'the tick takes them out of what is not over')
  t.same((await admin.get(`${path}/${slot.id}/waiting-list`)).json().data, [])
})

t.test('a session for one country is blind for the other countries of the same person', async (t) => {
  const app = await testApp(t)
  const { admin } = app
  const belgium = await aSpeaker(app, 'ana')
  const denmark = await aSpeaker(app, 'ana-dnk', { country: 'DNK', email: belgium.email })
  const ben = await aSpeaker(app, 'ben', { country: 'DNK', consents: ['shareWithPanellists'] })
  await release(app)
  await release(app, 'DNK')
  const joinUrl = 'https://meet.example.org/j/1'
  const own = await aSlot(app, { countries: ['BEL'], joinUrl })
  const other = await aSlot(app, { countries: ['DNK'], room: 'B', joinUrl, ...at('14:00', '14:30') })
  const both = await aSlot(app, { countries: ['BEL', 'DNK'], room: 'C', joinUrl, ...at('15:00', '15:30') })
  const last = await aSlot(app, { countries: ['DNK', 'BEL'], room: 'D', ...at('16:00', '16:30') })
  for (const slot of [other, both])
    for (const { id } of [denmark, ben])
      t.equal((await admin.post(`${path}/${slot.id}/speakers`, { applicationId: id })).statusCode, 201)
  const session = await aSession(app, { role: 'applicant', email: belgium.email, country: 'BEL' })
  const listed = async (who: typeof session) =>
    (await who.get(path)).json().data.map(({ id }: { id: string }) => id).length
  t.equal(await listed(belgium.own), 4)
  t.equal(await listed(session), 3)
  t.ok('joinUrl' in (await belgium.own.get(`${path}/${other.id}`)).json())
  t.equal((await session.get(`${path}/${other.id}`)).json().code, 'slot_not_found')
  t.notOk('joinUrl' in (await session.get(`${path}/${both.id}`)).json(), 'nobody sits there for Belgium')
  t.same((await session.get(`${path}/${both.id}/speakers`)).json().data, [])
  t.equal((await belgium.own.get(`${path}/${both.id}/speakers`)).json().data.length, 2)
  const act = { applicationId: denmark.id }
  t.equal((await session.post(`${path}/${last.id}/speakers`, act)).json().code, 'application_not_found')
  t.equal((await session.delete(`${path}/${both.id}/speakers/${denmark.id}`)).json().code, 'application_not_found')
  t.match(
    (await session.get(`${path}/${both.id}/questions`)).statusCode,
    404,
    'no audience of a slot that is not published',
  )
  const taken = (await session.post(`${path}/${both.id}/speakers`, { applicationId: belgium.id })).statusCode
  t.equal(taken, 201, 'one person may speak for two countries of one block')
  t.equal((await session.get(`${path}/${both.id}/speakers`)).json().data.length, 1)
  const early = await aSlot(app, { countries: ['BEL'], room: 'E', ...at('14:10', '14:40') })
  const refused = (await session.post(`${path}/${early.id}/speakers`, { applicationId: belgium.id })).json()
  t.match(refused, { code: 'slot_conflict', conflicts: [{ kind: 'speaker', startsAt: '2021-03-24T14:10:00Z' }] })
  t.notOk('slotId' in refused.conflicts[0])
  t.ok(own.id)
})

t.test('a speaker with another address is guarded by that', async (t) => {
  const app = await testApp(t)
  const ana = await aSpeaker(app, 'ana')
  const twin = await aSpeaker(app, 'twin', { country: 'DNK' })
  const slot = await aSlot(app)
  const other = await aSlot(app, { countries: ['DNK'], room: 'B' })
  await app.admin.post(`${path}/${slot.id}/speakers`, { applicationId: ana.id })
  const found = await app.admin.get(`/v1/applications/${ana.id}`)
  const changed = await app.admin.patch(
    `/v1/applications/${ana.id}`,
    { speaker: { email: twin.email } },
    { 'if-match': found.headers.etag as string },
  )
  t.equal(changed.statusCode, 200, changed.body)
  await slotTicks(app.deps)[0]?.run()
  t.match((await app.admin.post(`${path}/${other.id}/speakers`, { applicationId: twin.id })).json(), {
    conflicts: [{ kind: 'speaker', slotId: slot.id }],
  })
})

t.test('what a speaker says of its times', async (t) => {
  const app = await testApp(t)
  const dan = await aSpeaker(app, 'dan', { timeZone: 'Pacific/Apia' })
  const other = await aSpeaker(app, 'eva')
  const at = `/v1/applications/${dan.id}/availability`
  t.same((await dan.own.get(at)).json(), { timeZone: null, windows: null, statedAt: null })
  const window = (from: string, to: string) => ({ startsAt: `2021-03-24T${from}:00Z`, endsAt: `2021-03-24T${to}:00Z` })
  const stated = await dan.own.put(at, {
    timeZone: 'Pacific/Apia',
    windows: [window('19:00', '21:00'), window('18:00', '19:30'), window('06:00', '07:00')],
  })
  t.match(stated.json(), { timeZone: 'Pacific/Apia', windows: [window('06:00', '07:00'), window('18:00', '21:00')] })
  t.same((await app.admin.get(at)).json(), stated.json())
  t.equal((await other.own.get(at)).statusCode, 404)
  t.equal((await other.own.put(at, { windows: [] })).statusCode, 404)
  t.match((await dan.own.put(at, { timeZone: 'CET', windows: [window('07:00', '06:00')] })).json().errors, [
    { pointer: '/timeZone' },
    { pointer: '/windows/0/endsAt', code: 'not_after_start' },
  ])
  const slot = await aSlot(app)
  const booked = (await app.admin.post(`${path}/${slot.id}/speakers`, { applicationId: dan.id })).json()
  t.match(booked.warnings, [
    { code: 'speakerUnavailable' },
    { code: 'speakerAtNight', message: 'For the speaker it is from 23:45 to 00:30 (Pacific/Apia).' },
  ])
  const seats = `${path}/${slot.id}/speakers`
  t.match((await app.admin.get(seats)).json().data, [
    {
      inTimeZone: {
        timeZone: 'Pacific/Apia',
        starts: { local: '2021-03-24T23:45', weekday: 'wednesday', offset: '+14:00' },
        ends: { local: '2021-03-25T00:30', weekday: 'thursday' },
      },
    },
  ])
  await release(app)
  const own = (await dan.own.get(seats)).json().data
  t.match(own, [{ applicationId: dan.id }])
  t.notOk('inTimeZone' in own[0], 'for staff')
})
