import { onlyWhole, type Rows, staff } from '../rows.ts'

export const rows: Rows = {
  openPerson: onlyWhole(['admin', 'applicant'], { send: ({ email }) => ({ payload: { emails: [email] } }) }),
  getPerson: onlyWhole(['admin', 'applicant']),
  exportPerson: onlyWhole(['admin', 'applicant']),
  previewPersonExport: onlyWhole(['admin', 'applicant']),
  erasePerson: onlyWhole(['admin']),
  getRetention: onlyWhole(staff),
  applyRetention: onlyWhole(['admin']),
}
