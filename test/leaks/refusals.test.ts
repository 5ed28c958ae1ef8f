import t from 'tap'
import { refusalOf, wordsOf } from '../access/sending.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { leakWorld, strangers } from './support.ts'

const never = '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10'
const unseen = ['draft', 'submitted', 'selected', 'withoutConsent', 'consentWithdrawn', 'notSelected', 'prevented']

t.test('refusals', async (t) => {
  const { world, hands, record, operations } = await leakWorld(t)
  const { statements } = world
  const ofApplications = operations.filter(({ path }) => path.startsWith('/v1/applications/{id}'))

  await t.test('leak 2: what may not be seen takes the way of what never was', async (t) => {
    for (const caller of strangers) {
      const as = await hands(caller)
      for (const name of unseen) {
        statements.take()
        await as.get(`/v1/applications/${record(name).params.id}`)
        const way = statements.take()
        await as.get(`/v1/applications/${never}`)
        t.same(way, statements.take(), `${caller} ${name}`)
      }
    }
  })

  await t.test('leak 3: "not yours" and "not there" are one answer, byte for byte', async (t) => {
    const bent = ['', '?limit=0', '?q=x', `?cursor=${'A'.repeat(600)}`]
    const headers = [
      {},
      { 'if-none-match': '*' },
      { 'if-match': '"x"' },
      { accept: 'text/html' },
      { range: 'bytes=0-1' },
    ]
    for (const caller of strangers) {
      const as = await hands(caller)
      for (const name of ['selected', 'prevented']) {
        const { id = '', docId = '' } = record(name).params
        for (const query of bent)
          for (const extra of headers) {
            const own = await as.get(`/v1/applications/${id}${query}`, extra as Record<string, string>)
            const other = await as.get(`/v1/applications/${never}${query}`, extra as Record<string, string>)
            t.equal(refusalOf(own), refusalOf(other), `${caller} ${name} ${query} ${JSON.stringify(extra)}`)
          }
        for (const place of ofApplications) {
          const url = (one: string) => place.path.replace('{id}', one).replace('{docId}', docId)
          const send = (one: string, payload?: object) =>
            place.method === 'GET' ? as.get(url(one)) : as[place.method.toLowerCase() as 'post'](url(one), payload)
          for (const payload of [{}, { notAField: 1 }])
            t.equal(
              refusalOf(await send(id, payload)),
              refusalOf(await send(never, payload)),
              `${caller} ${place.operationId}`,
            )
        }
      }
    }
  })

  await t.test('leak 3: a document of another application is none of this one', async (t) => {
    const [own, other] = [record('selected'), record('released')]
    const as = await hands('applicant', own)
    const at = (doc?: string) => as.get(`/v1/applications/${own.params.id}/documents/${doc}`)
    t.equal((await at(own.params.docId)).statusCode, 200)
    t.equal(refusalOf(await at(other.params.docId)), refusalOf(await at(never)))
    const patch = (doc?: string) =>
      as.patch(`/v1/applications/${own.params.id}`, { uprSubmission: { documentIds: [doc] } }, { 'if-match': '*' })
    t.equal(refusalOf(await patch(other.params.docId)), refusalOf(await patch(never)))
  })

  await t.test('leak 3: a round in preparation is none, at every address below it', async (t) => {
    const below = operations.filter(({ path, method }) => path.includes('{number}') && method === 'GET')
    for (const caller of strangers) {
      const as = await hands(caller)
      for (const { path, operationId } of below) {
        const url = (number: string) =>
          path.replace('{number}', number).replace('{iso3}', 'BEL').replace('{version}', '1')
        t.equal(refusalOf(await as.get(url('91'))), refusalOf(await as.get(url('999'))), `${caller} ${operationId}`)
      }
      const dryRun = (number: string) => as.post(`/v1/pre-sessions/${number}/countries/BEL/assessments`, {})
      t.equal(refusalOf(await dryRun('91')), refusalOf(await dryRun('999')), `${caller} dry run`)
    }
    const integration = await hands('integration')
    const begin = (preSession: number) => integration.post('/v1/applications', { preSession })
    t.equal(refusalOf(await begin(91)), refusalOf(await begin(999)), 'nor can an application be begun to find out')
  })

  await t.test('leak 8: no id, tag, cursor or name of a file comes of a name or an address', async (t) => {
    const { admin, anyone } = world
    const made = async (firstName: string, email: string, atRisk: boolean) => {
      world.clock.set('2021-01-04T10:00:00Z')
      const { speaker, ...content } = aCompleteApplication()
      const body = { ...content, speaker: { ...speaker, firstName, email, atRisk }, consents: ['showNameInProgramme'] }
      const { id } = (await admin.post('/v1/applications', { ...body, country: 'DNK' })).json()
      await admin.post(`/v1/applications/${id}/submission`)
      await admin.post(`/v1/applications/${id}/decisions`, { decision: 'selected', reason: 'Chosen.' })
      world.clock.set('2021-02-20T12:00:00Z')
      return `/v1/applications/${id}`
    }
    const at = await made('Hidden', 'hidden@mail.example', true)
    const before = await anyone.get(at)
    t.match(before.json().speaker, { pseudonym: /^Speaker / })
    const list = await anyone.get('/v1/applications?limit=1')
    // What is hidden changes, and nothing that is shown does.
    const change = {
      speaker: { firstName: 'Other', lastName: 'Name', position: 'Chair' },
      organisation: { name: 'Other' },
    }
    await world.db
      .updateTable('application')
      .set(({ fn, val }) => ({
        body: fn('jsonb_set', [
          'body',
          val('{speaker,firstName}'),
          val(JSON.stringify(change.speaker.firstName)),
        ]) as never,
      }))
      .where('id', '=', at.split('/').at(-1) as string)
      .execute()
    t.match((await admin.get(at)).json().speaker, { firstName: 'Other' })
    const after = await anyone.get(at)
    t.equal(after.headers.etag, before.headers.etag)
    t.equal(after.body, before.body)
    t.equal((await anyone.get('/v1/applications?limit=1')).json().nextCursor, list.json().nextCursor)
    t.match(list.json().nextCursor, /^[\w-]+$/)
    const cursor = JSON.parse(Buffer.from(list.json().nextCursor, 'base64url').toString())
    t.same(cursor.slice(1), ['', list.json().data[0].id], 'a cursor is a place, bound to its filters')

    const ids = [await made('Same', 'same@mail.example', false), await made('Same', 'same@mail.example', false)]
    t.not(ids[0], ids[1])
    for (const id of ids) t.match(id, /[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  })

  await t.test('invariant 1: an entity tag held before tells nothing after', async (t) => {
    const released = record('released')
    const tag = String((await world.anyone.get(`/v1/applications/${released.params.id}`)).headers.etag)
    for (const caller of strangers) {
      const as = await hands(caller)
      const hidden = record('consentWithdrawn')
      for (const held of [tag, '*', `W/${tag}`, '"x", *']) {
        const answer = await as.get(`/v1/applications/${hidden.params.id}`, { 'if-none-match': held })
        t.equal(answer.statusCode, 404, `${caller} ${held}`)
        t.notOk(answer.headers.etag, `${caller} ${held}`)
        t.notMatch(wordsOf(answer), /canary/)
      }
    }
  })
})
