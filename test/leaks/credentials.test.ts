import t from 'tap'
import { refusalOf } from '../access/sending.ts'
import { surplusWords } from '../access/words.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { aDelegate, aToken, mails, signIn } from '../support/links.ts'
import { leakWorld } from './support.ts'

t.test('credentials', async (t) => {
  const { world, hands, record, operations, mayCall } = await leakWorld(t)
  const { admin, anyone } = world
  const bearer = (token: string) => world.as({ authorization: `Bearer ${token}` })

  await t.test('leak 7: a link opens its own scope and nothing beside it', async (t) => {
    const { email } = record('selected')
    // The same person applies for another country too.
    const { speaker, ...content } = aCompleteApplication()
    const elsewhere = { ...content, country: 'SOM', speaker: { ...speaker, email } }
    const other = (await admin.post('/v1/applications', elsewhere)).json()
    const token = await aToken(world, { email, country: 'BEL' })
    for (const { path, method, operationId } of operations.filter(({ path }) => !path.includes('{'))) {
      if (method !== 'GET' || path.includes('events')) continue
      const asCredential = await bearer(token).get(path)
      t.equal(asCredential.statusCode, 401, `a token of a link is no credential: ${operationId}`)
    }
    const { token: session } = (await anyone.post('/v1/sessions', { token })).json()
    const person = bearer(session)
    const listed = (await person.get('/v1/applications')).json().data.map(({ id }: { id: string }) => id)
    t.same(listed, [record('selected').params.id], 'of this country alone')
    t.equal((await person.get(`/v1/applications/${other.id}`)).statusCode, 404)
    t.equal((await person.patch(`/v1/applications/${other.id}`, {}, { 'if-match': '*' })).statusCode, 404)
    t.equal((await person.post('/v1/applications', elsewhere)).statusCode, 403)
    const again = await anyone.post('/v1/sessions', { token })
    const never = await anyone.post('/v1/sessions', { token: `lnk_${'A'.repeat(43)}` })
    t.equal(refusalOf(again), refusalOf(never), 'a link works once, and tells nothing after')
  })

  await t.test('leak 7: a link for one State is none for another', async (t) => {
    await aDelegate(world, 'DNK', 'two@mission.example')
    const mission = await signIn(world, { purpose: 'mission', email: 'two@mission.example' })
    const forMissions = record('forMissions').params.id
    t.equal((await mission.get(`/v1/applications/${forMissions}`)).statusCode, 404, 'it is the State under Review')
    t.match((await mission.get('/v1/sessions/current')).json(), { role: 'mission', state: 'DNK', preSessions: [38] })
    for (const bent of ['?state=FRA', '?country=DNK&state=FRA'])
      t.equal((await mission.get(`/v1/applications${bent}`)).statusCode, 400)
  })

  await t.test('leak 11: a key for one country is none for its round, nor for others', async (t) => {
    const key = await world.key('admin', { countries: ['SOM'] }, 'somalia')
    const limited = bearer(key)
    for (const place of operations.filter((one) => one.path.includes('{number}'))) {
      const isCountry = place.path.includes('{iso3}')
      const url = place.path.replace('{number}', '38').replace('{iso3}', 'BEL').replace('{version}', '1')
      const answer =
        place.method === 'GET' ? await limited.get(url) : await limited[place.method.toLowerCase() as 'post'](url, {})
      if (!mayCall('public', place)) t.equal(answer.statusCode, 403, `${place.operationId} ${isCountry}`)
      t.same(surplusWords(world, 'public', answer), [], place.operationId)
    }
    t.same(
      (await limited.get('/v1/applications?limit=100')).json().data.map((one: { country: string }) => one.country),
      ['SOM'],
    )
    for (const filter of ['?country=BEL', '?preSession=38&country=DNK', '?q=canary-2-firstname', '?status=prevented'])
      t.same((await limited.get(`/v1/applications${filter}`)).json().data, [], filter)
    t.notOk('applicationCounts' in (await limited.get('/v1/pre-sessions/38/countries/BEL')).json())
    t.ok('applicationCounts' in (await limited.get('/v1/pre-sessions/38/countries/SOM')).json())
    for (const path of [
      '/v1/audit-log',
      '/v1/sessions',
      '/v1/mission-delegates',
      '/v1/integrations/jotform/submissions',
    ])
      t.equal((await limited.get(path)).statusCode, 403, path)
    const wider = { name: 'wider', role: 'secretariat', countries: ['SOM', 'BEL'] }
    t.equal((await limited.post('/v1/api-keys', wider)).statusCode, 403)
    const made = (await limited.post('/v1/api-keys', { name: 'same', role: 'secretariat' })).json()
    t.same(made.countries, ['SOM'], 'what it makes has its limits')
  })

  await t.test('leak 12: a new application begins empty, and a key of a retry is one’s own', async (t) => {
    const [first, second] = [await hands('applicant', record('selected')), await hands('otherApplicant')]
    const body = (email: string) => ({ preSession: 38, country: 'BEL', speaker: { email } })
    const key = { 'idempotency-key': 'the-same-key' }
    const own = await first.post('/v1/applications', body(record('selected').email), key)
    const other = await second.post('/v1/applications', body('somebody@else.example'), key)
    t.equal(other.statusCode, 201)
    t.notOk(other.headers['idempotent-replayed'])
    t.not(other.json().id, own.json().id)
    t.same(surplusWords(world, 'otherApplicant', other), [])
    const { id, createdAt: _, updatedAt: __, ...empty } = other.json()
    t.same(empty, {
      preSession: 38,
      country: 'BEL',
      organisation: {},
      speaker: { email: 'somebody@else.example', atRisk: true },
      issues: [],
      uprSubmission: {},
      coalitionMembers: [],
      consents: [],
      source: { kind: 'api' },
      status: 'draft',
      latestVersion: 1,
      documents: [],
    })
    const dryRun = await anyone.post(
      '/v1/pre-sessions/38/countries/BEL/assessments',
      { organisation: { name: record('selected').canaries.organisation } },
      key,
    )
    t.same(surplusWords(world, 'public', dryRun), [], 'the name of a hidden organisation links to nothing')
    t.notMatch(dryRun.body, /linked/)
    t.equal((await second.get(`/v1/applications/${id}`)).statusCode, 200)
  })

  await t.test('leak 14: who was somebody is nobody now', async (t) => {
    const former = await hands('formerReviewer')
    t.same((await former.get('/v1/applications')).json().data, [])
    t.equal((await former.get(`/v1/applications/${record('released').params.id}`)).statusCode, 404)

    const delegate = await aDelegate(world, 'CHE', 'gone@mission.example')
    const mission = await signIn(world, { purpose: 'mission', email: 'gone@mission.example' })
    t.equal((await mission.get('/v1/sessions/current')).statusCode, 200)
    await admin.delete(`/v1/mission-delegates/${delegate.id}`)
    t.equal((await mission.get('/v1/sessions/current')).statusCode, 401)
    const links = async () => (await mails(world)).filter(({ to }) => to === 'gone@mission.example').length
    const sent = await links()
    await anyone.post('/v1/access-links', { purpose: 'mission', email: 'gone@mission.example', preSession: 38 })
    t.equal(await links(), sent, 'no further link')

    const made = (await admin.post('/v1/api-keys', { name: 'left', role: 'secretariat' })).json()
    t.equal((await bearer(made.key).get('/v1/applications')).statusCode, 200)
    await admin.post(`/v1/api-keys/${made.id}/revocation`, { reason: 'Left the house.' })
    t.equal((await bearer(made.key).get('/v1/applications')).statusCode, 401)

    // An address that was taken out of an application before the deadline opens it no more.
    world.clock.set('2021-01-04T10:00:00Z')
    const { speaker, ...content } = aCompleteApplication()
    const { id } = (
      await admin.post('/v1/applications', {
        ...content,
        country: 'SOM',
        speaker: { ...speaker, email: 'before@mail.example' },
      })
    ).json()
    const before = await signIn(world, { email: 'before@mail.example' })
    t.equal((await before.get(`/v1/applications/${id}`)).statusCode, 200)
    await admin.patch(`/v1/applications/${id}`, { speaker: { email: 'after@mail.example' } }, { 'if-match': '*' })
    t.equal((await before.get(`/v1/applications/${id}`)).statusCode, 404)
    t.same((await before.get('/v1/applications')).json().data, [])
  })
})
