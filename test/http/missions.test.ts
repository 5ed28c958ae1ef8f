import t from 'tap'
import { states } from '../../src/reference/data.ts'
import { testApp } from '../support/app.ts'
import { aToken, mails } from '../support/links.ts'
import { aSession, aSlot } from '../support/speakers.ts'

const invitations = '/v1/pre-sessions/38/invitations'

t.test('every mission is invited', async (t) => {
  const app = await testApp(t)
  const { admin, db } = app
  const patch = async (state: string, body: Record<string, unknown>) => {
    const found = await admin.get(`/v1/missions/${state}`)
    return admin.patch(`/v1/missions/${state}`, body, { 'if-match': found.headers.etag as string })
  }

  await t.test('every State has a mission, whatever was entered', async (t) => {
    const listed: string[] = []
    let cursor = ''
    do {
      const page = (await admin.get(`/v1/missions?limit=100${cursor}`)).json()
      listed.push(...page.data.map((one: { state: string }) => one.state))
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
    } while (cursor !== '')
    t.same(listed, states.map(({ iso3 }) => iso3).sort())
    t.ok(['VAT', 'PSE'].every((observer) => listed.includes(observer)))
    t.match((await patch('plw', { inGeneva: false, note: 'Reached in New York' })).json(), {
      state: 'PLW',
      inGeneva: false,
      emails: [],
      delegates: 0,
    })
    t.match((await patch('CHE', { emails: ['UPR@mission.example', 'upr@mission.example'] })).json(), {
      emails: ['upr@mission.example'],
    })
    t.match((await patch('BEL', { emails: ['upr@mission.example', 'amb@bel.example'] })).json(), {
      emails: ['upr@mission.example', 'amb@bel.example'],
    })
    t.equal((await admin.patch('/v1/missions/CHE', { note: null })).statusCode, 428)
    t.equal((await admin.get('/v1/missions/ZZZ')).json().code, 'state_not_found')
    t.match((await patch('CHE', { emails: ['no address'] })).statusCode, 400)
  })

  await t.test('nobody is invited to a round that nobody knows of', async (t) => {
    t.equal((await admin.post('/v1/pre-sessions/77/invitations')).json().code, 'pre_session_not_found')
    await admin.post('/v1/pre-sessions', {
      number: 40,
      format: 'virtual',
      dates: { start: '2021-12-06', end: '2021-12-10' },
      timeZone: 'Europe/Zurich',
      applicationDeadline: { local: '2021-08-16T23:59' },
    })
    t.equal((await admin.post('/v1/pre-sessions/40/invitations')).json().code, 'invitations_not_possible')
  })

  await t.test('before the call all are missing, after it none', async (t) => {
    const before = (await admin.get(`${invitations}/coverage`)).json()
    t.match(before, { states: states.length, invited: 0, complete: false })
    t.equal(before.missing.length, states.length)
    t.same((await admin.post(invitations)).json(), { invited: states.length, alreadyInvited: 0, messages: 3 })
    const after = (await admin.get(`${invitations}/coverage`)).json()
    t.match(after, { invited: states.length, complete: true, missing: [], withoutGenevaMission: ['PLW'] })
    t.equal(after.noAddress.length, states.length - 2)
    t.equal(after.statesUnderReview.length, 14)
    t.ok(
      after.statesUnderReview.every((one: { invited: boolean }) => one.invited),
      'always with the States under Review',
    )
    t.match(
      after.statesUnderReview.find((one: { state: string }) => one.state === 'PLW'),
      { hasGenevaMission: false, reach: 'noAddress' },
    )
  })

  await t.test('one message a recipient, with no country, no name and no theme in it', async (t) => {
    const sent = await mails(app)
    t.same(sent.map(({ to }) => to).sort(), ['amb@bel.example', 'upr@mission.example'])
    for (const { subject, text } of sent) {
      t.match(text, /22 to 26 March 2021/)
      t.match(text, /\n\nhttp:\/\/\S+#purpose=mission&preSession=38$/, 'the page knows what to ask a link for')
      t.notMatch(`${subject}${text}`, /Belg|Switz|health/)
    }
  })

  await t.test('the call can be made again', async (t) => {
    t.same((await admin.post(invitations)).json(), { invited: 0, alreadyInvited: states.length, messages: 0 })
    await patch('FRA', { emails: ['upr@fra.example'] })
    t.same((await admin.post(invitations)).json(), { invited: 0, alreadyInvited: states.length, messages: 1 })
    t.equal((await mails(app)).length, 3)
  })

  await t.test('a State that any filter left out is missing', async (t) => {
    await db.deleteFrom('invitation').where('state', '=', 'BEL').execute()
    t.match((await admin.get(`${invitations}/coverage`)).json(), {
      complete: false,
      missing: ['BEL'],
      invited: states.length - 1,
    })
    t.match((await admin.post(invitations)).json(), { invited: 1 })
    t.match((await admin.get(`${invitations}/coverage`)).json(), { complete: true })
  })

  await t.test('whom no message reaches is reached otherwise', async (t) => {
    const delivered = await admin.post(`${invitations}/plw/deliveries`, { channel: 'noteVerbale', note: 'New York' })
    t.match(delivered.json(), {
      state: 'PLW',
      isUnderReview: true,
      reach: 'delivered',
      delivery: { channel: 'noteVerbale', note: 'New York' },
    })
    t.notOk((await admin.get(`${invitations}/coverage`)).json().noAddress.includes('PLW'))
    t.equal(
      (await admin.post(`${invitations}/ZZZ/deliveries`, { channel: 'post' })).json().code,
      'invitation_not_found',
    )
    const page = (await admin.get(`${invitations}?limit=2`)).json()
    t.match(page.data, [{ state: 'AFG', reach: 'noAddress' }, { state: 'AGO' }])
  })

  await t.test('an invited address asks for a link and registers who comes', async (t) => {
    const token = await aToken(app, { email: 'upr@fra.example', purpose: 'mission' })
    const session = (await app.anyone.post('/v1/sessions', { token })).json()
    t.match(session, { role: 'mission', state: 'FRA' })
    const mission = app.as({ authorization: `Bearer ${session.token}` })
    const registrations = '/v1/pre-sessions/38/registrations'
    const made = await mission.post(registrations, {
      name: 'Mona',
      email: 'Mona@fra.example',
      position: 'Second Secretary',
    })
    t.match(made.json(), { state: 'FRA', email: 'mona@fra.example', position: 'Second Secretary', cancelledAt: null })
    t.equal(
      (await mission.post(registrations, { name: 'Mona', email: 'mona@fra.example' })).json().code,
      'registration_exists',
    )
    t.equal((await mission.post(registrations, { state: 'CHE', name: 'Mona', email: 'm@che.example' })).statusCode, 403)
    t.match((await admin.post(registrations, { name: 'Noor', email: 'noor@che.example' })).json().errors, [
      { pointer: '/state' },
    ])
    const other = (await admin.post(registrations, { state: 'che', name: 'Noor', email: 'noor@che.example' })).json()
    t.equal((await mission.get(registrations)).json().data.length, 1)
    t.same((await mission.get(`${registrations}?state=CHE`)).json().data, [], 'of other missions it learns nothing')
    t.equal((await admin.get(registrations)).json().data.length, 2)
    t.equal((await mission.delete(`${registrations}/${other.id}`)).json().code, 'registration_not_found')
    t.equal((await admin.delete(`${registrations}/${other.id}`)).statusCode, 204)
    t.ok(await aToken(app, { email: 'mona@fra.example', purpose: 'mission' }), 'the delegate has a link of her own')
  })
})

t.test('attendance of a round', async (t) => {
  const app = await testApp(t)
  const { admin } = app
  const block = await aSlot(app, { countries: ['BEL', 'DNK'] })
  const screening = await aSlot(
    app,
    { countries: ['BEL'], room: 'B', startsAt: '2021-03-24T13:00:00Z', endsAt: '2021-03-24T13:30:00Z' },
    '/v1/screenings',
  )
  await admin.post(`/v1/qa-slots/${block.id}/transitions`, { to: 'open' })
  await admin.post(`/v1/screenings/${screening.id}/transitions`, { to: 'open' })
  await admin.put(`/v1/qa-slots/${block.id}/attendance/CHE`, { countries: ['BEL'], spoke: true })
  await admin.put(`/v1/screenings/${screening.id}/attendance/CHE`, {})
  await admin.put(`/v1/qa-slots/${block.id}/attendance/FRA`, {})
  const report = (await admin.get('/v1/pre-sessions/38/attendance')).json()
  t.equal(report.missions, 2)
  t.equal(report.countries.length, 14)
  const of = (country: string) => report.countries.find((one: { country: string }) => one.country === country)
  t.match(of('BEL'), {
    present: 2,
    spoke: 1,
    missions: [
      { state: 'CHE', spoke: true },
      { state: 'FRA', spoke: false },
    ],
  })
  t.match(of('DNK'), { present: 1, spoke: 0 })
  t.match(of('PLW'), { present: 0, missions: [] })
  const mission = await aSession(app, { role: 'mission', email: 'a@mission.example', state: 'CHE' })
  t.equal((await mission.get('/v1/pre-sessions/38/attendance')).statusCode, 403)
})
