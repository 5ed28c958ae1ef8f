import { known, only, onlyWhole, open, type Rows } from '../rows.ts'

export const rows: Rows = {
  requestAccessLink: open(),
  createSession: open(),
  getCurrentSession: only(known, { needsNoScope: true }),
  endCurrentSession: only(known, { needsNoScope: true }),
  listSessions: onlyWhole(['admin'], { send: () => ({ query: 'role=applicant' }) }),
  revokeSession: onlyWhole(['admin']),
}
