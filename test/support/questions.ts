import { sql } from 'kysely'
import { hashOf } from '../../src/http/access.ts'
import type { TestApp } from './app.ts'

export const roundOfSlots = 38
/** Inside the Q&A below. */
export const duringSlot = '2021-03-24T10:00:00Z'

/** A speaker who applied in time, agrees to everything and has a seat. */
export const seatedIn = (slotId: string) => ({
  appliedAt: '2020-12-15T10:00:00Z',
  seatIn: slotId,
  consents: ['showNameInProgramme', 'shareWithMissions', 'publishStatement'],
})

/** A published Q&A about Belgium and Denmark, with speakers, missions and a moderator, each with a credential of its own. */
export async function aQaSlot(app: TestApp, { countries = ['BEL', 'DNK'], room = 'XXIII' } = {}) {
  const { admin, db } = app
  const made = await admin.post('/v1/qa-slots', {
    preSession: roundOfSlots,
    countries,
    startsAt: '2021-03-24T09:45:00Z',
    endsAt: '2021-03-24T10:30:00Z',
    room,
  })
  if (made.statusCode !== 201) throw new Error(made.body)
  const { id } = made.json() as { id: string }
  const publish = (at: string | null = '2021-03-01T09:00:00Z') =>
    db.updateTable('slot').set({ published_at: at }).where('id', '=', id).execute()
  await publish()
  return { id, path: `/v1/qa-slots/${id}`, publish }
}

/** A session as it comes of an access link. */
export function sessionsOf({ db, as }: TestApp) {
  let made = 0
  return async (row: { role: string; state?: string; email?: string; slot_id?: string; expires_at?: string }) => {
    made += 1
    const token = `ses_${made}_${'x'.repeat(40)}`
    const { id } = await db
      .insertInto('session')
      .values({
        pre_session: roundOfSlots,
        country: null,
        state: null,
        slot_id: null,
        email: 'somebody@mail.example',
        expires_at: '2021-12-31T00:00:00Z',
        ...row,
        role: row.role as 'mission',
        token_hash: hashOf(token),
        access_link_id: null,
        created_at: '2021-01-01T00:00:00Z',
        revoked_at: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    const bearer = { authorization: `Bearer ${token}` }
    return { id, token, bearer, ...as(bearer) }
  }
}

export const release = ({ db }: TestApp, iso3: string, at: string | null) =>
  sql`update country_under_review set release_at = ${at} where pre_session = ${roundOfSlots} and iso3 = ${iso3}`.execute(
    db,
  )
