import { only, type Rows, staff } from '../rows.ts'

export const rows: Rows = {
  listDelegates: only(staff),
  registerDelegate: only(staff),
  revokeDelegate: only(staff),
}
