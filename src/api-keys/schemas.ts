import { closed, component, enumOf, Id, Instant, nullable, pageOf, reason, type Static, Type } from '../http/schemas.ts'
import { line } from '../pre-sessions/deadlines.ts'
import type { ApiKeyRow, AssignmentRow } from './queries.ts'

export const keyRoles = ['admin', 'secretariat', 'reviewer', 'integration'] as const

const name = line(200, { description: 'What the key is for, for people.', examples: ['Reviewer portal'] })
const role = enumOf(keyRoles, { description: 'The role of the key.' })
const scopes = (description: string) =>
  Type.Array(Type.String({ pattern: '^(\\*|[a-z]+(-[a-z]+)*:(read|write))$', maxLength: 60 }), {
    minItems: 1,
    maxItems: 60,
    uniqueItems: true,
    description: `${description} \`*\` is everything that the role may do; \`{tag}:read\` and \`{tag}:write\` are the operations of a tag of this contract.`,
    examples: [['applications:read']],
  })
const preSessions = (description: string) =>
  Type.Array(Type.Integer({ minimum: 1, maximum: 999 }), {
    minItems: 1,
    maxItems: 100,
    uniqueItems: true,
    description,
    examples: [[38]],
  })
const countries = (description: string) =>
  Type.Array(Type.String({ pattern: '^[A-Z]{3}$' }), {
    minItems: 1,
    maxItems: 200,
    uniqueItems: true,
    description,
    examples: [['BEL']],
  })
const expiry = (description: string) =>
  Type.String({
    format: 'date-time',
    maxLength: 40,
    pattern: '^2[01]\\d{2}-',
    description: `${description} RFC 3339.`,
    examples: ['2027-06-30T22:00:00Z'],
  })

const fields = {
  id: Id('Id of the key.'),
  name,
  role,
  owner: Type.String({
    description:
      'Who made it: the id of a key, `oidc:` and a subject, `admin-key` for the configured one, or `system`. What a key may no longer do, nothing that it made may do.',
    examples: ['admin-key'],
  }),
  scopes: scopes('What it may do.'),
  preSessions: Type.Optional(preSessions('The only rounds it is for; absent: all of them.')),
  countries: Type.Optional(countries('The only countries under review it is for; absent: all of them.')),
  createdAt: Instant('When it was made.'),
  expiresAt: Type.Optional(Instant('From when on it is worth nothing.')),
  lastUsedAt: Type.Optional(Instant('When it was last used, to the minute. The `ETag` leaves it out.')),
  replacedBy: Type.Optional(Id('The key that took its place at a rotation.')),
  revokedAt: Type.Optional(Instant('When it was revoked.')),
  revocationReason: Type.Optional(Type.String({ description: 'Why it was revoked.' })),
}

export const ApiKey = component('ApiKey', Type.Object(fields, { description: 'An API key, without the key itself.' }))
export type ApiKeyView = Static<typeof ApiKey>
export const ApiKeyPage = pageOf('ApiKeyPage', ApiKey)

export const NewApiKey = component(
  'NewApiKey',
  Type.Object(
    {
      ...fields,
      key: Type.String({ description: 'The key. It is shown this once and kept nowhere.', examples: ['upr_…'] }),
    },
    { description: 'An API key that was just made, with the key itself.' },
  ),
)

export const CreateApiKey = component(
  'CreateApiKey',
  closed(
    {
      name,
      role,
      scopes: Type.Optional(scopes('What it may do; left out: what you may, and required for an integration.')),
      preSessions: Type.Optional(preSessions('The only rounds it is for; left out: those that you are for.')),
      countries: Type.Optional(countries('The only countries it is for; left out: those that you are for.')),
      expiresAt: Type.Optional(expiry('From when on it is worth nothing; left out: it does not expire.')),
    },
    {
      description: 'A new API key. It can never do more than the credential that makes it.',
      examples: [{ name: 'Reviewer portal', role: 'integration', scopes: ['applications:read'], preSessions: [38] }],
    },
  ),
)

export const UpdateApiKey = component(
  'UpdateApiKey',
  closed(
    {
      name: Type.Optional(name),
      scopes: Type.Optional(scopes('Fewer scopes than now.')),
      preSessions: Type.Optional(preSessions('Fewer rounds than now.')),
      countries: Type.Optional(countries('Fewer countries than now.')),
      expiresAt: Type.Optional(
        nullable(expiry('From when on it is worth nothing.'), { description: 'Another end, or null for none.' }),
      ),
    },
    {
      description: 'A change of an API key (RFC 7396). Scopes and limits only ever get narrower.',
      examples: [{ name: 'Reviewer portal', countries: ['BEL'] }],
    },
  ),
)

export const RotateApiKey = component(
  'RotateApiKey',
  closed(
    {
      overlapSeconds: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: 30 * 86_400,
          description: 'How long the old key is valid beside the new one; left out: a day. 0 ends it at once.',
        }),
      ),
    },
    { description: 'How to change over to the new key.', examples: [{ overlapSeconds: 3600 }] },
  ),
)

export const RevokeApiKey = component(
  'RevokeApiKey',
  closed(
    { reason: reason('Why; kept with the key.') },
    { description: 'Why a key is revoked.', examples: [{ reason: 'Sent by mail by mistake' }] },
  ),
)

const assignment = {
  preSession: Type.Integer({ minimum: 1, maximum: 999, description: 'Number of the round.', examples: [38] }),
  country: Type.String({ pattern: '^[A-Z]{3}$', description: 'The country under review.', examples: ['BEL'] }),
}
const seesIdentities = Type.Boolean({
  description:
    'The explicit grant to see the names of people who are at risk; everybody else sees a pseudonym. Give it only where the review cannot do without.',
})

export const ReviewerAssignments = component(
  'ReviewerAssignments',
  Type.Object(
    {
      data: Type.Array(
        Type.Object({ ...assignment, seesIdentities }, { description: 'A country that the reviewer reads.' }),
        { description: 'The countries, by round and code.' },
      ),
    },
    { description: 'The countries whose applications a reviewer reads.' },
  ),
)

export const AssignReviewer = component(
  'AssignReviewer',
  closed(
    {
      data: Type.Array(
        closed(
          { ...assignment, seesIdentities: Type.Optional({ ...seesIdentities, default: false }) },
          { description: 'A country that the reviewer is to read.' },
        ),
        { maxItems: 1000, description: 'All of them: what is not named here is taken away.' },
      ),
    },
    {
      description: 'The countries that a reviewer is to read.',
      examples: [{ data: [{ preSession: 38, country: 'BEL', seesIdentities: false }] }],
    },
  ),
)

export const keyParams = closed({ id: Id('Id of the key.') })
export const subjectParams = closed({
  id: Type.String({
    maxLength: 300,
    pattern: '^([\\da-f]{8}(-[\\da-f]{4}){3}-[\\da-f]{12}|oidc:.+)$',
    description: 'Id of a reviewer key, or `oidc:` and the subject of a reviewer who comes with a token.',
    examples: ['019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10'],
  }),
})

/** A null of the row is a field that is not there. */
const given = <T extends object>(parts: T) =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }

export const toApiKey = (row: ApiKeyRow): ApiKeyView => ({
  id: row.id,
  name: row.name,
  role: row.role,
  owner: row.owner,
  scopes: row.scopes,
  createdAt: row.created_at,
  ...given({
    preSessions: row.pre_sessions,
    countries: row.countries,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    replacedBy: row.replaced_by,
    revokedAt: row.revoked_at,
    revocationReason: row.revocation_reason,
  }),
})

/** What the entity tag is made of: a key that is in use all the time could not be changed otherwise. */
export const toTagged = (row: ApiKeyRow) => toApiKey({ ...row, last_used_at: null })

export const toAssignments = (rows: AssignmentRow[]): Static<typeof ReviewerAssignments> => ({
  data: rows.map((row) => ({
    preSession: row.pre_session,
    country: row.country,
    seesIdentities: row.sees_identities,
  })),
})
