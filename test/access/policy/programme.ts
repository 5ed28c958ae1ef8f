import { only, open, type Rows, staff } from '../rows.ts'

export const rows: Rows = {
  getProgramme: open(),
  getProgrammeCalendar: open(),
  proposeProgramme: only(staff),
  adoptProgramme: only(staff),
  publishProgramme: only(staff),
  listProgrammeVersions: open(),
  getProgrammeVersion: open(),
}
