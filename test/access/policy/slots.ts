import { slot } from '../kinds/slot.ts'
import { slotSpeaker } from '../kinds/slot-speaker.ts'
import type { Row } from '../rows.ts'
import { only, open, type Rows, staff } from '../rows.ts'

/** Staff for everybody, a speaker for itself. */
const person = ['admin', 'secretariat', 'applicant'] as const
const runsOrSpeaks = ['admin', 'secretariat', 'moderator', 'applicant'] as const
const runsTheDay = ['admin', 'secretariat', 'moderator'] as const

/** The prepared slots are for questions; screenings are the same code. */
const isOf = (one: string, about: Pick<Row, 'about' | 'as'>) => (one === 'QaSlot' ? about : {})

/** The same for both kinds of slots. */
const rowsOf = (one: string, many: string): Rows => ({
  [`list${many}`]: open(isOf(one, { about: slot, as: 'list' })),
  [`get${one}`]: open(isOf(one, { about: slot, as: 'whole' })),
  [`create${one}`]: only(staff),
  [`update${one}`]: only(staff),
  [`delete${one}`]: only(staff),
  [`transition${one}`]: only(runsTheDay),
  [`list${one}Speakers`]: open(isOf(one, { about: slotSpeaker, as: 'list' })),
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
