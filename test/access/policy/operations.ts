import { open, type Rows } from '../rows.ts'

export const rows: Rows = {
  getLiveness: open(),
  getReadiness: open(),
  getMetrics: open(),
}
