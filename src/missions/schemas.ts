import { closed, component, Id, Instant, Iso3, nullable, pageOf, Type } from '../http/schemas.ts'
import type { DelegateRow } from './queries.ts'

export const RegisterDelegate = component(
  'RegisterDelegate',
  closed(
    {
      state: Iso3('State whose mission the person belongs to.'),
      email: Type.String({
        format: 'email',
        maxLength: 254,
        description: 'Address of the delegate; letter case does not count.',
        examples: ['upr@mission.example'],
      }),
    },
    { description: 'Who speaks for a mission.', examples: [{ state: 'CHE', email: 'upr@mission.example' }] },
  ),
)

export const MissionDelegate = component(
  'MissionDelegate',
  Type.Object(
    {
      id: Id('Id of the registration.'),
      state: Type.String({ description: 'State of the mission, ISO 3166-1 alpha-3.', examples: ['CHE'] }),
      email: Type.String({ description: 'Address, in lower case.', examples: ['upr@mission.example'] }),
      registeredAt: Instant('When it was registered.'),
      registeredBy: Type.String({ description: 'Id of the credential that registered it.' }),
      revokedAt: nullable(Instant('When it was revoked.'), { description: 'Null: it is valid.' }),
      revokedBy: nullable(Type.String(), { description: 'Id of the credential that revoked it.' }),
    },
    { description: 'An address that may ask for access links of a mission.' },
  ),
)
export const MissionDelegatePage = pageOf('MissionDelegatePage', MissionDelegate)

export const toDelegate = (row: DelegateRow) => ({
  id: row.id,
  state: row.state,
  email: row.email,
  registeredAt: row.registered_at,
  registeredBy: row.registered_by,
  revokedAt: row.revoked_at,
  revokedBy: row.revoked_by,
})
