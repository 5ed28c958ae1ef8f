import t from 'tap'
import { callers } from '../access/callers.ts'
import { refusalOf, wordsOf } from '../access/sending.ts'
import { nobody, surplusWords } from '../access/words.ts'
import { addressOf, type Parameter, type Place, type Schema } from '../support/document.ts'
import { leakWorld, outsiders, strangers } from './support.ts'

/** Something for every parameter that an operation takes: each value of a list, numbers of rounds that are and are not, words that are hidden. */
function valuesFor({ name, schema }: Parameter, words: string[]): string[] {
  const { enum: values, type, format } = schema as Schema & { format?: string }
  if (values !== undefined) return values.map(String)
  if (name === 'preSession') return ['38', '91', '999']
  if (['country', 'iso3', 'state'].includes(name)) return ['BEL', 'DNK', 'FRA']
  if (name === 'timeZone') return ['Europe/Zurich']
  if (format === 'uuid') return words.filter((word) => /^[\da-f-]{36}$/.test(word))
  if (format === 'date-time') return ['2020-12-01T00:00:00Z', '2021-02-10T11:11:30Z']
  if (type === 'integer') return ['1', '38']
  if (type === 'boolean') return ['true', 'false']
  return words
}

/** One value of each filter on what other views do not show. */
const staffFilters = {
  status: 'prevented',
  outcome: 'eligible',
  decision: 'selected',
  organisationType: 'nationalCso',
  receivedAfter: '2020-12-01T00:00:00Z',
  receivedBefore: '2030-12-01T00:00:00Z',
  sort: 'receivedAt',
}

t.test('lists', async (t) => {
  const { world, hands, operations, mayCall, record, records } = await leakWorld(t)
  const hidden = record('selected')
  const { firstName = '', organisation = '', speakerEmail = '' } = hidden.canaries
  const words = [firstName, organisation, speakerEmail, hidden.params.id as string, 'prevented', 'selected']
  const isListed = (place: Place) => place.method === 'GET' && !place.path.includes('/events')
  const reads = operations.filter(isListed)

  await t.test('leak 1: a search tells nothing of what it does not show', async (t) => {
    const nonsense = 'x'.repeat(firstName.length)
    for (const caller of outsiders) {
      const as = await hands(caller)
      for (const path of [
        '/v1/applications?q=',
        '/v1/applications?country=BEL&q=',
        '/v1/applications?preSession=38&q=',
      ]) {
        const answers = [firstName, organisation, speakerEmail, nonsense].map(async (q) =>
          refusalOf(await as.get(path + q)),
        )
        t.equal(new Set(await Promise.all(answers)).size, 1, `${caller} ${path}`)
      }
      for (const [field, value] of Object.entries(staffFilters)) {
        const answer = await as.get(`/v1/applications?${field}=${value}`)
        t.equal(answer.json().errors?.[0].code, 'not_for_this_caller', `${caller} ${field}`)
      }
    }
  })

  await t.test('leak 4: no parameter of any operation opens what the caller may not see', async (t) => {
    const faults: string[] = []
    let tried = 0
    for (const place of reads) {
      const parameters = (place.parameters ?? []).filter(
        ({ in: where, name }) => where === 'query' && !['limit', 'cursor'].includes(name),
      )
      for (const caller of strangers.filter((one) => mayCall(one, place))) {
        const as = await hands(caller)
        for (const parameter of parameters) {
          for (const value of valuesFor(parameter, words)) {
            const asked = { ...nobody, params: { value } }
            const answer = await as.get(`${addressOf(place.path)}?${parameter.name}=${encodeURIComponent(value)}`)
            for (const fault of surplusWords(world, caller, answer, asked))
              faults.push(`${caller} ${place.operationId} ${parameter.name}=${value}: ${fault}`)
            tried += 1
          }
        }
      }
    }
    t.same(faults, [])
    t.ok(tried > 300, `${tried} requests`)
    for (const caller of outsiders.filter((one) => callers[one].role !== 'reviewer')) {
      const as = await hands(caller)
      const [withHidden, without] = [
        await as.get('/v1/applications?country=BEL'),
        await as.get('/v1/applications?country=SOM'),
      ]
      t.equal(withHidden.body, without.body, `${caller}: a country with applications and one without`)
      const [draft, never] = [
        await as.get('/v1/applications?preSession=91'),
        await as.get('/v1/applications?preSession=999'),
      ]
      t.equal(draft.body, never.body, `${caller}: a round in preparation and none`)
    }
  })

  await t.test('leak 5: pages are full to the last and tell of no others', async (t) => {
    for (const caller of outsiders) {
      const as = await hands(caller)
      const whole = (await as.get('/v1/applications?limit=100')).json()
      t.equal(whole.nextCursor, null, caller)
      t.same(Object.keys(whole).sort(), ['data', 'nextCursor'], `${caller}: no totals`)
      const ids: string[] = []
      for (let path: string | undefined = '/v1/applications?limit=1'; path !== undefined; ) {
        const page = await as.get(path)
        const { data, nextCursor } = page.json()
        if (whole.data.length > 0) t.equal(data.length, 1, `${caller}: a page with a gap would tell of a hidden one`)
        t.equal(page.headers.link === undefined, nextCursor === null, caller)
        for (const { id } of data) ids.push(id)
        path = nextCursor === null ? undefined : `/v1/applications?limit=1&cursor=${nextCursor}`
      }
      t.same(
        ids,
        whole.data.map(({ id }: { id: string }) => id),
        caller,
      )
    }
    const applicant = await hands('applicant', hidden)
    t.equal((await applicant.get('/v1/applications')).json().data.length, 1)
    t.notMatch((await applicant.get(`/v1/applications/${hidden.params.id}`)).json(), { linkedApplications: [] })
  })

  await t.test('leak 13: no counts, and no order that gives away decisions', async (t) => {
    for (const caller of [...outsiders, 'integration'] as const) {
      const as = await hands(caller)
      for (const path of ['', '/BEL', '/DNK']) {
        const answer = await as.get(`/v1/pre-sessions/38/countries${path}`)
        t.notMatch(answer.body, /count|updatedAt/i, `${caller} ${path}`)
      }
      if (caller !== 'integration')
        for (const sort of ['createdAt', 'receivedAt', '-receivedAt'])
          t.equal((await as.get(`/v1/applications?sort=${sort}`)).statusCode, 400, `${caller} ${sort}`)
    }
    const before = (await world.anyone.get('/metrics')).body
    t.notMatch(
      before,
      /http_request|application|submission|queue_jobs/,
      'what is counted per operation hints at how many applied',
    )
    const seen = (await world.anyone.get('/v1/applications?limit=100')).json().data as { id: string }[]
    t.same(
      seen.map(({ id }) => id),
      seen.map(({ id }) => id).sort(),
      'by id, whatever was decided when',
    )
    t.ok(Object.keys(records).length > seen.length)
  })

  await t.test('invariant 1: a cursor made by hand opens nothing', async (t) => {
    const as = await hands('public')
    const made = await as.get('/v1/applications?limit=1')
    const [binding] = JSON.parse(Buffer.from(made.json().nextCursor, 'base64url').toString())
    const cursorOf = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
    const first = '00000000-0000-7000-8000-000000000000'
    for (const cursor of [cursorOf(binding, '', first), cursorOf(binding, '', hidden.params.id)]) {
      const page = await as.get(`/v1/applications?limit=100&cursor=${cursor}`)
      t.equal(page.statusCode, 200)
      t.same(surplusWords(world, 'public', page), [])
    }
    const bent = [
      cursorOf('AAAAAAAAAA', '', first),
      cursorOf(binding, 'selected', first),
      cursorOf(binding, '', "' or 1=1 --"),
    ]
    for (const cursor of bent) {
      const page = await as.get(`/v1/applications?limit=100&cursor=${cursor}`)
      t.equal(page.json().code, 'invalid_cursor')
    }
    const ofStaff = (await world.admin.get('/v1/applications?limit=1')).json().nextCursor
    const lent = await as.get(`/v1/applications?limit=100&cursor=${ofStaff}`)
    t.equal(lent.json().code, 'invalid_cursor', 'nor does one of somebody else')
    t.notMatch(wordsOf(lent), new RegExp(hidden.params.id as string))
  })
})
