import { only, type Rows } from '../rows.ts'

export const rows: Rows = {
  listAuditEvents: only(['admin']),
  getAuditHead: only(['admin']),
}
