import { linkPurposes } from '../domain/access-link.ts'
import { type Caller, roles } from '../http/access.ts'
import { closed, component, enumOf, Id, Instant, Iso3, nullable, pageOf, Type } from '../http/schemas.ts'
import type { SessionRow } from './queries.ts'

const preSession = Type.Integer({ description: 'Number of the round that it is for.', examples: [38] })
const country = nullable(Iso3('Country under review that it is for.'), { description: 'Null: all of the round.' })
const slotId = nullable(Id('The one slot of a moderator.'), { description: 'Null: no moderator.' })
const state = nullable(Iso3('State of the mission.'), { description: 'Null: no mission.' })

export const SessionStart = component(
  'SessionStart',
  closed(
    {
      token: Type.String({
        minLength: 1,
        maxLength: 200,
        description: 'What stands behind `#access-token=` in the link.',
        examples: ['lnk_q83vEjRWeJASNFZ4kBI0VniQEjRWeJASNFZ4kBI0Vng'],
      }),
    },
    {
      description: 'The token of an access link.',
      examples: [{ token: 'lnk_q83vEjRWeJASNFZ4kBI0VniQEjRWeJASNFZ4kBI0Vng' }],
    },
  ),
)

const properties = {
  id: Id('Id of the session.'),
  role: enumOf(linkPurposes, { description: 'Role of its bearer.' }),
  email: Type.String({ description: 'Address that the link was sent to.', examples: ['zoe@example.org'] }),
  preSession,
  country,
  state,
  slotId,
  createdAt: Instant('When it began.'),
  expiresAt: Instant('When it ends by itself.'),
}

export const NewSession = component(
  'NewSession',
  Type.Object(
    {
      token: Type.String({ description: 'Send it as `Authorization: Bearer …`. Shown this once.' }),
      ...properties,
    },
    { description: 'A session that has begun.' },
  ),
)

export const Session = component(
  'Session',
  Type.Object(
    {
      ...properties,
      revokedAt: nullable(Instant('When it was ended before its time.'), { description: 'Null: it was not.' }),
    },
    { description: 'A session of an applicant, a mission or a moderator.' },
  ),
)
export const SessionPage = pageOf('SessionPage', Session)

const list = <T extends Parameters<typeof Type.Array>[0]>(item: T, description: string) =>
  nullable(Type.Array(item), { description })

export const CurrentSession = component(
  'CurrentSession',
  Type.Object(
    {
      id: Type.String({ description: 'What the log and histories name; of a session, its id.' }),
      role: enumOf(roles, { description: 'Role of this credential.' }),
      email: nullable(Type.String(), { description: 'Address of an applicant.' }),
      state,
      slotId,
      scopes: Type.Array(Type.String(), { description: '`*`, or the scopes `{tag}:read` and `{tag}:write`.' }),
      preSessions: list(Type.Integer(), 'Rounds that it is limited to. Null: not limited.'),
      countries: list(Type.String(), 'Countries under review that it is limited to. Null: not limited.'),
      expiresAt: nullable(Instant('When it ends by itself.'), { description: 'Null: not known, or never.' }),
    },
    { description: 'What the credential of this request stands for, however it was shown: a key, a token, a session.' },
  ),
)

const toProperties = (row: SessionRow) => ({
  id: row.id,
  role: row.role,
  email: row.email,
  preSession: row.pre_session,
  country: row.country,
  state: row.state,
  slotId: row.slot_id,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
})

export const toSession = (row: SessionRow) => ({ ...toProperties(row), revokedAt: row.revoked_at })

export const toNewSession = (row: SessionRow, token: string) => ({ token, ...toProperties(row) })

export const toCurrentSession = (caller: Caller) => ({
  id: caller.id,
  role: caller.role,
  email: caller.email ?? null,
  state: caller.state ?? null,
  slotId: caller.slotId ?? null,
  scopes: [...caller.scopes],
  preSessions: caller.preSessions === undefined ? null : [...caller.preSessions],
  countries: caller.countries === undefined ? null : [...caller.countries],
  expiresAt: caller.expiresAt ?? null,
})
