import { only, type Rows } from '../rows.ts'

export const rows: Rows = {
  openPerson: only(['admin', 'applicant'], { send: ({ email }) => ({ payload: { emails: [email] } }) }),
  getPerson: only(['admin', 'applicant']),
  erasePerson: only(['admin']),
}
