import { Writable } from 'node:stream'
import pino from 'pino'
import t from 'tap'
import { readConfig } from '../../src/config.ts'
import { listTasks, listTicks } from '../../src/jobs/list.ts'
import { startWorker } from '../../src/jobs/worker.ts'
import { enqueueMail, type Outgoing } from '../../src/mail/service.ts'
import { templates } from '../../src/mail/templates.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { runJobs } from '../support/jobs.ts'
import { aDelegate, anApplicant, aToken, mails, tokenIn } from '../support/links.ts'
import { freePort, mailServer } from '../support/mail-server.ts'

const from = 'Pre-sessions <office@pre.example>'
const request = { email: 'zoe@ligue.example', purpose: 'applicant', preSession: 38 }
const message = { subject: 'Hello', text: 'A text.' }
const now = '2020-12-15T10:00:00Z'

const outgoing = (change: Partial<Outgoing> = {}): Outgoing => ({
  to: 'zoe@ligue.example',
  template: 'accessLink',
  params: { preSession: 38 },
  message,
  ...change,
})
const put = ({ db, deps }: TestApp, mail: Outgoing) =>
  db.transaction().execute((tx) => enqueueMail(deps, tx, mail, now))
const outbox = ({ db }: TestApp) => db.selectFrom('mail_outbox').selectAll().orderBy('id').execute()
/** As where it is in earnest: outside the sandbox nothing is kept. */
const inEarnest = (app: TestApp, change: object = {}) => ({
  ...app.deps,
  config: { ...app.deps.config, sandbox: false },
  ...change,
})

t.test('a link goes to its one recipient, in plain text', async (t) => {
  const server = await mailServer(t)
  const app = await testApp(t, { env: { SMTP_URL: server.url, MAIL_FROM: from } })
  await anApplicant(app)
  await aDelegate(app, 'CHE', 'zoe@ligue.example')
  await app.anyone.post('/v1/access-links', request)
  await app.anyone.post('/v1/access-links', { ...request, email: 'contact@ligue.example' })
  await runJobs(inEarnest(app))
  t.same(
    server.received.map(({ to }) => to),
    [['zoe@ligue.example'], ['contact@ligue.example']],
    'one message each',
  )
  const [mail] = server.received
  t.equal(mail?.from, 'office@pre.example')
  const names = mail?.headers.map((line) => line.split(':')[0]?.toLowerCase())
  t.notOk(names?.some((name) => ['cc', 'bcc', 'reply-to'].includes(name ?? '')))
  for (const line of [
    'To: zoe@ligue.example',
    'Subject: Your link for Pre-sessions 38',
    'Auto-Submitted: auto-generated',
  ])
    t.ok(mail?.headers.includes(line), line)
  t.ok(mail?.headers.some((line) => /^From: "?Pre-sessions"? <office@pre.example>$/.test(line)))
  t.ok(mail?.headers.some((line) => /^Content-Type: text\/plain/.test(line)))
  t.equal((await app.anyone.post('/v1/sessions', { token: tokenIn(mail?.text ?? '') })).statusCode, 201)
  t.match(await outbox(app), [
    { state: 'sent', attempts: 1, text: null, last_error: null, sent_at: String },
    { state: 'sent', text: null },
  ])
  t.notMatch(JSON.stringify(await outbox(app)), 'lnk_', 'the token is gone from the database')
})

t.test('a mail goes out only if its cause is committed', async (t) => {
  const server = await mailServer(t)
  const app = await testApp(t, { env: { SMTP_URL: server.url, MAIL_FROM: from } })
  const attempt = app.db.transaction().execute(async (tx) => {
    await enqueueMail(app.deps, tx, outgoing(), now)
    throw new Error('rolled back')
  })
  await t.rejects(attempt, { message: 'rolled back' })
  await runJobs(app.deps)
  t.same([await outbox(app), server.received], [[], []])
})

t.test('while the mail server is away it is tried again; in the end there is one message', async (t) => {
  const port = await freePort()
  const app = await testApp(t, { env: { SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: from } })
  const lines: string[] = []
  const failed = new Promise<void>((resolve) => {
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk))
        if (/A mail could not be sent/.test(String(chunk))) resolve()
        done()
      },
    })
    app.deps.log = pino({ level: 'debug' }, stream)
  })
  const deps = inEarnest(app, { log: app.deps.log })
  await put(app, outgoing())
  const [{ message_id: messageId = '' } = {}] = await outbox(app)
  const worker = await startWorker(deps, { url: app.url, tasks: listTasks(deps), ticks: listTicks(deps) })
  await failed
  t.match(await outbox(app), [{ state: 'queued', attempts: 1, text: 'A text.', last_error: /^ESOCKET|^ECONN/ }])
  const server = await mailServer(t, { port })
  await server.arrived(1)
  await worker.stop()
  t.match(await outbox(app), [{ state: 'sent', attempts: 2, text: null, last_error: null }])
  t.equal(server.received.length, 1)
  t.ok(
    server.received[0]?.headers.some((line) => line === `Message-ID: ${messageId}`),
    'the one it was born with',
  )
  t.notMatch(lines.join(''), /zoe@|A text/)
})

t.test(
  'a server that is busy is asked again under the same Message-ID, one that refuses for good is not',
  async (t) => {
    const server = await mailServer(t, {
      refuse: (to, nth) => (to.startsWith('gone') ? 550 : nth === 1 ? 451 : undefined),
    })
    const app = await testApp(t, { env: { SMTP_URL: server.url, MAIL_FROM: from } })
    const deps = inEarnest(app)
    const send = listTasks(deps)['mail-send'] as (payload: unknown) => Promise<void>
    await put(app, outgoing())
    const [{ id: mailId = '', message_id: messageId = '' } = {}] = await outbox(app)
    await t.rejects(send({ mailId }), { message: /^A mail could not be sent: EENVELOPE RCPT TO 451$/ })
    t.match(await outbox(app), [{ state: 'queued', attempts: 1, message_id: messageId }])
    await send({ mailId })
    await send({ mailId })
    t.equal(server.received.length, 1)
    t.match(await outbox(app), [{ state: 'sent', message_id: messageId }])

    await put(app, outgoing({ to: 'gone@ligue.example' }))
    await runJobs(deps)
    const [, refused] = await outbox(app)
    t.match(refused, { state: 'failed', text: null, last_error: 'EENVELOPE RCPT TO 550', attempts: 1 })
  },
)

t.test('a mail that is worth nothing any more is not sent, and its text is gone', async (t) => {
  const server = await mailServer(t)
  const app = await testApp(t, { env: { SMTP_URL: server.url, MAIL_FROM: from } })
  await put(app, outgoing({ usefulUntil: '2020-12-15T10:30:00Z' }))
  app.clock.set('2020-12-15T10:30:00Z')
  await runJobs(inEarnest(app))
  t.match(await outbox(app), [{ state: 'failed', text: null, last_error: 'EXPIRED' }])
  t.same(server.received, [])
})

t.test(
  'without a mail server mails wait, a link not longer than it works; a later one sends what is left',
  async (t) => {
    const app = await testApp(t)
    const unconfigured = inEarnest(app)
    await put(app, outgoing({ usefulUntil: '2020-12-15T10:30:00Z', message: { subject: 'Link', text: 'lnk_x' } }))
    await put(app, outgoing())
    await runJobs(unconfigured)
    t.match(await outbox(app), [{ state: 'queued' }, { state: 'queued' }])
    t.equal((await app.anyone.get('/health/ready')).statusCode, 200)

    app.clock.set('2020-12-15T11:00:00Z')
    const tick = (deps: TestApp['deps']) =>
      listTicks(deps)
        .find(({ name }) => name === 'mail-outbox')
        ?.run()
    await tick(unconfigured)
    t.match(await outbox(app), [{ state: 'failed', text: null }, { state: 'queued' }])

    const server = await mailServer(t)
    const mail = readConfig({ SMTP_URL: server.url, MAIL_FROM: from }).mail
    const configured = { ...unconfigured, config: { ...unconfigured.config, mail } }
    await tick(configured)
    await tick(configured)
    await runJobs(configured)
    t.same(
      server.received.map(({ text }) => text.trim()),
      ['A text.'],
    )
  },
)

t.test('a tick leaves the back-off of the queue alone', async (t) => {
  const app = await testApp(t, { env: { SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: from } })
  await put(app, outgoing())
  const count = async () => (await app.pool.query('select id, run_at from graphile_worker.jobs')).rows
  const before = await count()
  await listTicks(app.deps)
    .find(({ name }) => name === 'mail-outbox')
    ?.run()
  t.same(await count(), before)
})

t.test('no recipient and no subject can add a header or a recipient', async (t) => {
  const app = await testApp(t)
  for (const to of [
    'a@b.example\r\nBcc: c@d.example',
    'a@b.example,c@d.example',
    'A <a@b.example>',
    '',
    'a@b.example\u2028',
  ])
    await t.rejects(put(app, outgoing({ to })), /plain address/)
  for (const subject of ['Hello\r\nBcc: c@d.example', 'Hello\nX: y', 'a\u0000b', 'a\u0085b', 'a\u2028b'])
    await t.rejects(put(app, outgoing({ message: { subject, text: '' } })), /one line/)
  t.same(await outbox(app), [])
})

t.test('hostile names reach no mail, and no mail has a name, a country and a theme in it', async (t) => {
  const server = await mailServer(t)
  const app = await testApp(t, { env: { SMTP_URL: server.url, MAIL_FROM: from } })
  const names = [
    '{{7*7}}',
    '`$(reboot)`',
    '<script>alert(1)</script>',
    'x\nBcc: all@evil.example',
    '%s%n',
    '=?utf-8?q?x?=',
  ]
  const application = aCompleteApplication()
  for (const [n, name] of names.entries()) {
    const email = `p${n}@ligue.example`
    const body = {
      ...application,
      organisation: { ...application.organisation, name },
      speaker: { ...application.speaker, firstName: name, lastName: name, email },
    }
    t.equal((await app.admin.post('/v1/applications', body)).statusCode, 201, name)
    await app.anyone.post('/v1/access-links', { ...request, email })
  }
  await runJobs(app.deps)
  t.equal(server.received.length, names.length)
  const like = (raw: string, n: number) =>
    raw
      .replaceAll(`p${n}@`, 'p@')
      .replace(/lnk_[\w-]+/, 'lnk')
      .replace(/Message-ID.*|Date.*/gi, '')
  const texts = new Set(
    server.received.map(({ headers, text, to }, n) => {
      t.equal(to.length, 1)
      return like([...headers, text].join('\n'), n)
    }),
  )
  t.equal(texts.size, 1, 'apart from address and token they are the same message')
  t.notMatch([...texts][0], /evil|Belgium|BEL|Machel|health|alert|49/)
})

t.test('each template is one line of subject and plain text', async (t) => {
  const { subject, text } = templates.accessLink({
    preSession: 38,
    minutes: 30,
    link: 'https://a.example/#access-token=x',
  })
  t.match(subject, /^[^\p{Cc}]+$/u)
  t.match(text, /\nhttps:\/\/a\.example\/#access-token=x\n/)
  t.notMatch(text, /[<>]/)
})

t.test('the sandbox lists its mails, newest first, for an admin', async (t) => {
  const app = await testApp(t)
  await anApplicant(app)
  await aToken(app)
  await aToken(app)
  const all = await mails(app)
  t.equal(all.length, 2)
  const first = (await app.admin.get('/v1/sandbox/mails?limit=1')).json()
  const second = (await app.admin.get(`/v1/sandbox/mails?limit=1&cursor=${first.nextCursor}`)).json()
  t.same([...first.data, ...second.data], all)
  t.match(first.data[0], {
    template: 'accessLink',
    attempts: 0,
    lastError: null,
    sentAt: null,
    text: /#access-token=lnk_/,
  })
  t.equal((await app.anyone.get('/v1/sandbox/mails')).statusCode, 401)
})

t.test('the settings of mail are checked at the start', async (t) => {
  const wrong: [Record<string, string>, RegExp][] = [
    [{ SMTP_URL: 'http://mail.example', MAIL_FROM: from }, /SMTP_URL must be an address that begins with smtp:/],
    [{ SMTP_URL: 'smtp://mail.example' }, /MAIL_FROM is needed with SMTP_URL/],
    [{ MAIL_FROM: 'nobody' }, /MAIL_FROM must be one address/],
    [{ MAIL_FROM: 'a@b.example, c@d.example' }, /MAIL_FROM must be one address/],
    [{ MAIL_FROM: 'A\r\nBcc: x@y.example <a@b.example>' }, /MAIL_FROM must be one address/],
    [{ ACCESS_LINK_URL: 'ftp://a.example' }, /ACCESS_LINK_URL must be an address/],
    [{ ACCESS_LINK_URL: 'https://a.example/#/enter' }, /ACCESS_LINK_URL must have no "#"/],
  ]
  for (const [env, problem] of wrong) t.throws(() => readConfig(env), { message: problem }, JSON.stringify(env))
  t.same(readConfig({ PUBLIC_URL: 'https://api.example.org/' }).mail, {
    smtpUrl: undefined,
    from: undefined,
    accessLinkUrl: 'https://api.example.org',
  })
  t.same(readConfig({ SMTP_URL: 'smtps://u:p@mail.example:465', MAIL_FROM: from }).mail, {
    smtpUrl: 'smtps://u:p@mail.example:465',
    from: { name: 'Pre-sessions', address: 'office@pre.example' },
    accessLinkUrl: 'http://localhost:3000',
  })
  t.same(readConfig({ MAIL_FROM: 'a@b.example' }).mail.from, { name: '', address: 'a@b.example' })
})
