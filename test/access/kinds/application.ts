import { sql } from 'kysely'
import { scanTasks } from '../../../src/documents/scans.ts'
import { adminKey } from '../../support/app.ts'
import { formOf } from '../../support/multipart.ts'
import { callerNames } from '../callers.ts'
import { type Kind, type PreparedRecord, tableOf } from '../kind.ts'
import type { World } from '../world.ts'

const situations = {
  draft: 'not submitted',
  submitted: 'submitted; nothing decided, nothing released',
  selected: 'selected, every consent given; the release is still to come',
  released: 'selected, released, every consent given',
  withoutConsent: 'selected, released, no consent given',
  consentWithdrawn: 'selected, released, every consent given and withdrawn again',
  forMissions: 'selected, released, consent to be shown to missions alone',
  forAllMissions: 'selected, released, consent to be shown to all missions, that of the State under Review too',
  forProgramme: 'selected, released, consent to be named in the programme alone',
  atRisk: 'as released, and at risk',
  riskUnanswered: 'as released, and whether at risk was not answered',
  riskLater: 'as released, and at risk by an answer that came after the deadline',
  reserve: 'on the reserve list, released, every consent given',
  notSelected: 'not selected, released, every consent given',
  withdrawn: 'selected, released, every consent given, then withdrawn by the person',
  prevented: 'selected, released, every consent given, then prevented from taking part',
}

const everyone = Object.fromEntries(
  callerNames.map((name) => [name, ['secretariat', 'admin', 'integration'].includes(name) ? 'staff' : '404']),
) as Record<(typeof callerNames)[number], string>

const verdicts = tableOf(
  `
  situation        | public  | applicant  | mission  | missionUnderReview | moderator | reviewer   | grantedReviewer
  draft            | 404     | applicant  | 404      | 404                | 404       | 404        | 404
  submitted        | 404     | applicant  | 404      | 404                | 404       | reviewer   | reviewer
  selected         | 404     | applicant  | 404      | 404                | 404       | reviewer   | reviewer
  released         | public  | applicant* | mission  | public             | public    | reviewer*  | reviewer*
  withoutConsent   | 404     | applicant* | 404      | 404                | 404       | reviewer*  | reviewer*
  consentWithdrawn | 404     | applicant* | 404      | 404                | 404       | reviewer*  | reviewer*
  forMissions      | 404     | applicant* | mission  | 404                | 404       | reviewer*  | reviewer*
  forAllMissions   | 404     | applicant* | mission  | mission            | 404       | reviewer*  | reviewer*
  forProgramme     | public  | applicant* | public   | public             | public    | reviewer*  | reviewer*
  atRisk           | public~ | applicant* | mission~ | public~            | public~   | reviewer~* | reviewer*
  riskUnanswered   | public~ | applicant* | mission~ | public~            | public~   | reviewer~* | reviewer*
  riskLater        | public~ | applicant* | mission~ | public~            | public~   | reviewer~* | reviewer*
  reserve          | 404     | applicant* | 404      | 404                | 404       | reviewer*  | reviewer*
  notSelected      | 404     | applicant* | 404      | 404                | 404       | reviewer*  | reviewer*
  withdrawn        | 404     | applicant* | 404      | 404                | 404       | reviewer*  | reviewer*
  prevented        | 404     | applicant* | 404      | 404                | 404       | 404        | 404
`,
  everyone,
)

const content =
  'firstName lastName position speakerEmail phone organisation organisationEmail organisationPhone website aim street member uprReference otherIssue needs'.split(
    ' ',
  )
const applicantKeys =
  'id preSession country organisation speaker issues statementLanguage uprSubmission coalitionMembers consents accessibilityNeeds source status outcome receivedAt receivedBasis marginSeconds closesAt withdrawalReason latestVersion assessedVersion documents createdAt updatedAt'.split(
    ' ',
  )
const outsideKeys = ['id', 'preSession', 'country', 'speaker', 'organisation', 'issues', 'statementLanguage']
const reviewerKeys = [...outsideKeys, 'aim', 'coalitionMemberCount', 'uprReference', 'documents', 'status', 'outcome']
const named = ['firstName', 'lastName', 'organisation', 'otherIssue']

export const application: Kind = {
  name: 'application',
  about:
    'Everybody outside sees selected speakers from the release of their country on, each by its own consent; the mission of the State under Review sees of its own country what the public sees, unless the person shares more with it.',
  situations,
  verdicts,
  shows: {
    staff: { canaries: 'all' },
    applicant: { canaries: [...content, 'fileName', 'withdrawalReason'], keys: applicantKeys },
    'applicant*': {
      canaries: [...content, 'fileName', 'withdrawalReason'],
      keys: [...applicantKeys, 'decision', 'answer'],
    },
    reviewer: { canaries: [...named, 'aim', 'uprReference', 'fileName'], keys: reviewerKeys },
    'reviewer*': { canaries: [...named, 'aim', 'uprReference', 'fileName'], keys: [...reviewerKeys, 'decision'] },
    'reviewer~*': { canaries: [], keys: [...reviewerKeys, 'decision'] },
    mission: { canaries: named, keys: ['view', ...outsideKeys] },
    'mission~': { canaries: [], keys: ['view', ...outsideKeys] },
    public: { canaries: named, keys: ['view', ...outsideKeys] },
    'public~': { canaries: [], keys: ['view', ...outsideKeys] },
  },
  never: { id: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10', docId: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d11' },
  findIn: (answer, { params }) => (answer as { data: { id: string }[] }).data.find(({ id }) => id === params.id),

  async prepare(world) {
    const records: Record<string, PreparedRecord> = {}
    for (const name of Object.keys(situations)) records[name] = await prepareOne(world, name)
    await world.admin.post('/v1/pre-sessions/38/countries/BEL/release', { at: '2021-03-01T09:00:00Z' })
    await world.admin.post('/v1/pre-sessions/38/countries/DNK/release', { at: '2021-02-15T09:00:00Z' })
    return records
  },

  async copy({ db }, record) {
    const { id, docId = '' } = record.params
    const { rows } = await sql<{ id: string; docId: string }>`select uuidv7() as id, uuidv7() as "docId"`.execute(db)
    const fresh = rows[0] as { id: string; docId: string }
    // The copy's content names the copy of its document.
    await sql`with
      whole as (insert into application select (jsonb_populate_record(null::application,
        replace(jsonb_set(to_jsonb(a), '{id}', to_jsonb(${fresh.id}::text))::text, ${docId}, ${fresh.docId})::jsonb)).*
        from application a where id = ${id}::uuid),
      versions as (insert into application_version select (jsonb_populate_record(null::application_version,
        replace(jsonb_set(to_jsonb(v), '{application_id}', to_jsonb(${fresh.id}::text))::text, ${docId}, ${fresh.docId})::jsonb)).*
        from application_version v where application_id = ${id}::uuid)
      insert into document select (jsonb_populate_record(d, jsonb_build_object('application_id', ${fresh.id}::text, 'id', ${fresh.docId}::text))).*
        from document d where id = ${docId}::uuid`.execute(db)
    return { ...record, params: { ...fresh } }
  },
}

/** Made through the service, as its people would make it. */
async function prepareOne({ admin, inject, clock, deps }: World, name: string): Promise<PreparedRecord> {
  const isReleased = !['draft', 'submitted', 'selected'].includes(name)
  const canary = (field: string) => `canary-${Object.keys(situations).indexOf(name)}-${field}`.toLowerCase()
  const email = `${canary('speaker')}@mail.example`
  const canaries: Record<string, string> = {
    ...Object.fromEntries(content.map((field) => [field, canary(field)])),
    speakerEmail: email,
    organisationEmail: `${canary('organisation-mail')}@mail.example`,
    fileName: canary('file'),
  }
  const country = isReleased ? 'DNK' : 'BEL'
  const ok = async (sent: ReturnType<typeof admin.post>) => {
    const answer = await sent
    if (answer.statusCode >= 300) throw new Error(`${name}: ${answer.body}`)
    return answer.json()
  }
  clock.set('2020-12-15T10:00:00Z')
  const { id } = await ok(admin.post('/v1/applications', bodyOf(canaries, { country, name })))
  const at = `/v1/applications/${id}`
  const form = formOf([{ name: 'file', fileName: `${canaries.fileName}.pdf`, content: '%PDF-1.4\n%%EOF\n' }])
  const uploaded = await inject({
    method: 'POST',
    url: `${at}/documents`,
    headers: { ...form.headers, authorization: `Bearer ${adminKey}` },
    payload: form.payload,
  })
  await scanTasks(deps)['document-scan']?.({ documentId: uploaded.json().id })
  const record = { params: { id, docId: uploaded.json().id }, email, country, canaries }
  if (name === 'draft') return record
  await ok(admin.post(`${at}/submission`))
  if (name === 'submitted') return record
  const secretly = (field: string, now: string) => {
    clock.set(now)
    canaries[field] = now.slice(0, 16).toLowerCase()
  }
  // A time tells of a change as well as words do.
  if (isReleased) clock.set('2021-02-10T10:10:10Z')
  else secretly('decidedAt', '2021-02-10T11:11:11Z')
  const decision = name === 'reserve' || name === 'notSelected' ? name : 'selected'
  canaries.decisionReason = canary('decision-reason')
  await ok(admin.post(`${at}/decisions`, { decision, reason: canaries.decisionReason }))
  if (name === 'riskLater') await ok(admin.patch(at, { speaker: { atRisk: true } }, { 'if-match': '*' }))
  if (name === 'consentWithdrawn') await ok(admin.put(`${at}/consents`, { consents: [] }, { 'if-match': '*' }))
  if (name === 'withdrawn') {
    canaries.withdrawalReason = canary('withdrawal-reason')
    await ok(admin.post(`${at}/withdrawal`, { reason: canaries.withdrawalReason }))
  }
  if (name === 'prevented') {
    secretly('preventedAt', '2021-02-10T12:12:12Z')
    canaries.status = 'prevented'
    canaries.preventedReason = canary('prevented-reason')
    await ok(admin.post(`${at}/transitions`, { to: 'prevented', reason: canaries.preventedReason }))
  }
  return record
}

function bodyOf(canaries: Record<string, string>, { country, name }: { country: string; name: string }) {
  const consents: Record<string, string[]> = {
    withoutConsent: [],
    forMissions: ['shareWithMissions'],
    forAllMissions: ['shareWithMissions', 'shareWithStateUnderReview'],
    forProgramme: ['showNameInProgramme'],
  }
  const all = ['shareWithPanellists', 'showNameInProgramme', 'shareWithMissions', 'publishStatement', 'publishVideo']
  return {
    preSession: 38,
    country,
    organisation: {
      name: canaries.organisation,
      type: 'nationalCso',
      basedIn: country,
      email: canaries.organisationEmail,
      phone: canaries.organisationPhone,
      website: canaries.website,
      aim: canaries.aim,
      address: { line1: canaries.street },
    },
    speaker: {
      firstName: canaries.firstName,
      lastName: canaries.lastName,
      position: canaries.position,
      email: canaries.speakerEmail,
      phone: canaries.phone,
      ...(name !== 'riskUnanswered' && { atRisk: name === 'atRisk' }),
    },
    issues: ['right-to-health', { other: canaries.otherIssue }],
    uprSubmission: { reference: canaries.uprReference },
    coalitionMembers: [{ name: canaries.member }],
    accessibilityNeeds: canaries.needs,
    consents: consents[name] ?? all,
  }
}
