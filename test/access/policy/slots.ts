import { only, open, type Rows, staff } from '../rows.ts'

/** Staff for everybody, a speaker for itself. */
const person = ['admin', 'secretariat', 'applicant'] as const
const runsOrSpeaks = ['admin', 'secretariat', 'moderator', 'applicant'] as const
const runsTheDay = ['admin', 'secretariat', 'moderator'] as const

/** The same for both kinds of slots. */
const rowsOf = (one: string, many: string): Rows => ({
  [`list${many}`]: open(),
  [`get${one}`]: open(),
  [`create${one}`]: only(staff),
  [`update${one}`]: only(staff),
  [`delete${one}`]: only(staff),
  [`transition${one}`]: only(runsTheDay),
  [`list${one}Speakers`]: open(),
  [`book${one}Seat`]: only(person),
  [`giveUp${one}Seat`]: only(person),
  [`mark${one}Connection`]: only(runsOrSpeaks),
  [`list${one}Waiting`]: only(runsOrSpeaks),
  [`waitFor${one}`]: only(person),
  [`leave${one}Waiting`]: only(person),
  [`list${one}Swaps`]: only(person),
  [`offer${one}Swap`]: only(person),
  [`settle${one}Swap`]: only(person),
  [`overrun${one}`]: only(staff),
  [`list${one}Attendance`]: only(runsTheDay),
  [`record${one}Attendance`]: only(['admin', 'secretariat', 'moderator', 'mission']),
  [`remove${one}Attendance`]: only(runsTheDay),
})

export const rows: Rows = {
  ...rowsOf('QaSlot', 'QaSlots'),
  ...rowsOf('Screening', 'Screenings'),
  getRunningOrder: open(),
  setRunningOrder: only(staff),
}
