import { only, open, type Rows, staff } from '../rows.ts'

export const rows: Rows = {
  listCountries: open(),
  getCountry: open(),
  addCountry: only(staff),
  updateCountry: only(staff),
  removeCountry: only(staff),
  releaseCountry: only(staff),
  extendDeadline: only(staff),
  listDeadlineExtensions: only(staff),
  grantDeadlineWaiver: only(staff),
  listDeadlineWaivers: only(staff),
}
