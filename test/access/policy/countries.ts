import { country } from '../kinds/country.ts'
import { only, open, type Rows, staff } from '../rows.ts'

export const rows: Rows = {
  listCountries: open({ about: country, as: 'list' }),
  getCountry: open({ about: country, as: 'whole' }),
  addCountry: only(staff),
  updateCountry: only(staff),
  removeCountry: only(staff),
  releaseCountry: only(staff),
  extendDeadline: only(staff),
  listDeadlineExtensions: only(staff, { about: country, as: 'part' }),
  grantDeadlineWaiver: only(staff),
  listDeadlineWaivers: only(staff, { about: country, as: 'part' }),
}
