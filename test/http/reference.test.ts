import t from 'tap'
import { lifecycles } from '../../src/domain/lifecycles.ts'
import { calendar, preSession38, states, themeVocabulary } from '../../src/reference/data.ts'
import { loadReferenceData } from '../../src/reference/load.ts'
import { type TestApp, testApp } from '../support/app.ts'

/** Every item of a list, page by page along its `Link` header. */
async function readAll(anyone: TestApp['anyone'], path: string) {
  const items: Record<string, unknown>[] = []
  for (let next: string | undefined = path; next !== undefined; ) {
    const response = await anyone.get(next)
    const { data, nextCursor } = response.json()
    items.push(...data)
    next = /^<([^>]+)>; rel="next"$/.exec(String(response.headers.link ?? ''))?.[1]
    if ((next === undefined) !== (nextCursor === null)) throw new Error('Link and nextCursor do not agree')
  }
  return items
}

const codes = (items: Record<string, unknown>[]) => items.map(({ iso3 }) => iso3)

t.test('States', async (t) => {
  const { anyone } = await testApp(t)

  await t.test('all of them are listed once, twenty a page, by code', async (t) => {
    const first = await anyone.get('/v1/states')
    t.equal(first.statusCode, 200)
    t.equal(first.json().data.length, 20)
    t.same(codes(await readAll(anyone, '/v1/states')), codes(states as never))
    t.same(codes(await readAll(anyone, '/v1/states?limit=100')), codes(states as never))
  })

  await t.test('filters narrow the list, and follow it from page to page', async (t) => {
    t.same(codes(await readAll(anyone, '/v1/states?kind=observer')), ['PSE', 'VAT'])
    const weog = states.filter(({ kind, regionalGroup }) => kind === 'member' && regionalGroup === 'weog')
    t.same(codes(await readAll(anyone, '/v1/states?kind=member&regionalGroup=weog&limit=7')), codes(weog as never))
  })

  await t.test('names are found in six languages, without regard to case and accents', async (t) => {
    const cases: [string, string[]][] = [
      ['BELG', ['BEL']],
      ['états-unis', ['USA']],
      ['etats-unis', ['USA']],
      ['cote d', ['CIV']],
      ['БЕЛЬГ', ['BEL']],
      ['比利时', ['BEL']],
      ['بلجيكا', ['BEL']],
      ['%', []],
      ['_', []],
    ]
    for (const [q, expected] of cases) {
      t.same(codes(await readAll(anyone, `/v1/states?q=${encodeURIComponent(q)}`)), expected, q)
    }
  })

  await t.test('what the list does not know is refused', async (t) => {
    const cases: [string, string][] = [
      ['kind=nation', '/query/kind'],
      ['regionalGroup=west', '/query/regionalGroup'],
      ['limit=0', '/query/limit'],
      ['limit=101', '/query/limit'],
      ['colour=blue', '/query/colour'],
      ['q=', '/query/q'],
      ['q=%20', '/query/q'],
      ['cursor=abc', '/query/cursor'],
      ['q=a%00', '/query/q'],
    ]
    for (const [query, pointer] of cases) {
      const response = await anyone.get(`/v1/states?${query}`)
      t.equal(response.statusCode, 400, query)
      t.equal(response.json().errors[0].pointer, pointer, query)
    }
  })

  await t.test('a cursor belongs to its filters', async (t) => {
    const { nextCursor } = (await anyone.get('/v1/states?kind=member')).json()
    const response = await anyone.get(`/v1/states?cursor=${nextCursor}`)
    t.equal(response.json().code, 'invalid_cursor')
  })

  await t.test('one is read by its code in any case, and 304 saves its body', async (t) => {
    const response = await anyone.get('/v1/states/bel')
    t.equal(response.statusCode, 200)
    t.match(response.json(), { iso3: 'BEL', iso2: 'BE', kind: 'member', regionalGroup: 'weog' })
    t.equal(response.json().names.ru, 'Бельгия')
    t.equal(response.headers['cache-control'], 'no-cache')
    const etag = String(response.headers.etag)
    const held = await anyone.get('/v1/states/BEL', { 'if-none-match': etag })
    t.equal(held.statusCode, 304)
    t.equal(held.body, '')
    t.equal((await anyone.get('/v1/states/DNK', { 'if-none-match': etag })).statusCode, 200)
  })

  await t.test('a note and an absent group are told', async (t) => {
    const { regionalGroup, regionalGroupNote } = (await anyone.get('/v1/states/VAT')).json()
    t.equal(regionalGroup, null)
    t.match(regionalGroupNote, /observer/)
    t.notOk('regionalGroupNote' in (await anyone.get('/v1/states/BEL')).json())
  })

  await t.test('a code that no State has is not found, a text that is no code is not valid', async (t) => {
    t.match((await anyone.get('/v1/states/XYZ')).json(), { status: 404, code: 'state_not_found' })
    t.match((await anyone.get('/v1/states/Belgium')).json(), { status: 400, code: 'invalid_request' })
  })

  await t.test('another method is refused with those that are taken', async (t) => {
    const response = await anyone.post('/v1/states', {})
    t.equal(response.statusCode, 405)
    t.equal(response.headers.allow, 'GET, HEAD')
  })
})

t.test('themes keep the order and the codes of the vocabulary', async (t) => {
  const { anyone } = await testApp(t)
  const themes = await readAll(anyone, '/v1/themes')
  const expected = themeVocabulary.themes.map((theme) => ({ ...theme, vocabularyVersion: 1 }))
  t.same(themes, expected)
  const forged = Buffer.from(JSON.stringify(['x', 'y', 'z'])).toString('base64url')
  t.equal((await anyone.get(`/v1/themes?cursor=${forged}`)).json().code, 'invalid_cursor')
})

t.test('Working Group sessions', async (t) => {
  const { anyone } = await testApp(t)
  const numbers = (items: Record<string, unknown>[]) => items.map(({ number }) => number)
  const known = calendar.map(({ session }) => session)

  await t.test('are listed by number, either way, page by page', async (t) => {
    t.same(numbers(await readAll(anyone, '/v1/working-group-sessions?limit=5')), known)
    t.same(numbers(await readAll(anyone, '/v1/working-group-sessions?limit=5&sort=-number')), known.toReversed())
  })

  await t.test('are filtered by cycle', async (t) => {
    const fourth = calendar.filter(({ cycle }) => cycle === 4).map(({ session }) => session)
    t.same(numbers(await readAll(anyone, '/v1/working-group-sessions?cycle=4')), fourth)
    t.same(await readAll(anyone, '/v1/working-group-sessions?cycle=2'), [])
  })

  await t.test('tell dates, States and source', async (t) => {
    const response = await anyone.get('/v1/working-group-sessions/38')
    t.equal(response.statusCode, 200)
    t.ok(response.headers.etag)
    const session = response.json()
    t.match(session, {
      number: 38,
      cycle: 3,
      startDate: '2021-05-03',
      endDate: '2021-05-14',
      confidence: 'sourced',
      source: /^https:/,
      deferred: [],
      preSession: { startDate: '2021-03-22', endDate: null, format: 'virtual' },
    })
    t.same(new Set(codes(session.states)), new Set(preSession38.countries))
  })

  await t.test('tell what is only inferred, and what was deferred', async (t) => {
    const inferred = (await anyone.get('/v1/working-group-sessions/52')).json()
    t.match(inferred, {
      startDate: null,
      endDate: null,
      month: '2026-05',
      confidence: 'inferred',
      note: /NOT verified/,
    })
    const deferred = (await anyone.get('/v1/working-group-sessions/39')).json()
    t.match(deferred.deferred, [{ iso3: 'SDN', name: 'Sudan', note: /session 40/ }])
  })

  await t.test('outside the calendar are not found', async (t) => {
    t.equal((await anyone.get('/v1/working-group-sessions/1')).json().code, 'working_group_session_not_found')
    t.equal((await anyone.get('/v1/working-group-sessions/last')).json().code, 'invalid_request')
  })
})

t.test('every state machine is told as data', async (t) => {
  const { anyone } = await testApp(t)
  const machines = await readAll(anyone, '/v1/lifecycles?limit=3')
  t.same(
    machines.map(({ name }) => name),
    Object.keys(lifecycles).sort(),
  )
  t.match(
    machines.find(({ name }) => name === 'preSession'),
    {
      initial: 'draft',
      states: [{ name: 'draft', final: false }],
      transitions: [{ from: 'draft', to: 'callOpen', by: 'person' }],
    },
  )
})

t.test('loading the reference data', async (t) => {
  const now = '2021-01-05T12:00:00Z'

  await t.test('by several replicas at once leaves one of everything', async (t) => {
    const { db } = await testApp(t)
    for (const table of ['country_under_review', 'pre_session', 'shipped_data', 'state', 'theme'] as const) {
      await db.deleteFrom(table).execute()
    }
    await Promise.all(Array.from({ length: 6 }, () => loadReferenceData(db, now)))
    t.equal((await db.selectFrom('state').select('iso3').execute()).length, 195)
    t.equal((await db.selectFrom('theme').select('code').execute()).length, 54)
    const countries = await db.selectFrom('country_under_review').selectAll().orderBy('position').execute()
    t.same(codes(countries as never), preSession38.countries, 'in the order of the announcement')
    t.same([...new Set(countries.map(({ confidence }) => confidence))], ['sourced'])
    const round = await db.selectFrom('pre_session').selectAll().executeTakeFirstOrThrow()
    t.match(round, { number: 38, status: 'callOpen', closes_at: '2021-01-08T23:00:00Z', created_at: now })
  })

  await t.test('corrects what differs', async (t) => {
    const { db } = await testApp(t)
    await db.updateTable('theme').set({ label: '{"en":"Wrong"}' }).where('code', '=', 'civil-society').execute()
    await loadReferenceData(db, now)
    const theme = await db.selectFrom('theme').select('label').where('code', '=', 'civil-society').executeTakeFirst()
    t.same(theme?.label, { en: 'Civil society' })
  })

  await t.test('never overwrites what people made of round 38', async (t) => {
    const { db } = await testApp(t)
    await db.updateTable('pre_session').set({ title: 'Edited' }).execute()
    await db.deleteFrom('country_under_review').where('iso3', '=', 'BEL').execute()
    await loadReferenceData(db, now)
    t.equal((await db.selectFrom('pre_session').select('title').executeTakeFirst())?.title, 'Edited')
    t.equal((await db.selectFrom('country_under_review').select('iso3').execute()).length, 13)
  })

  await t.test('leaves a round 38 alone that people entered before', async (t) => {
    const { db } = await testApp(t)
    await db.deleteFrom('country_under_review').execute()
    await db.deleteFrom('shipped_data').execute()
    await loadReferenceData(db, now)
    t.same(await db.selectFrom('country_under_review').select('iso3').execute(), [])
  })
})
