import { onlyWhole, type Rows } from '../rows.ts'

export const rows: Rows = {
  openPerson: onlyWhole(['admin', 'applicant'], { send: ({ email }) => ({ payload: { emails: [email] } }) }),
  getPerson: onlyWhole(['admin', 'applicant']),
  exportPerson: onlyWhole(['admin', 'applicant']),
  previewPersonExport: onlyWhole(['admin', 'applicant']),
  erasePerson: onlyWhole(['admin']),
}
