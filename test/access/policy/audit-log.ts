import { onlyWhole, type Rows } from '../rows.ts'

export const rows: Rows = {
  listAuditEvents: onlyWhole(['admin']),
  getAuditHead: onlyWhole(['admin']),
}
