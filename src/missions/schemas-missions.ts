import {
  closed,
  component,
  enumOf,
  Id,
  Instant,
  Iso3,
  nullable,
  pageOf,
  reason,
  type Static,
  Type,
} from '../http/schemas.ts'
import type { AttendanceReport } from '../slots/queries-attendance.ts'
import type { InvitationRow } from './queries-invitations.ts'
import type { MissionRow } from './queries-missions.ts'
import type { RegistrationRow } from './queries-registrations.ts'

const line = (maxLength: number, options: object) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f]*\\S[^\\u0000-\\u001f\\u007f]*$',
    ...options,
  })
const state = Type.String({ description: 'State, ISO 3166-1 alpha-3.', examples: ['CHE'] })
const stateName = Type.String({
  description: 'Short name in English that the United Nations uses.',
  examples: ['Switzerland'],
})
const email = (description: string) =>
  Type.String({ format: 'email', maxLength: 254, description, examples: ['upr@mission.example'] })
const emails = Type.Array(email('Address; letter case does not count.'), {
  maxItems: 10,
  description: 'Addresses of the mission, to which invitations go.',
})
const inGeneva = nullable(Type.Boolean(), {
  description: 'Whether the State has a mission in Geneva; null: not known.',
})
const count = (description: string) => Type.Integer({ minimum: 0, description })

export const Mission = component(
  'Mission',
  Type.Object(
    {
      state,
      name: stateName,
      kind: enumOf(['member', 'observer'], { description: 'Member State or observer State.' }),
      emails,
      inGeneva,
      note: nullable(Type.String(), {
        description: 'What the secretariat should know, such as which mission it is reached through.',
      }),
      delegates: count('Delegates who may ask for access links.'),
      updatedAt: nullable(Instant('Last change.'), { description: 'Null: nothing was entered yet.' }),
    },
    {
      description:
        'The permanent mission of a State. Every State has an entry, whether anything is known of its mission or not (R28).',
    },
  ),
)
export const MissionPage = pageOf('MissionPage', Mission)

export const UpdateMission = component(
  'UpdateMission',
  closed(
    {
      emails: Type.Optional(emails),
      inGeneva: Type.Optional(inGeneva),
      note: Type.Optional(nullable(line(2000, { description: 'A note.' }), { description: 'Null clears it.' })),
    },
    {
      description: 'A change of a mission (RFC 7396): what is left out stays, null clears.',
      examples: [{ emails: ['upr@mission.example'], inGeneva: true }],
    },
  ),
)

const reach = enumOf(['sent', 'queued', 'delivered', 'failed', 'noAddress'], {
  description:
    '`sent`: a mail server took a message; `queued`: one waits; `delivered`: handed over otherwise; `failed`: no message went out; `noAddress`: there is none.',
})

export const InvitationResult = component(
  'InvitationResult',
  Type.Object(
    {
      invited: count('States that were invited now.'),
      alreadyInvited: count('States that had been invited before.'),
      messages: count('Messages to addresses that had none yet.'),
    },
    { description: 'What a call to invite all missions did.' },
  ),
)

export const Invitation = component(
  'Invitation',
  Type.Object(
    {
      state,
      name: stateName,
      isUnderReview: Type.Boolean({ description: 'Whether the State is under review in this round.' }),
      invitedAt: Instant('When it was invited.'),
      reach,
      messages: count('Addresses that a message goes to.'),
      delivery: nullable(
        Type.Object(
          {
            channel: Type.String({ description: 'How it was handed over.', examples: ['noteVerbale'] }),
            at: Instant('When.'),
            note: nullable(Type.String(), { description: 'What was noted.' }),
          },
          { description: 'A delivery that was no mail.' },
        ),
        { description: 'Null: mail alone.' },
      ),
    },
    { description: "The invitation of a State's mission to a round." },
  ),
)
export const InvitationPage = pageOf('InvitationPage', Invitation)

export const DeliverInvitation = component(
  'DeliverInvitation',
  closed(
    {
      channel: enumOf(['noteVerbale', 'post', 'byHand', 'phone'], { description: 'How it was handed over.' }),
      at: Type.Optional(
        Type.String({
          format: 'date-time',
          pattern: '^2[01]',
          maxLength: 40,
          description: 'When; left out: now. RFC 3339.',
        }),
      ),
      note: Type.Optional(reason('For example to which mission.')),
    },
    {
      description: 'An invitation that was handed over otherwise than by mail.',
      examples: [{ channel: 'noteVerbale', note: 'To the mission in New York' }],
    },
  ),
)

const list = (description: string) => Type.Array(Type.String(), { description })

export const InvitationCoverage = component(
  'InvitationCoverage',
  Type.Object(
    {
      preSession: Type.Integer({ description: 'Number of the round.', examples: [38] }),
      states: count('All Member States and observer States.'),
      invited: count('How many of them are invited.'),
      complete: Type.Boolean({ description: 'Whether none is missing.' }),
      missing: list('States that are not invited; none may be (R28).'),
      noAddress: list('Invited States without an address: to be reached otherwise.'),
      failed: list('Invited States that no message went out to.'),
      withoutGenevaMission: list('States of which it is known that they have no mission in Geneva.'),
      statesUnderReview: Type.Array(
        Type.Object(
          {
            state,
            invited: Type.Boolean({ description: 'Whether it is invited, as it always must be.' }),
            reach: nullable(reach, { description: 'How far the invitation got; null: there is none.' }),
            hasGenevaMission: nullable(Type.Boolean(), {
              description: 'False: it is known to have none; null: nothing speaks against it.',
            }),
          },
          { description: 'A State under Review.' },
        ),
        { description: 'The States under Review, in the order of the round.' },
      ),
    },
    { description: 'Proof that every State is invited to a round.' },
  ),
)

export const RegisterForRound = component(
  'RegisterForRound',
  closed(
    {
      state: Type.Optional(Iso3('State of the mission; a mission leaves it out.')),
      name: line(200, { description: 'Name of the delegate.', examples: ['Mona M’Bikay'] }),
      email: email('Address of the delegate; letter case does not count.'),
      position: Type.Optional(line(200, { description: 'Position.', examples: ['Second Secretary'] })),
    },
    { description: 'Who comes for a mission.', examples: [{ name: 'Mona M’Bikay', email: 'upr@mission.example' }] },
  ),
)

export const Registration = component(
  'Registration',
  Type.Object(
    {
      id: Id('Id of the registration.'),
      state,
      name: Type.String({ description: 'Name of the delegate.' }),
      email: Type.String({ description: 'Address, in lower case.' }),
      position: nullable(Type.String(), { description: 'Position.' }),
      registeredAt: Instant('When it was made.'),
      cancelledAt: nullable(Instant('When it was cancelled.'), { description: 'Null: it stands.' }),
    },
    { description: 'A delegate who comes to a round.' },
  ),
)
export const RegistrationPage = pageOf('RegistrationPage', Registration)

export const AttendanceOfRound = component(
  'AttendanceOfRound',
  Type.Object(
    {
      preSession: Type.Integer({ description: 'Number of the round.', examples: [38] }),
      missions: count('Missions that were present for any country.'),
      countries: Type.Array(
        Type.Object(
          {
            country: Type.String({ description: 'Country under review.', examples: ['BEL'] }),
            present: count('Missions that were present at any of its slots; two delegates of one are one.'),
            spoke: count('Those of them that took the floor.'),
            missions: Type.Array(
              Type.Object(
                { state, spoke: Type.Boolean({ description: 'Whether it took the floor.' }) },
                { description: 'A mission that was present.' },
              ),
              { description: 'Which they were.' },
            ),
          },
          { description: 'The attendance for one country.' },
        ),
        { description: 'Per country of the round, in its order.' },
      ),
    },
    { description: 'Attendance per mission and country, for reports (R31).' },
  ),
)

export const toMission = (row: MissionRow): Static<typeof Mission> => ({
  state: row.iso3,
  name: row.name,
  kind: row.kind,
  emails: row.emails,
  inGeneva: row.in_geneva,
  note: row.note,
  delegates: row.delegates,
  updatedAt: row.updated_at,
})

export const toInvitation = (row: InvitationRow): Static<typeof Invitation> => ({
  state: row.state,
  name: row.name,
  isUnderReview: row.is_under_review,
  invitedAt: row.invited_at,
  reach: row.reach,
  messages: row.messages,
  delivery:
    row.channel === null || row.delivered_at === null
      ? null
      : { channel: row.channel, at: row.delivered_at, note: row.delivery_note },
})

export const toRegistration = (row: RegistrationRow): Static<typeof Registration> => ({
  id: row.id,
  state: row.state,
  name: row.name,
  email: row.email,
  position: row.position,
  registeredAt: row.registered_at,
  cancelledAt: row.cancelled_at,
})

export const toAttendance = (preSession: number, rows: AttendanceReport[]): Static<typeof AttendanceOfRound> => ({
  preSession,
  missions: new Set(rows.flatMap(({ states }) => states.map((one) => one.state))).size,
  countries: rows.map(({ iso3, states }) => ({
    country: iso3,
    present: states.length,
    spoke: states.filter(({ spoke }) => spoke).length,
    missions: states,
  })),
})
