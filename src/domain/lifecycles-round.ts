import { type Lifecycle, movesFrom, movesTo } from './lifecycle.ts'

export type PreSessionStatus =
  | 'draft'
  | 'callOpen'
  | 'callClosed'
  | 'selecting'
  | 'confirmed'
  | 'programmePublished'
  | 'running'
  | 'closed'
  | 'archived'
  | 'postponed'
  | 'cancelled'

const beforeTheDays = ['callOpen', 'callClosed', 'selecting', 'confirmed', 'programmePublished'] as const
const open = [...beforeTheDays, 'running'] as const

const preSession: Lifecycle<PreSessionStatus> = {
  name: 'preSession',
  description: 'A round of Pre-sessions. A person makes every move; time alone makes none.',
  initial: 'draft',
  states: [
    { name: 'draft', description: 'In preparation, not public.' },
    { name: 'callOpen', description: 'The call is published; applications are accepted until the deadline.' },
    { name: 'callClosed', description: 'The call is over.' },
    { name: 'selecting', description: 'Applications are reviewed and panels put together.' },
    { name: 'confirmed', description: 'The panels stand and the speakers have been told.' },
    { name: 'programmePublished', description: 'The programme is published.' },
    { name: 'running', description: 'The Pre-sessions take place.' },
    { name: 'closed', description: 'The Pre-sessions are over.' },
    { name: 'archived', description: 'Kept for reference only.', final: true },
    { name: 'postponed', description: 'Put off; it will go on from where the secretariat says.' },
    { name: 'cancelled', description: 'Called off.' },
  ],
  transitions: [
    { from: 'draft', to: 'callOpen', by: 'person', description: 'Publish the call.' },
    { from: 'callOpen', to: 'callClosed', by: 'person', description: 'Close the call.' },
    { from: 'callClosed', to: 'selecting', by: 'person', description: 'Begin the selection.' },
    { from: 'selecting', to: 'confirmed', by: 'person', description: 'Confirm the panels.' },
    { from: 'confirmed', to: 'programmePublished', by: 'person', description: 'Publish the programme.' },
    { from: 'programmePublished', to: 'running', by: 'person', description: 'Open the Pre-sessions.' },
    { from: 'running', to: 'closed', by: 'person', description: 'Close the Pre-sessions.' },
    { from: 'closed', to: 'archived', by: 'person', description: 'Archive the round.' },
    ...movesFrom(
      ['callClosed', 'selecting'],
      'callOpen',
      'deadlineExtension',
      'A later deadline for a country reopens the call.',
    ),
    ...movesFrom(open, 'postponed', 'person', 'Put the round off.'),
    ...movesTo('postponed', beforeTheDays, 'person', 'Resume the round.'),
    ...movesFrom(['draft', ...open, 'postponed'], 'cancelled', 'person', 'Call the round off.'),
    { from: 'cancelled', to: 'archived', by: 'person', description: 'Archive the cancelled round.' },
  ],
}

export type CountryStatus = 'candidate' | 'held' | 'notHeld' | 'withdrawn'

const countryUnderReview: Lifecycle<CountryStatus> = {
  name: 'countryUnderReview',
  description: 'A State under review in a round. To the public it is a candidate or withdrawn until its release.',
  initial: 'candidate',
  states: [
    { name: 'candidate', description: 'Under review in this round; whether a Pre-session is held is open.' },
    { name: 'held', description: 'A Pre-session is held.' },
    { name: 'notHeld', description: 'No Pre-session is held.' },
    { name: 'withdrawn', description: 'Taken out of this round, for example because the review was deferred.' },
  ],
  transitions: [
    ...movesTo('candidate', ['held', 'notHeld'], 'person', 'Decide whether the Pre-session is held.'),
    ...movesTo('notHeld', ['candidate', 'held'], 'person', 'Reinstate the country.'),
    { from: 'held', to: 'notHeld', by: 'person', description: 'Give the Pre-session up.' },
    ...movesFrom(['candidate', 'held'], 'withdrawn', 'person', 'Take the country out of this round.'),
    { from: 'withdrawn', to: 'candidate', by: 'person', description: 'Bring the country back into this round.' },
  ],
}

export const roundLifecycles = { preSession, countryUnderReview }
