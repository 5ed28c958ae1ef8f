import type { Db } from '../../src/db/database.ts'
import { hashOf } from '../../src/http/access.ts'
import type { TestApp } from './app.ts'
import { aCompleteApplication } from './builders.ts'

export interface TestSpeaker {
  id: string
  /** Of the application. */
  path: string
  email: string
  /** Acts with a session of the applicant. */
  own: TestSession
}

/** With what a client of its own would send. */
export type TestSession = ReturnType<TestApp['as']> & { headers: { authorization: string } }

export interface SpeakerOptions {
  country?: string
  answer?: 'confirmed' | 'declined' | 'none'
  email?: string
  timeZone?: string
  atRisk?: boolean
  consents?: string[]
  /** Left out: outsiders do not know of the selection yet. */
  releaseAt?: string
  /** The slot in which it sits, whatever stands in the way. */
  seatIn?: string
  /** When it applied, where the call has closed since. */
  appliedAt?: string
}

/** An application of round 38 that was selected; its speaker confirmed, unless said otherwise. */
export async function aSpeaker(app: TestApp, name: string, options: SpeakerOptions = {}): Promise<TestSpeaker> {
  const { admin, clock } = app
  const { country = 'BEL', answer = 'confirmed', email = `${name}@speakers.example`, consents = [] } = options
  const ok = async (sent: ReturnType<typeof admin.post>) => {
    const response = await sent
    if (response.statusCode >= 300) throw new Error(response.body)
    return response.json()
  }
  const now = clock.now()
  if (options.appliedAt !== undefined) clock.set(options.appliedAt)
  const { id } = await ok(admin.post('/v1/applications', bodyOf(name, { ...options, country, email, consents })))
  const path = `/v1/applications/${id}`
  await ok(admin.post(`${path}/submission`))
  if (options.appliedAt !== undefined) clock.set(now)
  await ok(admin.post(`${path}/decisions`, { decision: 'selected', reason: 'Covers health.' }))
  if (answer !== 'none') await ok(admin.post(`${path}/answers`, { answer }))
  if (options.releaseAt !== undefined) await release(app, country, options.releaseAt)
  if (options.seatIn !== undefined) await seatIn(app, options.seatIn, id)
  return { id, path, email, own: await aSession(app, { role: 'applicant', email }) }
}

function bodyOf(name: string, { country, email, timeZone, ...rest }: SpeakerOptions) {
  const { atRisk = false, consents } = rest
  const body = aCompleteApplication()
  return {
    ...body,
    country,
    organisation: { ...body.organisation, name: `Organisation of ${name}`, email: `office-${name}@speakers.example` },
    speaker: { firstName: name, lastName: 'Speaker', email, atRisk, ...(timeZone && { timeZone }) },
    consents,
  }
}

const seatIn = ({ db, clock }: TestApp, slotId: string, applicationId: string) =>
  db
    .insertInto('slot_speaker')
    .values({
      slot_id: slotId,
      application_id: applicationId,
      booked_at: clock.now(),
      booked_by: 'test',
      connection_note: null,
      connection_at: null,
    })
    .execute()

export interface SessionRow {
  pre_session?: number
  role: 'applicant' | 'mission' | 'moderator'
  email: string
  state?: string
  slot_id?: string
  country?: string
}

let sessions = 0

/** A session that lasts, in round 38 where the row says nothing else. */
export async function insertSession(db: Db, token: string, row: SessionRow): Promise<string> {
  const { id } = await db
    .insertInto('session')
    .values({
      pre_session: 38,
      country: null,
      state: null,
      slot_id: null,
      ...row,
      token_hash: hashOf(token),
      access_link_id: null,
      created_at: '2020-12-01T00:00:00Z',
      expires_at: '2100-01-01T00:00:00Z',
      revoked_at: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** Acts with a session that lasts. */
export async function aSession(app: TestApp, row: SessionRow): Promise<TestSession> {
  sessions += 1
  const token = `ses_${sessions}-${row.email.replace(/[^\w]/g, '-')}`
  await insertSession(app.db, token, row)
  const headers = { authorization: `Bearer ${token}` }
  return { headers, ...app.as(headers) }
}

/** From now on outsiders see what was selected for the country. */
export async function release({ admin }: TestApp, country = 'BEL', at = '2020-12-15T09:00:00Z'): Promise<void> {
  const response = await admin.post(`/v1/pre-sessions/38/countries/${country}/release`, { at })
  if (response.statusCode !== 200) throw new Error(response.body)
}

/** A Q&A slot for Belgium, unless said otherwise. */
export async function aSlot({ admin }: TestApp, more: Record<string, unknown> = {}, path = '/v1/qa-slots') {
  const response = await admin.post(path, {
    preSession: 38,
    countries: ['BEL'],
    startsAt: '2021-03-24T09:45:00Z',
    endsAt: '2021-03-24T10:30:00Z',
    room: 'Room XXIII',
    ...more,
  })
  if (response.statusCode !== 201) throw new Error(response.body)
  return response.json() as { id: string }
}
