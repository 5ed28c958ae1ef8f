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
  [`update${one}`]: only(staff, isOf(one, { about: slot, as: 'gate' })),
  [`delete${one}`]: only(staff, isOf(one, { about: slot, as: 'gate' })),
  [`transition${one}`]: only(runsTheDay, isOf(one, { about: slot, as: 'gate' })),
  [`list${one}Speakers`]: open(isOf(one, { about: slotSpeaker, as: 'list' })),
  [`book${one}Seat`]: only(person, isOf(one, { about: slot, as: 'gate' })),
  [`giveUp${one}Seat`]: only(person, isOf(one, { about: slot, as: 'gate' })),
  [`mark${one}Connection`]: only(runsOrSpeaks, isOf(one, { about: slot, as: 'gate' })),
  [`list${one}Waiting`]: only(runsOrSpeaks, isOf(one, { about: slot, as: 'part' })),
  [`waitFor${one}`]: only(person, isOf(one, { about: slot, as: 'gate' })),
  [`leave${one}Waiting`]: only(person, isOf(one, { about: slot, as: 'gate' })),
  [`list${one}Swaps`]: only(person, isOf(one, { about: slot, as: 'part' })),
  [`offer${one}Swap`]: only(person, isOf(one, { about: slot, as: 'gate' })),
  [`settle${one}Swap`]: only(person, isOf(one, { about: slot, as: 'gate' })),
  [`overrun${one}`]: only(staff, isOf(one, { about: slot, as: 'gate' })),
  [`list${one}Attendance`]: only(runsTheDay, isOf(one, { about: slot, as: 'part' })),
  [`record${one}Attendance`]: only(['admin', 'secretariat', 'moderator', 'mission']),
  [`remove${one}Attendance`]: only(runsTheDay, isOf(one, { about: slot, as: 'gate' })),
})

export const rows: Rows = {
  ...rowsOf('QaSlot', 'QaSlots'),
  ...rowsOf('Screening', 'Screenings'),
  getRunningOrder: open(),
  setRunningOrder: only(staff),
}
