import t from 'tap'
import { breachesOf } from '../../src/domain/programme-rules.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'

const path = '/v1/pre-sessions/38/programme/proposals'

/** A selected speaker; `declined` where the answer says so. */
async function aSelected(
  { admin }: TestApp,
  name: string,
  country: string,
  more: { timeZone?: string; answer?: string } = {},
) {
  const body = aCompleteApplication()
  const { timeZone, answer } = more
  const speaker = { ...body.speaker, email: `${name}@speakers.example`, ...(timeZone !== undefined && { timeZone }) }
  const { id } = (await admin.post('/v1/applications', { ...body, country, speaker })).json()
  await admin.post(`/v1/applications/${id}/submission`)
  const decided = await admin.post(`/v1/applications/${id}/decisions`, {
    decision: 'selected',
    reason: 'Covers health.',
  })
  if (decided.statusCode !== 200) throw new Error(decided.body)
  if (answer !== undefined) await admin.post(`/v1/applications/${id}/answers`, { answer })
  return id as string
}

t.test('programme proposals', async (t) => {
  const app = await testApp(t)
  const { admin, db } = app
  const few = ['BEL', 'DNK', 'PLW'].map((iso3) => ({ iso3 }))
  const propose = (more: object = {}) =>
    admin.post(path, { days: ['2021-03-22', '2021-03-23'], rooms: ['Online'], countries: few, ...more })

  await t.test('without speakers every country still has its place', async (t) => {
    const response = await admin.post(path, { days: ['2021-03-22', '2021-03-23'], rooms: ['Online'] })
    t.equal(response.statusCode, 200, response.body)
    const { slots, atNight, isFewest, compromises, firstFit } = response.json()
    t.match(
      { atNight, isFewest, compromises, firstFit },
      { atNight: 0, isFewest: true, compromises: [], firstFit: { missing: 0 } },
    )
    const screened = slots.filter(({ kind }: { kind: string }) => kind === 'screening')
    t.equal(screened.length, 14)
    // The length of a screening is that of a full panel, whoever was selected (contract §2, invariant 1).
    t.ok(
      screened.every(
        ({ startsAt, endsAt }: Record<string, string>) =>
          Date.parse(endsAt ?? '') - Date.parse(startsAt ?? '') === 1_800_000,
      ),
    )
    t.same((await admin.get('/v1/screenings?preSession=38')).json().data, [], 'nothing was kept')
  })

  const samoa = await aSelected(app, 'samoa', 'BEL', { timeZone: 'Pacific/Honolulu' })
  const lima = await aSelected(app, 'lima', 'BEL', { timeZone: 'America/Lima' })
  const nowhere = await aSelected(app, 'nowhere', 'DNK')
  await aSelected(app, 'gone', 'DNK', { timeZone: 'Asia/Tokyo', answer: 'declined' })

  await t.test('each speaker has the own hour, and who speaks at night a reason', async (t) => {
    const proposal = (await propose()).json()
    t.same(proposal.unknownTimeZones, [nowhere])
    t.match(proposal, { atNight: 1, isFewest: true })
    t.match(proposal.compromises, [{ code: 'no_daytime', country: 'BEL', applicationId: samoa }])
    const speakers = proposal.slots.flatMap((slot: { speakers: object[] }) => slot.speakers)
    t.equal(speakers.length, 3, 'who declined is asked for nothing')
    const of = (id: string) => speakers.find(({ applicationId }: { applicationId: string }) => applicationId === id)
    t.match(of(samoa), { timeZone: 'Pacific/Honolulu', isAtNight: true, starts: { offset: '-10:00' } })
    t.match(of(lima), { isAtNight: false, starts: { offset: '-05:00' } })
    t.match(of(nowhere), { timeZone: null, starts: null, isAtNight: false })
    const facts = { ...proposal.frame, timeZone: 'Europe/Zurich', speakers: [] }
    const slots = proposal.slots.map((slot: { speakers: { applicationId: string }[] }) => ({
      ...slot,
      speakers: slot.speakers.map(({ applicationId }) => applicationId),
    }))
    t.same(breachesOf(facts, slots), [])
    t.same((await propose()).json(), proposal, 'the same again')
  })

  await t.test('nobody is asked for a time at which they cannot be there', async (t) => {
    const windows = [{ startsAt: '2021-03-23T13:30:00Z', endsAt: '2021-03-23T14:30:00Z' }]
    const stated = { stated_at: '2020-12-15T10:00:00Z', stated_by: 'test', time_zone: 'Europe/Riga' }
    await db
      .insertInto('speaker_availability')
      .values({ application_id: nowhere, windows: JSON.stringify(windows), ...stated })
      .execute()
    const proposal = (await propose()).json()
    t.same(proposal.unknownTimeZones, [])
    const slot = proposal.slots.find((one: { speakers: { applicationId: string }[] }) =>
      one.speakers.some(({ applicationId }) => applicationId === nowhere),
    )
    t.ok(slot.startsAt >= '2021-03-23T13:30:00Z' && slot.endsAt <= '2021-03-23T14:30:00Z')
  })

  await t.test('only the countries that are asked for, in person without screenings', async (t) => {
    const proposal = (await propose({ countries: [{ iso3: 'dnk' }, { iso3: 'PLW' }], screeningMinutes: 0 })).json()
    t.same(
      proposal.slots.map(({ kind, countries }: Record<string, unknown>) => [kind, countries]),
      [
        ['qa', ['PLW']],
        ['qa', ['DNK']],
      ].sort(() => 0),
    )
  })

  await t.test('what cannot be is told with pointers', async (t) => {
    const faults = async (more: object) => {
      const response = await propose(more)
      t.equal(response.statusCode, 400, response.body)
      return response.json().errors
    }
    t.match(await faults({ hours: { from: '17:00', to: '09:00' } }), [{ pointer: '/hours/to' }, { pointer: '/lunch' }])
    t.match(await faults({ lunch: { from: '08:00', to: '10:00' } }), [{ pointer: '/lunch', code: 'outside_hours' }])
    t.match(await faults({ screeningMinutes: 10 }), [{ pointer: '/screeningMinutes', code: 'too_small' }])
    t.match(await faults({ countries: [{ iso3: 'CHE' }, { iso3: 'BEL' }, { iso3: 'bel' }] }), [
      { pointer: '/countries/0', code: 'unknown_country' },
      { pointer: '/countries/2', code: 'twice' },
    ])
    const days = Array.from({ length: 10 }, (_, day) => `2021-03-${10 + day}`)
    const large = await propose({ days, rooms: ['A', 'B', 'C', 'D'], countries: undefined, gridMinutes: 5 })
    t.match(large.json(), { code: 'proposal_too_large', status: 409 })
    t.equal((await admin.post('/v1/pre-sessions/77/programme/proposals', { rooms: ['A'] })).statusCode, 404)
  })
})
