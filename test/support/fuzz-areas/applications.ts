import { sql } from 'kysely'
import { aCompleteApplication } from '../builders.ts'
import { formOf } from '../multipart.ts'
import { type Area, type FuzzCase, ids, type Names, numbers } from './area.ts'

const of = (name: string): FuzzCase => ({ params: { id: `{{${name}}}` } })
const there = ['draft', 'submitted', 'selected', 'fromJotform', 'speaker1', 'hidden1', 'hidden2'].map(of)
const statement = formOf([
  { name: 'kind', content: 'statement' },
  { name: 'file', fileName: 'statement.pdf', content: '%PDF-1.4\n%%EOF\n' },
])
const type = statement.headers['content-type'] as string
const reviewed: FuzzCase = { params: { id: '{{given1}}', docId: '{{statement}}' } }
const application = (n: number) => ({
  ...aCompleteApplication(),
  organisation: { ...aCompleteApplication().organisation, name: `Ligue ${n}` },
})

export const applications: Area = {
  async seed({ admin, create, db, post }) {
    const made: Names = {}
    let count = 10
    const make = async (name: string) => {
      count += 1
      made[name] = await create('/v1/applications', application(count))
      return `/v1/applications/${made[name]}`
    }
    await Promise.all([
      ...numbers(5).map((n) => make(`ready${n}`)),
      ...numbers(3).map((n) => make(`given${n}`)),
      ...numbers(4).map(async (n) => post(`${await make(`stopped${n}`)}/submission`)),
      ...numbers(4).map(async (n) => {
        const path = await make(`chosen${n}`)
        await post(`${path}/submission`)
        await post(`${path}/decisions`, { decision: 'selected', reason: 'Seed' })
      }),
    ])
    const path = `/v1/applications/${made.given1}/documents`
    const { id } = (await admin.post(path, statement.payload, statement.headers)).json()
    // As the job that makes the copy leaves it.
    await sql`update document set copy_sha256 = sha256, copy_size_bytes = size_bytes where id = ${id}`.execute(db)
    return { ...made, statement: id }
  },
  cases: {
    createApplication: [{ body: application(1) }, { bearer: 'integration', body: application(2) }],
    decideApplication: ids('stopped', 2).flatMap((it): FuzzCase[] => [
      { ...it, body: { decision: 'selected', reason: 'Covers health.' } },
      { ...it, body: { decision: 'reserve', reason: 'Covers health.' } },
      { ...it, body: { outcome: 'eligible', reason: 'By hand' } },
    ]),
    answerSelection: ids('chosen', 4).map((it, n) => ({ ...it, body: { answer: n < 2 ? 'confirmed' : 'declined' } })),
    transitionApplication: ids('stopped', 4)
      .slice(2)
      .map((it) => ({ ...it, body: { to: 'prevented', reason: 'Passport taken.' } })),
    getConsents: there,
    replaceConsents: ids('ready', 2).map((it) => ({ ...it, body: { consents: ['showNameInProgramme'] } })),
    getApplication: there,
    getAssessment: there,
    listApplicationVersions: there,
    getApplicationHistory: there,
    listDocuments: there,
    addDocument: ids('given', 3).map((it) => ({ ...it, body: statement.payload.toString('latin1'), type })),
    updateApplication: ids('given', 3).map((it) => ({
      ...it,
      body: { speaker: { lastName: 'Machel' }, accessibilityNeeds: null },
    })),
    submitApplication: ids('ready', 5),
    withdrawApplication: ids('given', 3)
      .slice(1)
      .map((it) => ({ ...it, body: { reason: 'The speaker cannot travel.' } })),
    reviewDocument: [
      { ...reviewed, body: { decision: 'accept' } },
      { ...reviewed, body: { decision: 'reject', reasons: ['It is another paper.'] } },
    ],
    getDocument: [reviewed, { params: { id: '{{draft}}', docId: '{{document}}' } }],
    getAvailability: ids('chosen', 4),
    stateAvailability: ids('chosen', 4).map((it) => ({
      ...it,
      body: {
        timeZone: 'America/Asuncion',
        windows: [{ startsAt: '2021-03-24T12:00:00Z', endsAt: '2021-03-24T17:00:00Z' }],
      },
    })),
  },
}
