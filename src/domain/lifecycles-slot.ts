import { type Lifecycle, movesFrom } from './lifecycle.ts'

export type SlotStatus = 'planned' | 'open' | 'live' | 'ended' | 'cancelled'

const slot: Lifecycle<SlotStatus> = {
  name: 'slot',
  description: 'A screening or a Q&A of a round. A person makes every move; time alone makes none.',
  initial: 'planned',
  states: [
    { name: 'planned', description: 'It will take place.' },
    { name: 'open', description: 'The room is open: who is admitted can come in.' },
    { name: 'live', description: 'It takes place.' },
    { name: 'ended', description: 'It is over.', final: true },
    { name: 'cancelled', description: 'Called off; its room, countries and speakers are free again.' },
  ],
  transitions: [
    { from: 'planned', to: 'open', by: 'person', description: 'Open the room.' },
    { from: 'open', to: 'planned', by: 'person', description: 'Close the room again before the beginning.' },
    { from: 'open', to: 'live', by: 'person', description: 'Begin.' },
    { from: 'live', to: 'ended', by: 'person', description: 'End.' },
    ...movesFrom(['planned', 'open', 'live'], 'cancelled', 'person', 'Call it off.'),
    { from: 'cancelled', to: 'planned', by: 'person', description: 'Reinstate it, if its place is still free.' },
  ],
}

export const slotLifecycle = { slot }

/** Statuses in which a slot takes up its room, its countries and its speakers. */
export const isTakingPlace = (status: string): boolean => status !== 'cancelled'

/** Statuses in which seats can still be given, taken and freed. */
export const hasOpenSeats = (status: string): boolean => status === 'planned' || status === 'open' || status === 'live'
