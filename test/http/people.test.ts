import { Readable } from 'node:stream'
import { sql } from 'kysely'
import t from 'tap'
import { sealAudit } from '../../src/audit/sealer.ts'
import { verifyAudit } from '../../src/audit/verifying.ts'
import { listTicks } from '../../src/jobs/list.ts'
import type { TestApp } from '../support/app.ts'
import { aCompleteApplication } from '../support/builders.ts'
import { hookPath, type Intake, jotform, startIntake } from '../support/jotform-intake.ts'
import { tokenIn } from '../support/links.ts'
import { allFiles, allRows, withMarker } from '../support/traces.ts'
import { unzip } from '../support/unzip.ts'

/** Stands in everything that this person ever gave; so does the other one in what a bystander gave. */
const marker = 'zyxwarba'
const bystander = 'quvexomi'
const emailOf = (word: string) => `${word}@post.example`

const pdfOf = (word: string) =>
  Buffer.from(`%PDF-1.4\n% ${word}\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n`)

const contentOf = (word: string, country = 'BEL') => ({
  ...aCompleteApplication(),
  country,
  organisation: {
    ...aCompleteApplication().organisation,
    name: `${word} Union`,
    email: `office@${word}.example`,
    phone: `+32 2 ${word}`,
    website: `https://${word}.example/`,
    aim: `We are ${word}.`,
    address: { line1: `${word} street`, city: word },
  },
  speaker: {
    firstName: word,
    lastName: `van ${word}`,
    email: emailOf(word),
    position: `Head of ${word}`,
    atRisk: true,
  },
  issues: ['right-to-health', { other: `The case of ${word}` }],
  uprSubmission: { reference: `JS of ${word}` },
  coalitionMembers: [{ name: `Friends of ${word}` }],
  accessibilityNeeds: `${word} needs a ramp`,
})

function form(fileName: string, content: Buffer) {
  const head = `--b\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\nContent-Type: application/pdf\r\n\r\n`
  return {
    payload: Buffer.concat([Buffer.from(head), content, Buffer.from('\r\n--b--\r\n')]),
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  }
}

let keys = 0
const keyed = () => ({ 'idempotency-key': `key-${keys++}` })

function expectStatus(response: { statusCode: number; body: string }, status = 200) {
  if (response.statusCode !== status) throw new Error(`${response.statusCode} ${response.body}`)
  return response.body === '' ? undefined : JSON.parse(response.body)
}

/** Through the API: drafts, versions, a document, submission, decisions with reasons, an answer, consents, a withdrawal. */
async function applyByApi({ admin }: TestApp, word: string): Promise<string> {
  const { id } = expectStatus(await admin.post('/v1/applications', contentOf(word), keyed()), 201)
  const path = `/v1/applications/${id}`
  const { payload, headers } = form(`${word} statement.pdf`, pdfOf(`api ${word}`))
  expectStatus(await admin.post(`${path}/documents`, payload, { ...headers, ...keyed() }), 201)
  expectStatus(await admin.post(`${path}/submission`, undefined, keyed()))
  const etag = (await admin.get(path)).headers.etag as string
  const patch = { organisation: { aim: `Still ${word}.` } }
  expectStatus(await admin.patch(path, patch, { 'if-match': etag, 'content-type': 'application/merge-patch+json' }))
  const consents = ['showNameInProgramme', 'publishStatement']
  expectStatus(await admin.put(`${path}/consents`, { consents }, { 'if-match': '*' }))
  expectStatus(await admin.put(`${path}/consents`, { consents: consents.slice(0, 1) }, { 'if-match': '*' }))
  const outcome = { outcome: 'eligible', reason: `The rules are wrong about ${word}.` }
  expectStatus(await admin.post(`${path}/decisions`, outcome, keyed()))
  expectStatus(await admin.post(`${path}/decisions`, { decision: 'selected', reason: `${word} is the best.` }, keyed()))
  expectStatus(await admin.post(`${path}/answers`, { answer: 'confirmed' }))
  for (const [country, end] of [
    ['DNK', ['withdrawal', { reason: `${word} is ill.` }]],
    ['EST', ['transitions', { to: 'prevented', reason: `${word} was stopped at the airport.` }]],
  ] as const) {
    const other = expectStatus(await admin.post('/v1/applications', contentOf(word, country)), 201)
    expectStatus(await admin.post(`/v1/applications/${other.id}/submission`))
    expectStatus(await admin.post(`/v1/applications/${other.id}/${end[0]}`, end[1]))
  }
  expectStatus(await admin.post('/v1/applications', contentOf(word, 'LVA')), 201)
  const waiver = { email: emailOf(word), until: '2021-02-01T00:00', reason: `${word} had no electricity.` }
  expectStatus(await admin.post('/v1/pre-sessions/38/countries/BEL/deadline-waivers', waiver, keyed()), 201)
  return id
}

/** Links, sessions, what an applicant does in one, a delegate, and a request that no job has looked at yet. */
async function signIn(intake: Intake, word: string): Promise<string> {
  const { app } = intake
  const ask = (purpose: string) => ({ email: emailOf(word), purpose, preSession: 38 })
  expectStatus(await app.admin.post('/v1/mission-delegates', { state: 'CHE', email: emailOf(word) }, keyed()), 201)
  let token = ''
  for (const purpose of ['mission', 'applicant']) {
    expectStatus(await app.anyone.post('/v1/access-links', ask(purpose), keyed()), 202)
    await intake.settled()
    const [mail] = (await app.admin.get('/v1/sandbox/mails')).json().data
    token = expectStatus(await app.anyone.post('/v1/sessions', { token: tokenIn(mail.text) }), 201).token
  }
  const applicant = app.as({ authorization: `Bearer ${token}` })
  expectStatus(await applicant.post('/v1/applications', contentOf(word, 'MOZ'), keyed()), 201)
  return token
}

const formId = '203423859147358'

/** A row at Jotform in which everything that a person can write holds the word. */
function rowOf({ round, api }: Intake, index: number, word: string) {
  const row = structuredClone(round.rows[index] as (typeof round.rows)[0])
  const answers = row.answers as Record<string, { answer: unknown }>
  const put = (qid: string, answer: unknown) => Object.assign(answers[qid] as object, { answer })
  put('4', `${word} Union`)
  put('7', { addr_line1: `${word} street`, city: word })
  put('9', `office@${word}.example`)
  put('11', `We are ${word}.`)
  put('14', { first: word, last: `van ${word}` })
  put('15', `Head of ${word}`)
  put('16', emailOf(word))
  put('22', [`https://www.jotform.com/uploads/upr_presessions/${formId}/${row.id}/${word}%20${index}.pdf`])
  Object.assign(answers, { 99: { name: 'unmapped', type: 'control_textbox', text: 'More', answer: `More of ${word}` } })
  delete row._edits
  api.rows.set(row.id, row)
  return row
}

/** What Jotform posts of such a row. */
function deliveryOf(row: ReturnType<typeof rowOf>, options: { formId?: string; cut?: boolean } = {}) {
  const answers = Object.entries(row.answers).map(([qid, { name, answer }]) => [`q${qid}_${name}`, answer])
  const rawRequest = JSON.stringify({ ...Object.fromEntries(answers), event_id: `1_${row.id}` })
  const fields = {
    formID: options.formId ?? formId,
    ...(options.cut ? {} : { submissionID: row.id }),
    pretty: rawRequest.replaceAll('"', ''),
    rawRequest: options.cut ? rawRequest.slice(0, -40) : rawRequest,
  }
  return new URLSearchParams(fields).toString()
}

async function post({ app }: Intake, payload: string): Promise<void> {
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': payload.slice(0, 0) || 'jotform',
  }
  expectStatus(await app.inject({ method: 'POST', url: hookPath, headers, payload }))
}

/** Webhook, poll, import, an edit, a replay; and what becomes no application: an unknown form, a cut body, a test, a forgery. */
async function applyByJotform(intake: Intake, word: string, from: number): Promise<string> {
  const { app, api } = intake
  api.faults.fileContent = pdfOf(`jotform ${word}`)
  const rows = [0, 1, 2, 3].map((index) => rowOf(intake, from + index, word))
  const [first, polled, imported, edited] = rows as [
    (typeof rows)[0],
    (typeof rows)[0],
    (typeof rows)[0],
    (typeof rows)[0],
  ]
  for (const row of [first, edited]) await post(intake, deliveryOf(row))
  await intake.settled()
  Object.assign(edited, { updated_at: '2021-01-08 09:00:00' })
  Object.assign(edited.answers['11'] as object, { answer: `We were ${word}.` })
  void polled
  await app.admin.post(`${jotform}/forms/${formId}/polls`)
  await intake.settled()
  expectStatus(await app.admin.post(`${jotform}/imports`, [imported], keyed()))
  await post(intake, deliveryOf(first, { formId: '210000000000001' }))
  await post(intake, deliveryOf(first, { cut: true }))
  await post(intake, deliveryOf({ ...first, id: `${first.id.slice(0, -1)}x`.replace('x', '0') }))
  await intake.settled()
  const { deliveries } = expectStatus(await app.admin.get(`${jotform}/submissions/${first.id}`))
  expectStatus(await app.admin.post(`${jotform}/deliveries/${deliveries[0].id}/replays`, undefined, keyed()), 202)
  await intake.settled()
  // A copy that waits to be tried again: its job names the file.
  api.faults.fileStatus = 500
  await post(intake, deliveryOf(rowOf(intake, from + 4, word)))
  await intake.settled()
  api.faults.fileStatus = undefined
  return first.id
}

/** Videos with their files, slots, questions, and what missions and moderators leave, as the features write it. */
async function leaveElsewhere(
  { db, deps }: TestApp,
  word: string,
  applicationId: string,
  state: string,
): Promise<void> {
  const at = '2021-01-08T15:00:00Z'
  const stored = `videos/original-of-the-mission-${state.toLowerCase()}`
  await deps.storage.write(stored, Readable.from([`video of ${word}`]))
  await sql`
    with video as (
      insert into video_submission (application_id, language, created_by, created_at, updated_at)
        values (${applicationId}, 'en', 'admin-key', ${at}, ${at}) returning id),
    version as (
      insert into video_version (submission_id, n, stored_key, size_bytes, sha256, file_name, language, received_at, created_at)
        select id, 1, ${stored}, 9, repeat('0', 64), ${`${word}.mp4`}, 'en', ${at}, ${at} from video returning id, submission_id),
    caption as (
      insert into video_caption (submission_id, language, text, created_by, created_at, updated_at)
        select id, 'en', ${`WEBVTT ${word}`}, 'admin-key', ${at}, ${at} from video),
    review as (
      insert into video_review (submission_id, version_id, decision, reasons, reviewer, created_at)
        select submission_id, id, 'reject', array[${`Too long, ${word}`}], 'admin-key', ${at} from version),
    own_slot as (
      insert into slot (pre_session, kind, starts_at, ends_at, room, status, created_at, updated_at)
        values (38, 'qa', ${at}, '2021-01-08T16:00:00Z', ${`Room of ${state}`}, 'ended', ${at}, ${at}) returning id),
    seat as (
      insert into slot_speaker (slot_id, application_id, connection_note, booked_at, booked_by)
        select id, ${applicationId}, ${`${word} has no camera`}, ${at}, 'admin-key' from own_slot),
    moderator as (
      insert into slot_moderator (slot_id, name, email, appointed_at, appointed_by)
        select id, ${word}, ${emailOf(word)}, ${at}, 'admin-key' from own_slot),
    question as (
      insert into question (id, slot_id, kind, state, shows_state, addressee, application_id, body, put_at, put_by, updated_at)
        select uuidv7(), id, 'question', 'CHE', true, 'speaker', ${applicationId}, ${`What about ${word}?`}, ${at}, 'x', ${at} from own_slot returning id),
    answer as (
      insert into question_answer (question_id, application_id, body) select id, ${applicationId}, ${`I am ${word}.`} from question),
    availability as (
      insert into speaker_availability (application_id, time_zone, windows, stated_at, stated_by)
        values (${applicationId}, ${`Europe/${word}`}, '[]', ${at}, 'x')),
    feed as (
      insert into calendar_feed (token_hash, role, email, pre_session, created_at)
        values (sha256(${word}::text::bytea), 'applicant', ${emailOf(word)}, 38, ${at})),
    registration as (
      insert into mission_registration (pre_session, state, name, email, position, registered_at, registered_by)
        values (38, ${state}, ${word}, ${emailOf(word)}, ${`Head of ${word}`}, ${at}, 'x')),
    mission as (
      insert into mission (state, emails, updated_at, updated_by)
        values (${state}, array[${emailOf(word)}, 'office@mission.example'], ${at}, 'x')),
    invitation as (insert into invitation (pre_session, state, invited_at, invited_by) values (38, ${state}, ${at}, 'x') returning state)
    insert into invitation_message (pre_session, state, email, queued_at) select 38, state, ${emailOf(word)}, ${at} from invitation`.execute(
    db,
  )
}

const counts = async ({ admin }: TestApp) =>
  (await admin.get('/v1/pre-sessions/38/countries?limit=100'))
    .json()
    .data.map((one: { iso3: string; counts: object }) => [one.iso3, one.counts])

const open = async ({ admin }: TestApp, ...emails: string[]) => expectStatus(await admin.post('/v1/people', { emails }))
const reason = 'Asked for in writing.'

async function erase({ admin }: TestApp, id: string, more: object = {}) {
  const path = `/v1/people/${id}/erasure`
  const plan = expectStatus(await admin.post(path, { reason, dryRun: true, ...more }))
  return { plan, done: await admin.post(path, { reason, confirmation: plan.confirmation, ...more }) }
}

t.test('nothing of an erased person is left, and nothing of others is touched', async (t) => {
  const lines: string[] = []
  const intake = await startIntake(t, {
    now: '2021-01-08T15:00:00Z',
    logTo: { write: (line) => void lines.push(line) },
  })
  const { app, api } = intake

  for (const id of [...api.rows.keys()]) api.rows.delete(id)
  const before = { [marker]: '', [bystander]: '' }
  let token = ''
  let submissionId = ''
  for (const [word, from] of [
    [bystander, 10],
    [marker, 20],
  ] as const) {
    before[word] = await applyByApi(app, word)
    await leaveElsewhere(app, word, before[word], word === marker ? 'FRA' : 'DEU')
    token = await signIn(intake, word)
    submissionId = await applyByJotform(intake, word, from)
  }
  await sealAudit(app.deps)
  const rowsBefore = await allRows(app.deps)
  const filesBefore = await allFiles(app.deps.config.dataDir)
  const countsBefore = await counts(app)
  const tables = new Set(withMarker(rowsBefore, marker, ({ text }) => text).map(({ table }) => table))
  t.same([...tables].sort(), [
    'answers, opened',
    'deliveries, opened',
    'graphile_worker._private_jobs',
    'public.access_link',
    'public.application',
    'public.application_version',
    'public.calendar_feed',
    'public.deadline_waiver',
    'public.document',
    'public.history_event',
    'public.invitation_message',
    'public.jotform_file',
    'public.jotform_submission',
    'public.jotform_submission_version',
    'public.mail_outbox',
    'public.mission',
    'public.mission_delegate',
    'public.mission_registration',
    'public.question',
    'public.question_answer',
    'public.session',
    'public.slot_moderator',
    'public.slot_speaker',
    'public.speaker_availability',
    'public.video_caption',
    'public.video_review',
    'public.video_version',
  ])
  t.ok(withMarker(filesBefore, marker, String).length >= 2, 'files hold it too')
  t.ok(withMarker(filesBefore, bystander, String).length >= 2)

  const person = await open(app, emailOf(marker), `office@${marker}.example`)
  const { rawPayload } = await app.admin.get(`/v1/people/${person.id}/export`)
  const archive = [...(await unzip(rawPayload))].map(([path, content]) => `${path} ${content}`)
  t.same(withMarker(archive, bystander, String), [], 'nothing of others is in the export')
  for (const given of [
    'Still zyxwarba.',
    'We were zyxwarba.',
    '% api zyxwarba',
    '% jotform zyxwarba',
    'zyxwarba%40post.example',
  ])
    t.ok(
      archive.some((file) => file.includes(given)),
      given,
    )

  const { plan, done } = await erase(app, person.id)
  t.match(plan, { dryRun: true, erasedAt: null, confirmation: String, submissionsKept: 0 })
  t.equal(done.statusCode, 200, done.body)
  t.match(done.json(), { dryRun: false, erasedAt: String, counts: plan.counts })
  for (const name of [
    'versions',
    'documents',
    'files',
    'jotformSubmissions',
    'jotformDeliveries',
    'answers',
    'mails',
    'sessions',
  ])
    t.ok(plan.counts[name] > 0, name)
  await intake.settled()
  await app.admin.post(`${jotform}/forms/${formId}/polls`)
  await intake.settled()
  for (const tick of listTicks(app.deps)) await tick.run()
  await sealAudit(app.deps)

  const rows = await allRows(app.deps)
  const left = withMarker(rows, marker, ({ text }) => text)
  t.same(left, [], 'no row of any table')
  t.same(
    withMarker(rows, submissionId, ({ text }) => text),
    [],
    'not even the number at Jotform',
  )
  t.same(withMarker(await allFiles(app.deps.config.dataDir), marker, String), [], 'no file')
  t.same(withMarker(lines, marker, String), [], 'no line of the log')
  t.ok(lines.length > 100)

  const others = (all: typeof rows) => withMarker(all, bystander, ({ text }) => text)
  t.same(others(rows), others(rowsBefore), 'the bystander is there to the letter')
  t.same(
    withMarker(await allFiles(app.deps.config.dataDir), bystander, String).sort(),
    withMarker(filesBefore, bystander, String).sort(),
  )
  t.same(await counts(app), countsBefore, 'the numbers are the same')
  await sealAudit(app.deps)
  t.match(await verifyAudit(app.db), { faults: [], unsealed: { count: 0 } })

  t.equal((await app.as({ authorization: `Bearer ${token}` }).get('/v1/sessions/current')).statusCode, 401)
  t.equal((await app.admin.get(`/v1/applications/${before[marker]}`)).statusCode, 404)
  const history = expectStatus(await app.admin.get(`/v1/applications/${before[marker]}/history?limit=100`)).data
  t.match(history.at(0), { action: 'application.created', reason: null })
  t.match(history.at(-1), { action: 'application.erased', reason, details: { cause: 'request' } })
  const { rows: tombstones } = await sql<{ code: string; given: boolean }>`select code, given from consent
    where application_id = ${before[marker]} order by id`.execute(app.db)
  t.match(tombstones.at(-1), { code: 'publishStatement', given: false })

  await t.test('twice is once', async (t) => {
    const again = await app.admin.post(`/v1/people/${person.id}/erasure`, { reason: 'Again.', confirmation: 'x' })
    t.match(again.json(), { erasedAt: done.json().erasedAt, reason, counts: done.json().counts, applications: [] })
    t.match((await app.admin.get(`/v1/people/${person.id}`)).json(), { emails: [], erasureReason: reason })
  })

  await t.test('the submission stays out, and a new application is that of a new person', async (t) => {
    t.equal((await app.admin.post('/v1/people', { emails: [emailOf(marker)] })).json().code, 'person_not_found')
    await post(intake, deliveryOf(rowOf(intake, 20, marker)))
    await intake.settled()
    t.equal((await app.admin.get(`${jotform}/submissions/${submissionId}`)).statusCode, 404)
    t.same(
      withMarker(await allRows(app.deps), marker, ({ text }) => text),
      [],
    )
    expectStatus(await app.admin.post('/v1/applications', contentOf(marker)), 201)
    t.not((await open(app, emailOf(marker))).id, person.id)
  })
})
