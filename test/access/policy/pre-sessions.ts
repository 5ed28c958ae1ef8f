import { round } from '../kinds/round.ts'
import { only, onlyWhole, open, type Rows, staff } from '../rows.ts'

export const rows: Rows = {
  listPreSessions: open({ about: round, as: 'list' }),
  createPreSession: onlyWhole(staff),
  getPreSession: open({ about: round, as: 'part' }),
  updatePreSession: only(staff),
  transitionPreSession: only(staff),
  listPreSessionHistory: only(staff, { about: round, as: 'part' }),
  listDeadlines: open({ about: round, as: 'part' }),
  getDeadlineCalendar: open({ about: round, as: 'part' }),
}
