import { only, open, type Rows, staff } from '../rows.ts'

const runsTheDay = ['admin', 'secretariat', 'moderator'] as const

/** The same for both kinds of slots. */
const rowsOf = (one: string, many: string): Rows => ({
  [`list${many}`]: open(),
  [`get${one}`]: open(),
  [`create${one}`]: only(staff),
  [`update${one}`]: only(staff),
  [`delete${one}`]: only(staff),
  [`transition${one}`]: only(runsTheDay),
})

export const rows: Rows = { ...rowsOf('QaSlot', 'QaSlots'), ...rowsOf('Screening', 'Screenings') }
