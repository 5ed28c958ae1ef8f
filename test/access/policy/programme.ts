import { only, open, type Rows, staff } from '../rows.ts'

export const rows: Rows = {
  getProgramme: open(),
  getProgrammeCalendar: open(),
  publishProgramme: only(staff),
  listProgrammeVersions: open(),
  getProgrammeVersion: open(),
}
