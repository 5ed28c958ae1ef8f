import { only, type Rows, unguarded } from '../rows.ts'

const own = ['applicant', 'mission'] as const

export const rows: Rows = {
  createCalendarFeed: only(own),
  listCalendarFeeds: only(own),
  revokeCalendarFeed: only(own),
  getCalendarFeed: unguarded('the secret in the address'),
}
