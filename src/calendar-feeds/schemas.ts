import { closed, component, enumOf, Id, Instant, nullable, pageOf, type Static, Type } from '../http/schemas.ts'
import type { FeedRow } from './queries.ts'

const timeZone = Type.String({
  maxLength: 64,
  description: 'IANA zone that names a place, or UTC.',
  examples: ['Asia/Kathmandu'],
})

export const CreateCalendarFeed = component(
  'CreateCalendarFeed',
  closed(
    {
      timeZone: Type.Optional({
        ...timeZone,
        description:
          'IANA zone by whose clocks entries are written, or UTC; left out: that of the round. Calendars show them by their own clock anyway.',
      }),
    },
    { description: 'A new feed for who asks.', examples: [{ timeZone: 'Asia/Kathmandu' }] },
  ),
)

const fields = {
  id: Id('Id of the feed.'),
  kind: enumOf(['speaker', 'mission'], {
    description:
      '`speaker`: the slots in which its owner has a seat; `mission`: the published programme. Both with where to join, where its owner takes part.',
  }),
  preSession: Type.Integer({ description: 'Number of the round.', examples: [38] }),
  timeZone: nullable(timeZone, { description: 'Zone by whose clocks entries are written; null: that of the round.' }),
  createdAt: Instant('When it was made.'),
  fetchedAt: nullable(Instant('When it was fetched last, to the hour.'), {
    description: 'Null: it was not fetched yet.',
  }),
}

export const CalendarFeed = component(
  'CalendarFeed',
  Type.Object(fields, { description: 'A calendar of a speaker or a mission behind an address of its own.' }),
)
export const CalendarFeedPage = pageOf('CalendarFeedPage', CalendarFeed)

export const NewCalendarFeed = component(
  'NewCalendarFeed',
  Type.Object(
    {
      url: Type.String({
        description: 'What to subscribe to. Whoever has it sees the calendar; shown this once.',
        examples: [
          'https://pre-sessions.example.org/v1/calendar-feeds/cal_q83vEjRWeJASNFZ4kBI0VniQEjRWeJASNFZ4kBI0Vng/programme.ics',
        ],
      }),
      ...fields,
    },
    { description: 'A feed that was made.' },
  ),
)

export const toFeed = (row: FeedRow): Static<typeof CalendarFeed> => ({
  id: row.id,
  kind: row.role === 'mission' ? 'mission' : 'speaker',
  preSession: row.pre_session,
  timeZone: row.time_zone,
  createdAt: row.created_at,
  fetchedAt: row.fetched_at,
})
