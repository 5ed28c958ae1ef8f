import { onlyWhole, type Rows, staff } from '../rows.ts'

export const rows: Rows = {
  listDelegates: onlyWhole(staff),
  registerDelegate: onlyWhole(staff),
  revokeDelegate: onlyWhole(staff),
}
