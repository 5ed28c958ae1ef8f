import t from 'tap'
import { countDoubleBookings } from '../../src/slots/queries-occupancy.ts'
import { testApp } from '../support/app.ts'
import { mails } from '../support/links.ts'
import { aSession, aSlot, aSpeaker, release } from '../support/speakers.ts'
import { lockWaiters } from '../support/waiters.ts'

const path = '/v1/qa-slots'
const day = (from: string, to: string) => ({ startsAt: `2021-03-24T${from}:00Z`, endsAt: `2021-03-24T${to}:00Z` })

t.test('swaps', async (t) => {
  const app = await testApp(t)
  const { admin, db } = app
  const [ana, ben, cleo] = [
    await aSpeaker(app, 'ana'),
    await aSpeaker(app, 'ben'),
    await aSpeaker(app, 'cleo', { country: 'DNK' }),
  ]
  await release(app)
  await release(app, 'DNK')
  const early = await aSlot(app, { capacity: 1, countries: ['BEL', 'DNK'] })
  const late = await aSlot(app, { capacity: 2, countries: ['DNK', 'BEL'], ...day('14:00', '14:45') })
  await admin.post(`${path}/${early.id}/speakers`, { applicationId: ana.id })
  for (const { id } of [ben, cleo]) await admin.post(`${path}/${late.id}/speakers`, { applicationId: id })
  const swaps = `${path}/${early.id}/swaps`
  const offer = { applicationId: ana.id, wantedSlotId: late.id }

  await t.test('who has a seat offers it, and nobody learns who', async (t) => {
    t.equal((await ben.own.post(swaps, { ...offer, applicationId: ben.id })).json().code, 'speaker_not_in_slot')
    t.equal((await ben.own.post(swaps, offer)).json().code, 'application_not_found')
    t.match((await ana.own.post(swaps, { ...offer, wantedSlotId: early.id })).json().errors, [{ code: 'unknown_slot' }])
    const made = await ana.own.post(swaps, offer)
    t.equal(made.statusCode, 201, made.body)
    t.match(made.json(), {
      slotId: early.id,
      wantedSlotId: late.id,
      status: 'offered',
      isOwn: true,
      applicationId: ana.id,
    })
    t.equal((await ana.own.post(swaps, offer)).json().id, made.json().id, 'an offer stands once')
    t.same(
      (await mails(app))
        .filter(({ subject }) => /swap/.test(subject))
        .map(({ to }) => to)
        .sort(),
      [ben.email, cleo.email].sort(),
    )
    const seen = (await ben.own.get(`${path}/${late.id}/swaps`)).json().data
    t.match(seen, [{ id: made.json().id, isOwn: false }])
    t.notOk('applicationId' in seen[0])
  })

  await t.test('both seats change hands at once', async (t) => {
    const [{ id }] = (await ana.own.get(swaps)).json().data
    const settle = (own: typeof ben.own, body: Record<string, unknown>) => own.post(`${swaps}/${id}/transitions`, body)
    t.match((await settle(ben.own, { to: 'accepted' })).json().errors, [{ pointer: '/applicationId' }])
    t.equal((await settle(ben.own, { to: 'withdrawn' })).json().code, 'swap_not_found')
    const elsewhere = await aSlot(app, { countries: ['PLW'], room: 'B' })
    t.ok(elsewhere)
    t.match((await settle(ben.own, { to: 'accepted', applicationId: ben.id })).json(), {
      status: 'accepted',
      takenBy: ben.id,
    })
    const seated = async (slot: string) =>
      (await admin.get(`${path}/${slot}/speakers`))
        .json()
        .data.map((one: { applicationId: string }) => one.applicationId)
        .sort()
    t.same(await seated(early.id), [ben.id])
    t.same(await seated(late.id), [ana.id, cleo.id].sort())
    const told = (await mails(app)).filter(({ subject }) => /swapped/.test(subject))
    t.same(told.map(({ to }) => to).sort(), [ana.email, ben.email].sort())
    t.match((await settle(cleo.own, { to: 'accepted', applicationId: cleo.id })).json(), { code: 'illegal_transition' })
    t.equal(await countDoubleBookings(db), 0)
  })

  await t.test('a swap that would put somebody in two places changes nothing', async (t) => {
    const made = (
      await cleo.own.post(`${path}/${late.id}/swaps`, { applicationId: cleo.id, wantedSlotId: early.id })
    ).json()
    const busy = await aSlot(app, { countries: ['BEL'], room: 'C', ...day('14:45', '15:00') })
    await admin.post(`${path}/${busy.id}/speakers`, { applicationId: ben.id })
    const found = await admin.get(`${path}/${busy.id}`)
    t.equal(found.statusCode, 200)
    await db.updateTable('slot').set({ status: 'cancelled' }).where('id', '=', late.id).execute()
    t.equal(
      (
        await ben.own.post(`${path}/${late.id}/swaps/${made.id}/transitions`, { to: 'accepted', applicationId: ben.id })
      ).json().code,
      'slot_closed',
    )
    await db.updateTable('slot').set({ status: 'planned' }).where('id', '=', late.id).execute()
    t.match((await cleo.own.post(`${path}/${late.id}/swaps/${made.id}/transitions`, { to: 'withdrawn' })).json(), {
      status: 'withdrawn',
    })
  })
})

t.test('a slot that takes longer', async (t) => {
  const app = await testApp(t)
  const { admin, db } = app
  const ana = await aSpeaker(app, 'ana', { timeZone: 'America/Asuncion' })
  await release(app)
  const first = await aSlot(app, { countries: ['BEL'], ...day('09:00', '09:45') })
  const second = await aSlot(
    app,
    { countries: ['DNK'], ...day('09:45', '10:30'), room: 'room xxiii' },
    '/v1/screenings',
  )
  const third = await aSlot(app, { countries: ['BEL', 'PLW'], ...day('10:40', '11:00') })
  const tomorrow = await aSlot(app, {
    countries: ['BEL'],
    startsAt: '2021-03-25T09:00:00Z',
    endsAt: '2021-03-25T09:45:00Z',
  })
  await admin.post(`${path}/${third.id}/speakers`, { applicationId: ana.id })
  await mails(app)
  await aSession(app, { role: 'moderator', email: 'mona@outside.example', slot_id: first.id })
  await db
    .updateTable('session')
    .set({ created_at: '2021-03-24T08:00:00Z', expires_at: '2021-03-24T11:45:00Z' })
    .where('slot_id', '=', first.id)
    .execute()
  const moderator = () =>
    db.selectFrom('session').select('expires_at').where('slot_id', '=', first.id).executeTakeFirstOrThrow()
  const late = (body: Record<string, unknown>) =>
    admin.post(`${path}/${first.id}/overruns`, { endsAt: '2021-03-24T10:00:00Z', ...body })
  const times = async (id: string, kind = path) => {
    const { startsAt, endsAt } = (await admin.get(`${kind}/${id}`)).json()
    return [startsAt, endsAt].map((at: string) => at.slice(11, 16)).join('-')
  }

  await t.test('a preview tells what would move and changes nothing', async (t) => {
    const seen = (await late({ preview: true })).json()
    t.match(seen, { preview: true, conflicts: [], told: 0 })
    t.same(
      seen.moves.map((move: { id: string; to: { startsAt: string } }) => [move.id, move.to.startsAt.slice(11, 16)]),
      [
        [first.id, '09:00'],
        [second.id, '10:00'],
        [third.id, '10:45'],
      ],
    )
    t.equal(await times(second.id, '/v1/screenings'), '09:45-10:30')
    const kept = (await late({ preview: true, keepBreaks: true })).json()
    t.equal(kept.moves.at(-1).to.startsAt, '2021-03-24T10:55:00Z')
  })

  await t.test('what stands in the way is named, and nothing moves', async (t) => {
    const elsewhere = await aSlot(app, { countries: ['DNK'], room: 'B', ...day('10:30', '10:40') })
    t.match((await late({ preview: true })).json().conflicts, [
      { kind: 'country', country: 'DNK', slotId: elsewhere.id },
    ])
    const refused = await late({})
    t.match(refused.json(), { code: 'slot_conflict', conflicts: [{ kind: 'country', slotId: elsewhere.id }] })
    t.equal(await times(first.id), '09:00-09:45')
    t.equal(await times(third.id), '10:40-11:00')
    const found = await admin.get(`${path}/${elsewhere.id}`)
    await admin.delete(`${path}/${elsewhere.id}`, { 'if-match': found.headers.etag as string })
  })

  await t.test('all moves at once and everybody concerned is told', async (t) => {
    const done = await late({ reason: 'Eleven missions' })
    t.match(done.json(), { preview: false, conflicts: [], told: 1 })
    t.equal(await times(first.id), '09:00-10:00')
    t.equal(await times(second.id, '/v1/screenings'), '10:00-10:45')
    t.equal(await times(third.id), '10:45-11:05')
    t.equal(await times(tomorrow.id), '09:00-09:45', 'the next day is another one')
    const [mail] = await mails(app)
    t.match(mail, { to: ana.email, subject: 'Pre-sessions 38: the programme has changed' })
    t.match(
      mail?.text,
      /Was: Wednesday 24 March 2021, 11:40–12:00 \(Europe\/Zurich\); where you are: Wednesday 24 March 2021, 07:40–08:00 \(America\/Asuncion\), Room XXIII/,
    )
    t.match(mail?.text, /Is now: Wednesday 24 March 2021, 11:45–12:05/)
    t.equal(await countDoubleBookings(db), 0)
    t.equal((await moderator()).expires_at, '2021-03-24T12:00:00Z', 'two hours after the end, which is later now')
    t.match((await late({ endsAt: '2021-03-24T09:50:00Z' })).json().errors, [{ pointer: '/endsAt', code: 'not_later' }])
  })

  await t.test('who has no access any more is told of nothing', async (t) => {
    for (const name of ['stays', 'revoked'])
      await admin.post('/v1/pre-sessions/38/registrations', { state: 'CHE', name, email: `${name}@mission.example` })
    await db.updateTable('slot').set({ published_at: '2020-12-15T09:00:00Z' }).where('id', '=', first.id).execute()
    const delegates = (await admin.get('/v1/mission-delegates?state=CHE')).json().data
    const revoked = delegates.find(({ email }: { email: string }) => email === 'revoked@mission.example')
    t.equal((await admin.delete(`/v1/mission-delegates/${revoked.id}`)).statusCode, 204)
    const appoint = async (...names: string[]) =>
      admin.patch(
        `${path}/${first.id}`,
        { moderators: names.map((name) => ({ name, email: `${name}@outside.example` })) },
        { 'if-match': (await admin.get(`${path}/${first.id}`)).headers.etag as string },
      )
    await appoint('mona', 'noor')
    await appoint('noor')
    const before = await mails(app)
    t.match((await late({ endsAt: '2021-03-24T10:05:00Z' })).json(), { told: 3 })
    const told = (await mails(app)).filter(
      (mail) => !before.some(({ to, text }) => to === mail.to && text === mail.text),
    )
    t.same(told.map(({ to }) => to).sort(), ['stays@mission.example', 'noor@outside.example', ana.email].sort())
  })
})

t.test('who is there', async (t) => {
  const app = await testApp(t)
  const { admin, db } = app
  const slot = await aSlot(app, {
    countries: ['BEL', 'DNK'],
    joinUrl: 'https://meet.example.org/j/1',
    moderators: [{ name: 'Mona', email: 'Mona@outside.example' }],
  })
  const at = `${path}/${slot.id}/attendance`
  const moderator = await aSession(app, { role: 'moderator', email: 'mona@outside.example', slot_id: slot.id })
  const mission = await aSession(app, { role: 'mission', email: 'a@mission.example', state: 'CHE' })
  const own = await aSession(app, { role: 'mission', email: 'b@mission.example', state: 'BEL' })
  t.equal((await moderator.put(`${at}/che`, {})).json().code, 'slot_closed', 'from when the room is open')
  t.match((await moderator.post(`${path}/${slot.id}/transitions`, { to: 'open' })).json(), {
    status: 'open',
    moderators: ['Mona'],
  })
  await db.updateTable('slot').set({ published_at: '2020-12-15T09:00:00Z' }).where('id', '=', slot.id).execute()
  t.equal((await mission.put(`${at}/CHE`, {})).json().code, 'not_registered')
  const registered = (state: string) =>
    db
      .insertInto('mission_registration')
      .values({
        pre_session: 38,
        state,
        name: 'A',
        email: 'a@mission.example',
        position: null,
        registered_at: '2020-12-15T09:00:00Z',
        registered_by: 'x',
        cancelled_at: null,
      })
      .execute()
  await registered('CHE')
  await registered('BEL')
  t.match((await mission.get(`${path}/${slot.id}`)).json(), {
    joinUrl: 'https://meet.example.org/j/1',
    moderators: ['Mona'],
  })
  t.notOk(
    'joinUrl' in (await own.get(`${path}/${slot.id}`)).json(),
    'before its release the State under Review sees what the public sees',
  )
  const elsewhere = await aSession(app, { role: 'mission', email: 'a@mission.example', state: 'CHE', country: 'PLW' })
  t.notOk('joinUrl' in (await elsewhere.get(`${path}/${slot.id}`)).json(), 'a session for another country')
  t.equal((await elsewhere.put(`${at}/CHE`, {})).json().code, 'not_registered')
  t.equal((await mission.put(`${at}/FRA`, {})).statusCode, 403)
  t.equal((await mission.put(`${at}/CHE`, { spoke: true })).statusCode, 403)
  t.match((await mission.put(`${at}/CHE`, { countries: ['bel'] })).json().data, [
    { state: 'CHE', country: 'BEL', spoke: false },
  ])
  t.match((await mission.put(`${at}/CHE`, {})).json().data, [{ country: 'BEL' }, { country: 'DNK' }])
  t.match((await moderator.put(`${at}/CHE`, { countries: ['BEL'], spoke: true })).json().data, [
    { country: 'BEL', spoke: true },
  ])
  t.match((await mission.put(`${at}/CHE`, {})).json().data[0], { spoke: true }, 'who spoke has spoken')
  t.equal((await admin.put(`${at}/ZZZ`, {})).json().code, 'state_not_found')
  t.match((await admin.put(`${at}/CHE`, { countries: ['PLW'] })).json().errors, [{ code: 'other_country' }])
  t.same(
    (await moderator.get(at))
      .json()
      .data.map((one: { state: string; country: string }) => `${one.state} ${one.country}`),
    ['CHE BEL', 'CHE DNK'],
  )
  t.equal((await mission.get(at)).statusCode, 403)
  await admin.put(`${at}/FRA`, {})
  t.equal((await admin.delete(`${at}/FRA`)).statusCode, 204)
  t.equal((await admin.delete(`${at}/FRA`)).json().code, 'attendance_not_found')
  t.equal((await moderator.post(`${path}/${slot.id}/transitions`, { to: 'cancelled', reason: 'x' })).statusCode, 403)

  await t.test(
    'a moderator has no session in a slot that is called off, and gets a link when it is reinstated',
    async (t) => {
      const paused = await aSlot(app, {
        countries: ['PLW'],
        room: 'B',
        ...day('12:00', '12:30'),
        moderators: [{ name: 'Pia', email: 'pia@outside.example' }],
      })
      const pia = await aSession(app, { role: 'moderator', email: 'pia@outside.example', slot_id: paused.id })
      const tokenOf = (text: string) => /#access-token=(\S+)/.exec(text)?.[1]
      const first = tokenOf((await mails(app))[0]?.text ?? '')
      const move = (to: string) =>
        admin.post(`${path}/${paused.id}/transitions`, { to, reason: 'The room is flooded.' })
      t.equal((await pia.get(`${path}/${paused.id}/attendance`)).statusCode, 200)
      t.equal((await move('cancelled')).statusCode, 200)
      t.equal((await pia.get(`${path}/${paused.id}/attendance`)).statusCode, 401)
      t.equal((await app.anyone.post('/v1/sessions', { token: first })).statusCode, 401)
      t.equal((await move('planned')).statusCode, 200)
      t.equal((await pia.get(`${path}/${paused.id}/attendance`)).statusCode, 401)
      const fresh = (await mails(app)).find(({ subject }) => /your link as a moderator/.test(subject))
      t.equal(fresh?.to, 'pia@outside.example')
      const session = await app.anyone.post('/v1/sessions', { token: tokenOf(fresh?.text ?? '') })
      t.match(session.json(), { role: 'moderator', slotId: paused.id })
    },
  )

  await t.test('nobody is noted in a slot that is being deleted, or in a round that is over', async (t) => {
    const lost = await aSlot(app, { countries: ['PLW'], room: 'B' })
    await db.updateTable('slot').set({ status: 'open' }).where('id', '=', lost.id).execute()
    const sent = await db.transaction().execute(async (tx) => {
      await tx.deleteFrom('slot').where('id', '=', lost.id).execute()
      const noting = admin.put(`${path}/${lost.id}/attendance/CHE`, {})
      const answered = noting.then((answer) => answer)
      await lockWaiters(app, 1)
      return { answered }
    })
    t.equal((await sent.answered).json().code, 'slot_not_found')
    const status = (to: 'closed' | 'callOpen') =>
      db.updateTable('pre_session').set({ status: to }).where('number', '=', 38).execute()
    await status('closed')
    t.equal((await admin.put(`${at}/CHE`, {})).json().code, 'round_closed')
    t.equal((await admin.delete(`${at}/CHE`)).json().code, 'round_closed')
    await status('callOpen')
  })

  await t.test('a moderator who is replaced loses the session at once', async (t) => {
    const found = await admin.get(`${path}/${slot.id}`)
    const link = (await mails(app)).find(({ to }) => to === 'mona@outside.example')
    t.match(link, { subject: 'Pre-sessions 38: your link as a moderator', text: /#access-token=lnk_/ })
    const changed = await admin.patch(
      `${path}/${slot.id}`,
      { moderators: [{ name: 'Noor', email: 'noor@outside.example' }] },
      { 'if-match': found.headers.etag as string },
    )
    t.match(changed.json().moderators, [{ name: 'Noor', email: 'noor@outside.example' }])
    t.equal((await moderator.get(at)).statusCode, 401)
    const token = /#access-token=(\S+)/.exec(link?.text ?? '')?.[1]
    t.equal((await app.anyone.post('/v1/sessions', { token })).statusCode, 401, 'and so does the link')
    await app.anyone.post('/v1/access-links', { email: 'noor@outside.example', purpose: 'moderator', preSession: 38 })
    const fresh = /#access-token=(\S+)/.exec((await mails(app))[0]?.text ?? '')?.[1]
    const session = (await app.anyone.post('/v1/sessions', { token: fresh })).json()
    t.match(session, { role: 'moderator', slotId: slot.id, expiresAt: /^2020-12-15T22:00:/ })
    const noor = app.as({ authorization: `Bearer ${session.token}` })
    t.match((await noor.get(`${path}/${slot.id}`)).json(), {
      moderators: ['Noor'],
      joinUrl: 'https://meet.example.org/j/1',
    })
  })
})
