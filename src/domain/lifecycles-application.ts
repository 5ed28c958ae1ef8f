import { type Lifecycle, movesFrom, movesTo } from './lifecycle.ts'

export type ApplicationStatus = 'draft' | 'submitted' | 'withdrawn' | 'prevented'

const applicationStatus: Lifecycle<ApplicationStatus> = {
  name: 'applicationStatus',
  description: 'Where an application stands between the applicant and the round.',
  initial: 'draft',
  states: [
    { name: 'draft', description: 'Begun and not handed in.' },
    { name: 'submitted', description: 'Handed in.' },
    { name: 'withdrawn', description: 'Taken back by the applicant.', final: true },
    {
      name: 'prevented',
      description: 'The speaker was kept from taking part; known to the secretariat only.',
      final: true,
    },
  ],
  transitions: [
    { from: 'draft', to: 'submitted', by: 'applicant', description: 'Hand the application in.' },
    ...movesFrom(['draft', 'submitted'], 'withdrawn', 'applicant', 'Take the application back.'),
    {
      from: 'submitted',
      to: 'prevented',
      by: 'person',
      description: 'Record that the speaker was kept from taking part.',
    },
  ],
}

const assessed = ['eligible', 'incomplete', 'late', 'ineligible', 'needsReview'] as const
type Assessed = (typeof assessed)[number]

const applicationOutcome: Lifecycle<Assessed | 'notAssessed'> = {
  name: 'applicationOutcome',
  description: 'What the rules say of an application. Each assessment may give another outcome; a draft has none.',
  initial: 'notAssessed',
  states: [
    { name: 'notAssessed', description: 'A draft; the application carries no outcome.' },
    { name: 'eligible', description: 'Received in time, complete, and from an applicant who may apply.' },
    { name: 'incomplete', description: 'A required answer or document is missing.' },
    { name: 'late', description: 'Received when the deadline had closed.' },
    { name: 'ineligible', description: 'From an applicant who may not apply for this country.' },
    {
      name: 'needsReview',
      description: 'The deadline or a required value could not be decided; a person looks at it.',
    },
  ],
  transitions: [
    ...movesTo('notAssessed', assessed, 'system', 'The application is handed in and assessed.'),
    ...assessed.flatMap((from) => {
      const others = assessed.filter((to) => to !== from)
      return movesTo<Assessed>(from, others, 'system', 'The application is assessed again.')
    }),
  ],
}

const decided = ['selected', 'reserve', 'notSelected'] as const
export type Decision = 'undecided' | (typeof decided)[number]

const decision: Lifecycle<Decision> = {
  name: 'decision',
  description: 'What the secretariat decided, with its reason. Nobody else sees it before the release of the country.',
  initial: 'undecided',
  states: [
    { name: 'undecided', description: 'Not decided yet.' },
    { name: 'selected', description: 'On the panel.' },
    { name: 'reserve', description: 'Moves up when a place becomes free.' },
    { name: 'notSelected', description: 'Not on the panel.' },
  ],
  transitions: [
    ...movesTo('undecided', decided, 'person', 'Decide on the application.'),
    { from: 'reserve', to: 'selected', by: 'person', description: 'Move up from the reserve.' },
    { from: 'reserve', to: 'notSelected', by: 'person', description: 'Release from the reserve.' },
    ...movesTo('selected', ['reserve', 'notSelected'], 'person', 'Change the decision, with a reason.'),
    ...movesTo('notSelected', ['selected', 'reserve'], 'person', 'Change the decision, with a reason.'),
  ],
}

export type Answer = 'none' | 'confirmed' | 'declined'

const answer: Lifecycle<Answer> = {
  name: 'answer',
  description: 'The answer of a selected speaker.',
  initial: 'none',
  states: [
    { name: 'none', description: 'Not answered yet.' },
    { name: 'confirmed', description: 'The speaker will take part.', final: true },
    { name: 'declined', description: 'The speaker will not take part.', final: true },
  ],
  transitions: movesTo('none', ['confirmed', 'declined'], 'applicant', 'Answer the invitation to speak.'),
}

export const applicationLifecycles = { applicationStatus, applicationOutcome, decision, answer }
