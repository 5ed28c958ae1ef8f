import { insertApiKey } from '../../src/api-keys/queries.ts'
import { hashOf, type Role } from '../../src/http/access.ts'
import { adminKey, type TestApp } from '../support/app.ts'

/** Where every prepared record is, and where strangers have their rights. */
export const round = 38
export const otherRound = 39

interface Described {
  role: Role
  who: string
  /** Its credential is limited to `otherRound`. */
  isElsewhere?: true
}

/** Everybody who tries everything, with a real credential each. */
export const callers = {
  public: { role: 'public', who: 'nobody known' },
  applicant: { role: 'applicant', who: 'the applicant of the record' },
  otherApplicant: { role: 'applicant', who: 'another applicant' },
  applicantOfOtherRound: {
    role: 'applicant',
    who: 'the applicant of the record with a session for another round',
    isElsewhere: true,
  },
  mission: { role: 'mission', who: 'the mission of another State' },
  missionUnderReview: { role: 'mission', who: 'the mission of the State under Review' },
  missionOfOtherRound: { role: 'mission', who: 'a mission with a session for another round', isElsewhere: true },
  moderator: { role: 'moderator', who: 'the moderator of a slot' },
  reviewer: { role: 'reviewer', who: 'a reviewer of the country' },
  grantedReviewer: { role: 'reviewer', who: 'a reviewer of the country with a grant to see who is at risk' },
  otherReviewer: { role: 'reviewer', who: 'a reviewer of another country' },
  formerReviewer: { role: 'reviewer', who: 'a reviewer whose assignment was taken away' },
  secretariat: { role: 'secretariat', who: 'the secretariat' },
  secretariatOfOtherRound: { role: 'secretariat', who: 'a secretariat key for another round', isElsewhere: true },
  admin: { role: 'admin', who: 'an admin' },
  adminOfOtherRound: { role: 'admin', who: 'an admin key for another round', isElsewhere: true },
  integration: { role: 'integration', who: 'an integration' },
} as const satisfies Record<string, Described>

export type CallerName = keyof typeof callers
export const callerNames = Object.keys(callers) as CallerName[]
export const describe = (name: CallerName): Described => callers[name]

/** Whom a record knows. */
export interface Acquainted {
  email: string
  country: string
}

const begun = '2020-12-01T00:00:00Z'

/** A State that is under review in no prepared record. */
const recommending = 'FRA'

/** Makes the bearer of a caller, as far as it depends on the record; each is made once. */
export function credentials({ db, admin }: TestApp, moderated?: string) {
  const made = new Map<string, Promise<string>>()
  const once = (key: string, make: () => Promise<string>) => {
    const known = made.get(key) ?? make()
    made.set(key, known)
    return known
  }

  const session = (row: { role: string; email: string; state?: string; pre_session?: number; slot_id?: string }) =>
    once(JSON.stringify(row), async () => {
      const token = `ses_${Buffer.from(JSON.stringify(row)).toString('base64url')}`
      await db
        .insertInto('session')
        .values({
          pre_session: round,
          country: null,
          state: null,
          slot_id: null,
          ...row,
          role: row.role as 'applicant',
          token_hash: hashOf(token),
          access_link_id: null,
          created_at: begun,
          expires_at: '2100-01-01T00:00:00Z',
          revoked_at: null,
        })
        .execute()
      return token
    })

  const key = (
    role: string,
    limits: { scopes?: string[]; pre_sessions?: number[]; countries?: string[] } = {},
    name = role,
  ) =>
    once(`${name} ${JSON.stringify(limits)}`, async () => {
      const secret = `key-${name}-${JSON.stringify(limits)}`.replace(/[^\w-]/g, '-')
      await insertApiKey(db, { name, role: role as 'admin', key_hash: hashOf(secret), created_at: begun, ...limits })
      return secret
    })

  const reviewer = (name: string, places: { country: string; seesIdentities?: boolean }[]) =>
    once(`reviewer ${name}`, async () => {
      const secret = await key('reviewer', {}, name)
      const { id } = (await admin.get('/v1/sessions/current', { authorization: `Bearer ${secret}` })).json()
      const assign = (countries: typeof places) =>
        admin.put(
          `/v1/api-keys/${id}/assignments`,
          { data: countries.map((place) => ({ preSession: round, ...place })) },
          { 'if-match': '*' },
        )
      await assign(places.length === 0 ? assignable.map((country) => ({ country })) : places)
      if (places.length === 0) await assign([])
      return secret
    })

  /** The countries in which records are prepared. */
  const assignable = ['BEL', 'DNK']
  const bearer = async (name: CallerName, { email, country }: Acquainted): Promise<string | undefined> => {
    switch (name) {
      case 'public':
        return undefined
      case 'applicant':
        return session({ role: 'applicant', email })
      case 'otherApplicant':
        return session({ role: 'applicant', email: 'somebody@else.example' })
      case 'applicantOfOtherRound':
        return session({ role: 'applicant', email, pre_session: otherRound })
      case 'mission':
        return session({ role: 'mission', email: 'upr@mission.example', state: recommending })
      case 'missionUnderReview':
        return session({ role: 'mission', email: 'upr@mission.example', state: country })
      case 'missionOfOtherRound':
        return session({ role: 'mission', email: 'upr@mission.example', state: recommending, pre_session: otherRound })
      case 'moderator':
        return session({ role: 'moderator', email: 'moderator@slot.example', slot_id: moderated as string })
      case 'reviewer':
        return reviewer(
          'reviewer',
          assignable.map((one) => ({ country: one })),
        )
      case 'grantedReviewer':
        return reviewer(
          'grantedReviewer',
          assignable.map((one) => ({ country: one, seesIdentities: true })),
        )
      case 'otherReviewer':
        return reviewer('otherReviewer', [{ country: 'SOM', seesIdentities: true }])
      case 'formerReviewer':
        return reviewer('formerReviewer', [])
      case 'admin':
        return adminKey
      case 'secretariat':
      case 'integration':
        return key(name)
      case 'secretariatOfOtherRound':
        return key('secretariat', { pre_sessions: [otherRound] })
      case 'adminOfOtherRound':
        return key('admin', { pre_sessions: [otherRound] })
    }
  }
  return { bearer, key }
}
