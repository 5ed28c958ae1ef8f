import t from 'tap'
import { testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { aDelegate, signIn } from '../support/links.ts'

const email = 'zoe@ligue.example'

/** A selected speaker of Belgium after the release, signed in, and two missions. */
async function released(t: Parameters<typeof testApp>[0], consents: string[]) {
  const app = await testApp(t)
  const { id } = (await app.admin.post('/v1/applications', { ...aCompleteApplication(), consents })).json()
  const at = `/v1/applications/${id}`
  await app.admin.post(`${at}/submission`)
  await app.admin.post(`${at}/decisions`, { decision: 'selected', reason: 'Covers health.' })
  await app.admin.post('/v1/pre-sessions/38/countries/BEL/release', { at: '2020-12-15T10:00:00Z' })
  await aDelegate(app, 'CHE', 'upr@che.example')
  await aDelegate(app, 'BEL', 'upr@bel.example')
  return {
    app,
    at,
    speaker: await signIn(app, { email }),
    mission: await signIn(app, { purpose: 'mission', email: 'upr@che.example' }),
    underReview: await signIn(app, { purpose: 'mission', email: 'upr@bel.example' }),
  }
}

const given = (answer: { json(): { data: { code: string; given: boolean }[] } }) =>
  answer
    .json()
    .data.filter((one) => one.given)
    .map(({ code }) => code)

t.test('consents are read and replaced with their entity tag', async (t) => {
  const { app, at, speaker } = await released(t, ['showNameInProgramme'])
  const path = `${at}/consents`
  const read = await speaker.get(path)
  t.same(given(read), ['showNameInProgramme'])
  t.match(
    read.json().data.find(({ code }: { code: string }) => code === 'showNameInProgramme'),
    { since: /^2020-12-15T10:00:/, wordingVersion: '1', recordedBy: 'admin-key' },
  )
  const put = (consents: string[], etag?: unknown) =>
    speaker.put(path, { consents }, etag === undefined ? {} : { 'if-match': String(etag) })
  t.equal((await put([])).statusCode, 428)
  app.clock.set('2020-12-15T11:00:00Z')
  const replaced = await put(['publishVideo'], read.headers.etag)
  t.equal(replaced.statusCode, 200)
  t.same(given(replaced), ['publishVideo'])
  t.equal((await put(['keepContact'], read.headers.etag)).statusCode, 412, 'two people edited them')
  t.equal((await put(['keepContact'], replaced.headers.etag)).statusCode, 200)
  t.equal((await speaker.get(path, { 'if-none-match': String(replaced.headers.etag) })).statusCode, 200)
  const events = await app.db.selectFrom('consent').select(['code', 'given', 'at']).orderBy('id').execute()
  t.same(
    events.map(({ code, given: isGiven }) => [code, isGiven]),
    [
      ['showNameInProgramme', true],
      ['publishVideo', true],
      ['showNameInProgramme', false],
      ['keepContact', true],
      ['publishVideo', false],
    ],
    'each giving and each withdrawal stays, dated',
  )
  t.same((await app.admin.get(at)).json().consents, ['keepContact'], 'the application tells those that hold now')
})

t.test('a withdrawal takes effect on every surface at once', async (t) => {
  const { app, at, speaker, mission } = await released(t, ['showNameInProgramme', 'shareWithMissions'])
  const seenBy = async (reader: typeof mission) => [
    (await reader.get(at)).statusCode,
    (await reader.get('/v1/applications')).json().data.length,
  ]
  for (const reader of [app.anyone, mission]) t.same(await seenBy(reader), [200, 1])
  const held = String((await app.anyone.get(at)).headers.etag)
  await speaker.put(`${at}/consents`, { consents: ['shareWithMissions'] }, { 'if-match': '*' })
  t.same(await seenBy(app.anyone), [404, 0])
  t.equal((await app.anyone.get(at, { 'if-none-match': held })).statusCode, 404)
  t.same(await seenBy(mission), [200, 1])
  await speaker.put(`${at}/consents`, { consents: [] }, { 'if-match': '*' })
  t.same(await seenBy(mission), [404, 0])
  const tombstone = await app.db.selectFrom('consent').selectAll().where('given', '=', false).execute()
  t.equal(tombstone.length, 2)
  t.notMatch(JSON.stringify(tombstone), /Zoë|Machel|ligue/i)
})

t.test('the State under Review sees more than the public only where the person says so', async (t) => {
  const { at, speaker, mission, underReview } = await released(t, ['shareWithMissions'])
  const consent = (consents: string[]) => speaker.put(`${at}/consents`, { consents }, { 'if-match': '*' })
  const view = async (reader: typeof mission) => (await reader.get(at)).json().view ?? 'none'
  t.same([await view(mission), await view(underReview)], ['mission', 'none'])
  await consent(['shareWithMissions', 'showNameInProgramme'])
  t.same([await view(mission), await view(underReview)], ['mission', 'public'])
  await consent(['shareWithMissions', 'shareWithStateUnderReview'])
  t.same([await view(mission), await view(underReview)], ['mission', 'mission'])
  t.equal((await underReview.get('/v1/applications')).json().data.length, 1)
  await consent(['shareWithStateUnderReview'])
  t.same([await view(mission), await view(underReview)], ['none', 'none'], 'alone it opens nothing')
})
