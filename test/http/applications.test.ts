import t from 'tap'
import { testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'

t.test('a draft becomes an eligible application', async (t) => {
  const { admin, clock } = await testApp(t)
  const created = await admin.post('/v1/applications', { preSession: 38, country: 'bel' })
  t.equal(created.statusCode, 201)
  const { id } = created.json()
  t.equal(created.headers.location, `/v1/applications/${id}`)
  t.match(created.json(), { status: 'draft', country: 'BEL', speaker: { atRisk: true }, latestVersion: 1 })
  t.notOk('outcome' in created.json(), 'a draft has no outcome')

  const preview = await admin.get(`/v1/applications/${id}/assessment`)
  t.match(preview.json(), { outcome: 'incomplete', preview: true })

  const { preSession: _, ...content } = aCompleteApplication()
  const patched = await admin.patch(`/v1/applications/${id}`, content, { 'if-match': String(created.headers.etag) })
  t.equal(patched.statusCode, 200, patched.body)

  clock.set('2021-01-08T22:59:59.000Z')
  const submitted = await admin.post(`/v1/applications/${id}/submission`)
  t.equal(submitted.statusCode, 200, submitted.body)
  t.match(submitted.json(), {
    status: 'submitted',
    outcome: 'eligible',
    receivedBasis: 'requestRead',
    closesAt: '2021-01-08T23:00:00Z',
    assessedVersion: 2,
  })
  t.ok(submitted.json().marginSeconds > 0 && submitted.json().marginSeconds <= 1)

  const assessment = (await admin.get(`/v1/applications/${id}/assessment`)).json()
  t.same(assessment.missing, [])
  t.ok(assessment.rules.some((rule: { rule: string }) => rule.rule === 'R4'))
  const history = (await admin.get(`/v1/applications/${id}/history`))
    .json()
    .data.map((event: { action: string }) => event.action)
  t.same(history, ['application.created', 'application.edited', 'application.submitted', 'application.assessed'])
})

t.test('the minute named by the deadline counts in full', async (t) => {
  const { admin, clock } = await testApp(t)
  for (const [instant, outcome] of [
    ['2021-01-08T22:59:58.000Z', 'eligible'],
    ['2021-01-08T23:00:00.000Z', 'late'],
  ] as const) {
    const { id } = (await admin.post('/v1/applications', aCompleteApplication())).json()
    clock.set(instant)
    const submitted = await admin.post(`/v1/applications/${id}/submission`)
    t.equal(submitted.json().outcome, outcome, instant)
  }
})

t.test('an edit after the deadline is kept beside the version that counts', async (t) => {
  const { admin, clock } = await testApp(t)
  const { issues: _, ...incomplete } = aCompleteApplication()
  const { id } = (await admin.post('/v1/applications', incomplete)).json()
  const submitted = await admin.post(`/v1/applications/${id}/submission`)
  t.match(submitted.json(), { outcome: 'incomplete' })
  t.same((await admin.get(`/v1/applications/${id}/assessment`)).json().missing, ['/issues'])

  clock.set('2021-01-08T23:07:00Z')
  const edited = await admin.patch(
    `/v1/applications/${id}`,
    { issues: ['environment'] },
    { 'if-match': String(submitted.headers.etag) },
  )
  t.match(edited.json(), { outcome: 'incomplete', assessedVersion: 1, latestVersion: 2, issues: [] })
  const versions = (await admin.get(`/v1/applications/${id}/versions`)).json().data
  t.match(versions, [
    { n: 1, isAssessed: true, isAfterDeadline: false },
    { n: 2, isAssessed: false, isAfterDeadline: true, content: { issues: ['environment'] } },
  ])
})

t.test('before the deadline an incomplete application can be completed', async (t) => {
  const { admin } = await testApp(t)
  const { issues: _, ...incomplete } = aCompleteApplication()
  const { id } = (await admin.post('/v1/applications', incomplete)).json()
  const submitted = await admin.post(`/v1/applications/${id}/submission`)
  const edited = await admin.patch(
    `/v1/applications/${id}`,
    { issues: ['environment'] },
    { 'if-match': String(submitted.headers.etag) },
  )
  t.match(edited.json(), { outcome: 'eligible', assessedVersion: 2 })
})

t.test('ten submissions of one application at once: one wins, the others are told', async (t) => {
  const { admin } = await testApp(t)
  const { id } = (await admin.post('/v1/applications', aCompleteApplication())).json()
  const answers = await Promise.all(Array.from({ length: 10 }, () => admin.post(`/v1/applications/${id}/submission`)))
  t.same(answers.map((answer) => answer.statusCode).sort(), [200, ...Array(9).fill(409)])
  for (const answer of answers.filter((a) => a.statusCode === 409)) t.equal(answer.json().code, 'already_submitted')
})

t.test('nobody overwrites what another has changed', async (t) => {
  const { admin } = await testApp(t)
  const created = await admin.post('/v1/applications', aCompleteApplication())
  const path = `/v1/applications/${created.json().id}`
  const etag = String(created.headers.etag)
  t.equal((await admin.patch(path, { accessibilityNeeds: 'ramp' })).json().code, 'precondition_required')
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => admin.patch(path, { accessibilityNeeds: `need ${n}` }, { 'if-match': etag })),
  )
  t.same(answers.map((answer) => answer.statusCode).sort(), [200, ...Array(9).fill(412)])
  const now = await admin.get(path, {
    'if-none-match': String(answers.find((a) => a.statusCode === 200)?.headers.etag),
  })
  t.equal(now.statusCode, 304)
  t.equal(now.body, '')
})

t.test('each fault of a body is told with its pointer', async (t) => {
  const { admin } = await testApp(t)
  const answer = await admin.post('/v1/applications', {
    preSession: '38',
    colour: 'red',
    organisation: { nam: 'x', type: 'ngo' },
    issues: [{ other: 7 }],
  })
  t.equal(answer.statusCode, 400)
  const pointers = answer
    .json()
    .errors.map((fault: { pointer: string; code: string }) => `${fault.pointer} ${fault.code}`)
  for (const expected of [
    '/preSession wrong_type',
    '/colour unknown_field',
    '/organisation/nam unknown_field',
    '/organisation/type not_an_allowed_value',
  ])
    t.ok(pointers.includes(expected), expected)
  const unknown = await admin.post('/v1/applications', { preSession: 38, country: 'ZZZ', issues: ['no-such-theme'] })
  t.same(
    unknown.json().errors.map((fault: { pointer: string }) => fault.pointer),
    ['/country', '/issues/0'],
  )
  t.equal((await admin.get('/v1/applications?colour=red')).json().errors[0].pointer, '/query/colour')
  t.equal(
    (await admin.post('/v1/applications', { preSession: 38, accessibilityNeeds: 'a\u0000b' })).json().errors[0].pointer,
    '/accessibilityNeeds',
  )
})

t.test('who has no key sees nothing and learns nothing', async (t) => {
  const { admin, anyone, as } = await testApp(t)
  const { id } = (await admin.post('/v1/applications', aCompleteApplication())).json()
  t.same((await anyone.get('/v1/applications')).json(), { data: [], nextCursor: null })
  const absent = await anyone.get('/v1/applications/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10')
  const hidden = await anyone.get(`/v1/applications/${id}`)
  const shown = ({ instance: _, requestId: __, ...rest }: Record<string, unknown>) => rest
  t.equal(hidden.statusCode, 404)
  t.same(shown(hidden.json()), shown(absent.json()), 'as if it never was')
  for (const path of [`/${id}/assessment`, `/${id}/versions`, `/${id}/history`, `/${id}/consents`]) {
    const answer = await anyone.get(`/v1/applications${path}`)
    t.equal(answer.statusCode, 401, path)
    t.match(answer.headers['www-authenticate'], /^Bearer/)
  }
  t.equal(
    (await as({ authorization: 'Bearer wrong-key' }).get('/v1/pre-sessions')).statusCode,
    401,
    'a wrong key is refused on public routes too',
  )
})

t.test('a withdrawn application stays withdrawn', async (t) => {
  const { admin } = await testApp(t)
  const { id } = (await admin.post('/v1/applications', aCompleteApplication())).json()
  t.match((await admin.post(`/v1/applications/${id}/withdrawal`, { reason: 'The speaker cannot travel.' })).json(), {
    status: 'withdrawn',
    withdrawalReason: 'The speaker cannot travel.',
  })
  t.equal((await admin.post(`/v1/applications/${id}/withdrawal`, {})).json().code, 'application_closed')
  t.equal((await admin.post(`/v1/applications/${id}/submission`)).json().code, 'application_closed')
})

t.test('applications of one organisation, of a coalition and of its member are linked', async (t) => {
  const { admin } = await testApp(t)
  const named = (name: string, coalitionMembers: { name: string }[] = []) => ({
    ...aCompleteApplication(),
    organisation: { ...aCompleteApplication().organisation, name },
    coalitionMembers,
  })
  const first = (await admin.post('/v1/applications', named('Réseau des femmes'))).json()
  const twin = (await admin.post('/v1/applications', named('RESEAU  des Femmes'))).json()
  const coalition = (
    await admin.post('/v1/applications', named('Coalition 38', [{ name: 'Réseau des femmes' }]))
  ).json()
  const links = (await admin.get(`/v1/applications/${first.id}`)).json().linkedApplications
  t.same(
    links.map((link: { id: string; relation: string }) => [link.id, link.relation]).sort(),
    [
      [twin.id, 'sameOrganisation'],
      [coalition.id, 'coalition'],
    ].sort(),
  )
})

t.test('a list can be searched, filtered and walked while it grows', async (t) => {
  const { admin } = await testApp(t)
  const ids: string[] = []
  for (let n = 0; n < 7; n += 1) {
    const body = aCompleteApplication()
    ids.push(
      (
        await admin.post('/v1/applications', {
          ...body,
          organisation: { ...body.organisation, name: `Fundación ${n}` },
        })
      ).json().id,
    )
  }
  const seen: string[] = []
  let path: string | undefined = '/v1/applications?preSession=38&sort=createdAt&limit=3'
  while (path !== undefined) {
    const answer: Awaited<ReturnType<typeof admin.get>> = await admin.get(path)
    seen.push(...answer.json().data.map((item: { id: string }) => item.id))
    path = /<([^>]+)>; rel="next"/.exec(String(answer.headers.link ?? ''))?.[1]
    if (seen.length === 3) await admin.post('/v1/applications', aCompleteApplication())
  }
  t.same(seen.slice(0, 7), ids)
  t.equal((await admin.get('/v1/applications?q=FUNDACION%203')).json().data.length, 1)
  t.equal((await admin.get('/v1/applications?q=%25')).json().data.length, 0, 'a wildcard is a character like any other')
  const other = await admin.get(
    `/v1/applications?country=BEL&cursor=${(await admin.get('/v1/applications?limit=1')).json().nextCursor}`,
  )
  t.equal(other.json().code, 'invalid_cursor', 'a cursor belongs to its filters')
})

t.test('lists and details need one statement, however many rows there are', async (t) => {
  const { admin, statements } = await testApp(t)
  const count = async (path: string) => {
    statements.take()
    const answer = await admin.get(path)
    t.equal(answer.statusCode, 200)
    return statements.take().length
  }
  const { id } = (await admin.post('/v1/applications', aCompleteApplication())).json()
  await admin.post(`/v1/applications/${id}/submission`)
  for (const path of [
    '/v1/applications',
    `/v1/applications/${id}`,
    `/v1/applications/${id}/versions`,
    `/v1/applications/${id}/history`,
    `/v1/applications/${id}/assessment`,
  ]) {
    t.equal(await count(path), 1, path)
  }
  for (let n = 0; n < 30; n += 1) await admin.post('/v1/applications', aCompleteApplication())
  t.equal(await count('/v1/applications?limit=30'), 1, 'with thirty rows as with one')
})

t.test('the dry run applies the same rules and stores nothing', async (t) => {
  const { admin, anyone } = await testApp(t)
  const { issues: _, ...incomplete } = aCompleteApplication()
  const answer = await anyone.post('/v1/pre-sessions/38/countries/BEL/assessments', incomplete)
  t.match(answer.json(), { outcome: 'incomplete', missing: ['/issues'], preview: true })
  t.match((await anyone.post('/v1/pre-sessions/38/countries/bel/assessments', aCompleteApplication())).json(), {
    outcome: 'eligible',
  })
  t.equal((await anyone.post('/v1/pre-sessions/38/countries/FRA/assessments', {})).json().code, 'country_not_found')
  t.equal(
    (await anyone.post('/v1/pre-sessions/38/countries/DNK/assessments', aCompleteApplication())).json().errors[0]
      .pointer,
    '/country',
  )
  t.same((await admin.get('/v1/applications')).json().data, [])
})

t.test(
  'a patch that would leave half an object behind is refused, and a list never breaks over what is stored',
  async (t) => {
    const { admin, db } = await testApp(t)
    const created = await admin.post('/v1/applications', aCompleteApplication())
    const path = `/v1/applications/${created.json().id}`
    const patch = { organisation: { ganhriStatus: { asOf: '2020-01-01' } } }
    const refused = await admin.patch(path, patch, { 'if-match': String(created.headers.etag) })
    t.equal(refused.statusCode, 400)
    t.equal(refused.json().errors[0].pointer, '/organisation/ganhriStatus/status')
    const odd = {
      preSession: 38,
      organisation: { ganhriStatus: { asOf: '2020-01-01' }, address: {} },
      issues: ['No Such Theme', {}],
      coalitionMembers: [{}],
      uprSubmission: {},
    }
    await db
      .updateTable('application')
      .set({ body: JSON.stringify(odd) })
      .execute()
    t.equal((await admin.get(path)).statusCode, 200)
    t.equal((await admin.get('/v1/applications')).statusCode, 200)
  },
)

t.test('a withdrawal needs no body', async (t) => {
  const { admin } = await testApp(t)
  const { id } = (await admin.post('/v1/applications', aCompleteApplication())).json()
  t.match((await admin.post(`/v1/applications/${id}/withdrawal`)).json(), { status: 'withdrawn' })
})
