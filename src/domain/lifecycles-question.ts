import { type Lifecycle, movesFrom, movesTo } from './lifecycle.ts'

export type QuestionStatus =
  | 'queued'
  | 'approved'
  | 'held'
  | 'merged'
  | 'asked'
  | 'answered'
  | 'answeredInWriting'
  | 'lapsed'

const question: Lifecycle<QuestionStatus> = {
  name: 'question',
  description: 'A question of a mission, or its wish to speak, on its way through a Q&A (R29, R30).',
  initial: 'queued',
  states: [
    { name: 'queued', description: 'Put; the moderator has not looked at it yet.' },
    { name: 'approved', description: 'In the queue of those to be called.' },
    { name: 'held', description: 'Held back by the moderator, with a reason.' },
    { name: 'merged', description: 'Joined into another question, with its votes.', final: true },
    { name: 'asked', description: 'Called: it is or was put to the panel, or the State had the floor.' },
    { name: 'answered', description: 'Answered at the meeting.', final: true },
    { name: 'answeredInWriting', description: 'Answered in writing after the meeting.', final: true },
    { name: 'lapsed', description: 'Not answered at the meeting; a written answer is awaited where a date is set.' },
  ],
  transitions: [
    ...movesTo('queued', ['approved', 'held', 'merged'], 'person', 'Moderate it; holding needs a reason.'),
    ...movesTo('held', ['approved', 'merged'], 'person', 'Let a held one through after all.'),
    ...movesTo('approved', ['held', 'merged'], 'person', 'Take it out of the queue again.'),
    { from: 'approved', to: 'asked', by: 'person', description: 'Call it.' },
    { from: 'asked', to: 'approved', by: 'person', description: 'It was called by mistake.' },
    { from: 'asked', to: 'answered', by: 'person', description: 'It was answered.' },
    ...movesFrom(['approved', 'asked'], 'lapsed', 'person', 'Time ran out: it becomes a written one with a date.'),
    ...movesFrom(['queued', 'held', 'approved', 'asked'], 'lapsed', 'system', 'The slot is over.'),
    { from: 'lapsed', to: 'answeredInWriting', by: 'person', description: 'Record the written answer.' },
    { from: 'lapsed', to: 'answeredInWriting', by: 'applicant', description: 'Answer it in writing as its speaker.' },
  ],
}

export const questionLifecycle = { question }

/** Statuses in which it waits for the moderator or for its call. */
export const isWaiting = (status: QuestionStatus): boolean => status === 'queued' || status === 'approved'
