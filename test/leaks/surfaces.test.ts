import ICAL from 'ical.js'
import t from 'tap'
import { refusalOf, wordsOf } from '../access/sending.ts'
import { surplusWords } from '../access/words.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { addressOf } from '../support/document.ts'
import { mails } from '../support/links.ts'
import { unzip } from '../support/unzip.ts'
import { leakWorld, outsiders, strangers } from './support.ts'

const hostile = [
  '<script>alert(1)</script>',
  '=HYPERLINK("https://evil.example")',
  'A\r\nBcc: all@evil.example',
  'X\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:mine',
  'a,b;c\\n"d"',
  '{{speaker.email}} <%= env %>',
]

t.test('surfaces', async (t) => {
  const { world, hands, record, records, operations, rowOf } = await leakWorld(t)
  const { admin, anyone } = world

  await t.test('leak 6: no history, feed or log is for anybody outside', async (t) => {
    const told = operations.filter(
      ({ operationId, path }) =>
        /History|Audit|Extensions|Waivers|Deliver|Submissions$/.test(operationId) &&
        !path.includes('/hooks/') &&
        !path.includes('/video'),
    )
    t.ok(told.length >= 8)
    for (const place of told) {
      for (const caller of outsiders) {
        const own = { ...record('selected').params, number: '38', iso3: 'EST' }
        const as = await hands(caller, record('selected'))
        const url = addressOf(place.path, own)
        const answer = place.method === 'GET' ? await as.get(url) : await as.post(url, {})
        t.equal(answer.statusCode, caller === 'public' ? 401 : 403, `${caller} ${place.operationId}`)
        t.same(surplusWords(world, caller, answer, record('selected')), [])
      }
    }
  })

  await t.test(
    'invariant 1: an export tells its person nothing that is not released, and nothing of others',
    async (t) => {
      for (const name of ['selected', 'prevented', 'released']) {
        const as = await hands('applicant', record(name))
        const { id } = (await as.post('/v1/people')).json()
        const answer = await as.get(`/v1/people/${id}/export`)
        t.equal(answer.statusCode, 200, name)
        const text = [...(await unzip(answer.rawPayload)).values()].join('\n').toLowerCase()
        t.match(text, new RegExp(record(name).canaries.lastName as string))
        const { status: _, ...hidden } = record(name).canaries
        for (const field of [
          'decidedAt',
          'preventedAt',
          'preventedReason',
          ...(name === 'selected' ? ['decisionReason'] : []),
        ])
          t.notOk(hidden[field] !== undefined && text.includes(hidden[field]), `${name} ${field}`)
        const others = Object.entries(records).filter(([other]) => other !== name)
        for (const [other, { canaries }] of others)
          t.notOk(
            Object.values(canaries).some((word) => /^canary/.test(word) && text.includes(word)),
            `${name}: ${other}`,
          )
        const stranger = await hands('otherApplicant')
        t.equal((await stranger.get(`/v1/people/${id}/export`)).statusCode, 404)
        t.equal((await stranger.post('/v1/people', { emails: [record(name).email] })).statusCode, 404)
      }
    },
  )

  await t.test('leak 9: one recipient a message, whatever is asked for', async (t) => {
    const two = [
      'a@mail.example,b@mail.example',
      'a@mail.example\nBcc: b@mail.example',
      'a@mail.example b@mail.example',
      '<a@mail.example>, b@mail.example',
    ]
    for (const email of two) {
      const answer = await anyone.post('/v1/access-links', { email, purpose: 'applicant', preSession: 38 })
      t.equal(answer.statusCode, 400, email)
    }
    for (const name of ['released', 'atRisk', 'selected'])
      await anyone.post('/v1/access-links', { email: record(name).email, purpose: 'applicant', preSession: 38 })
    const sent = await mails(world)
    t.ok(sent.length >= 3)
    for (const { to, subject, text } of sent) {
      t.match(to, /^[^\s,;<>@]+@[^\s,;<>@]+$/)
      const about = [/canary-\d+-(first|last)name/, /belgium|denmark|\bBEL\b|\bDNK\b/i, /right-to-health|health/i]
      t.ok(
        about.filter((one) => one.test(`${subject} ${text}`)).length < 2,
        'never a name, a country and a theme together',
      )
    }
  })

  await t.test('leak 10: nobody reads the mails of others', async (t) => {
    for (const caller of outsiders) {
      const answer = await (await hands(caller, record('selected'))).get('/v1/sandbox/mails')
      t.equal(answer.statusCode, caller === 'public' ? 401 : 403, caller)
    }
    const audit = (await admin.get('/v1/audit-log?limit=100')).body
    t.notMatch(audit, /lnk_|ses_|@mail\.example/, 'nor does the log keep addresses and tokens')
  })

  await t.test('leak 15: where to join is told to who takes part', async (t) => {
    const at = `/v1/qa-slots/${world.moderated}`
    const reads = [
      at,
      '/v1/qa-slots?preSession=38',
      '/v1/pre-sessions/38/programme',
      '/v1/pre-sessions/38/programme.ics',
      `${at}/speakers`,
      `${at}/question-queue`,
      `${at}/questions`,
    ]
    for (const caller of strangers.filter((one) => one !== 'moderator')) {
      const as = await hands(caller)
      for (const path of reads) t.notMatch(wordsOf(await as.get(path)), /canary-\w+-join/, `${caller} ${path}`)
    }
    for (const caller of ['applicant', 'moderator'] as const)
      t.match(wordsOf(await (await hands(caller, record('released'))).get(at)), /canary-published-join/, caller)
  })

  await t.test('leak 16: words of a user stay words', async (t) => {
    for (const [index, text] of hostile.entries()) {
      const email = `hostile${index}@mail.example`
      const { speaker, organisation, ...content } = aCompleteApplication()
      const body = {
        ...content,
        organisation: { ...organisation, name: text },
        speaker: { ...speaker, firstName: text, email },
      }
      world.clock.set('2021-01-04T10:00:00Z')
      const made = await admin.post('/v1/applications', body)
      t.equal(made.statusCode, 201, made.body)
      t.match(made.headers['content-type'], /^application\/json/)
      t.equal(made.headers['x-content-type-options'], 'nosniff')
      await anyone.post('/v1/access-links', { email, purpose: 'applicant', preSession: 38 })
      const [mail] = await mails(world)
      t.equal(mail?.to, email)
      t.notMatch(`${mail?.subject}${mail?.text}`, /script|HYPERLINK|evil|VEVENT|<%=|\{\{/)
    }
    for (const path of ['/problems/%3Cscript%3Ealert(1)%3C%2Fscript%3E', '/v1/%3Cscript%3E', '/v1/states/%3Cb%3E']) {
      const answer = await anyone.get(path)
      t.match(answer.headers['content-type'], /^application\/problem\+json/, path)
      t.equal(answer.headers['x-content-type-options'], 'nosniff')
      t.match(answer.headers['content-security-policy'], /default-src 'none'/)
    }
    for (const title of hostile) {
      const answer = await admin.patch(
        '/v1/pre-sessions/38',
        { title: title.replace(/[\r\n]+/g, ' ') },
        { 'if-match': '*' },
      )
      t.equal(answer.statusCode, 200, answer.body)
      for (const path of ['deadlines.ics', 'programme.ics']) {
        const calendar = await anyone.get(`/v1/pre-sessions/38/${path}`)
        const parsed = new ICAL.Component(ICAL.parse(calendar.body))
        t.notOk(
          parsed.getAllSubcomponents('vevent').some((event) => event.getFirstPropertyValue('summary') === 'mine'),
          path,
        )
        for (const line of calendar.body.split('\r\n')) t.notMatch(line, /^(SUMMARY:mine|BCC)/i)
      }
    }
    t.equal(
      (await admin.patch('/v1/pre-sessions/38', { title: hostile[3] }, { 'if-match': '*' })).statusCode,
      400,
      'a title is one line',
    )
  })

  await t.test('leak 17: no other way of writing an address is a way around', async (t) => {
    const guarded = operations.filter(
      (place) => place.method === 'GET' && rowOf(place)?.roles !== 'public' && !place.path.includes('/events'),
    )
    for (const place of guarded) {
      const url = addressOf(place.path, { ...record('selected').params, number: '38', iso3: 'BEL' })
      const head = await world.inject({ method: 'HEAD', url })
      t.equal(head.statusCode, 401, `HEAD ${place.operationId}`)
      t.equal(head.body, '')
      const ways = [
        `/${url}`,
        `${url}/`,
        url.toUpperCase(),
        url.replace('/v1/', '/v1//'),
        `${url};x=1`,
        `${url}%00`,
        `${url}/.`,
        `/x/..${url}`,
        url.replace('/v1', '/%761'),
        `${url}.json`,
      ]
      for (const way of ways) {
        const answer = await world.app.inject({ method: 'GET', url: way })
        t.ok([400, 401, 404, 405].includes(answer.statusCode), `${answer.statusCode} ${way}`)
        t.notMatch(wordsOf(answer), /canary/, way)
      }
      for (const name of [
        'x-http-method-override',
        'x-original-url',
        'x-rewrite-url',
        'x-forwarded-user',
        'x-api-key',
      ]) {
        const answer = await anyone.get(url, { [name]: name === 'x-http-method-override' ? 'POST' : '/v1/states' })
        t.equal(answer.statusCode, 401, `${name} ${place.operationId}`)
      }
    }
    const [slash, plain] = [
      await anyone.get(`/v1/applications/${record('selected').params.id}/`),
      await anyone.get(`/v1/applications/${record('selected').params.id}`),
    ]
    t.equal(refusalOf(slash).includes('404'), refusalOf(plain).includes('404'))
  })
})
