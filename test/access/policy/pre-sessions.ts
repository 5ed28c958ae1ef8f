import { only, open, type Rows, staff } from '../rows.ts'

export const rows: Rows = {
  listPreSessions: open(),
  createPreSession: only(staff),
  getPreSession: open(),
  updatePreSession: only(staff),
  transitionPreSession: only(staff),
  listPreSessionHistory: only(staff),
  listDeadlines: open(),
  getDeadlineCalendar: open(),
}
