import { type Lifecycle, movesFrom, movesTo } from './lifecycle.ts'

export type JotformSubmissionState =
  | 'received'
  | 'verifying'
  | 'verified'
  | 'imported'
  | 'filesPending'
  | 'needsAttention'
  | 'unknownForm'
  | 'test'
  | 'vanished'
  | 'unreadable'

const living = [
  'received',
  'verifying',
  'verified',
  'imported',
  'filesPending',
  'needsAttention',
  'unknownForm',
] as const

const cleared = ['verifying', 'verified', 'imported', 'filesPending'] as const

const jotformSubmission: Lifecycle<JotformSubmissionState> = {
  name: 'jotformSubmission',
  description:
    'A submission of the Jotform form on its way to an application. Whether it is verified or forged is told apart.',
  initial: 'received',
  states: [
    { name: 'received', description: 'Stored, not checked yet.' },
    { name: 'verifying', description: 'Jotform is being asked whether it holds this submission.' },
    { name: 'verified', description: 'Jotform confirms it.' },
    { name: 'imported', description: 'The application exists.' },
    { name: 'filesPending', description: 'The application exists; files are still being copied.' },
    { name: 'needsAttention', description: 'A person has to look at it; a sentence says at what.' },
    { name: 'unknownForm', description: 'No mapping is known for this form.' },
    { name: 'test', description: 'A preview or a test, kept out of every list of applications.' },
    { name: 'vanished', description: 'No longer in Jotform; what was received is kept.' },
    { name: 'unreadable', description: 'The bytes could not be read; the submission is sought by poll.' },
  ],
  transitions: [
    { from: 'received', to: 'verifying', by: 'system', description: 'Ask Jotform.' },
    ...movesFrom(['received', 'verifying'], 'verified', 'system', 'Jotform holds the submission.'),
    ...movesTo('received', ['imported', 'filesPending'], 'system', 'Make the application without access to Jotform.'),
    ...movesFrom(['received', 'verifying'], 'unknownForm', 'system', 'No mapping is known for the form.'),
    { from: 'received', to: 'unreadable', by: 'system', description: 'The bytes cannot be read.' },
    ...movesTo('verified', ['imported', 'filesPending', 'unknownForm'], 'system', 'Map the answers.'),
    { from: 'filesPending', to: 'imported', by: 'system', description: 'Every file has been copied.' },
    { from: 'imported', to: 'filesPending', by: 'system', description: 'A new version brings files.' },
    ...movesFrom(
      ['received', 'verifying', 'verified', 'imported', 'filesPending'],
      'needsAttention',
      'system',
      'Something cannot be decided by itself.',
    ),
    ...movesTo('needsAttention', cleared, 'person', 'Settle what was in doubt.'),
    ...movesTo('needsAttention', cleared, 'system', 'A new version or a new mapping settles it.'),
    ...movesTo('unknownForm', [...cleared, 'needsAttention'], 'system', 'A mapping was added.'),
    { from: 'unreadable', to: 'verified', by: 'system', description: 'The submission was found by poll.' },
    { from: 'unreadable', to: 'received', by: 'person', description: 'Link the delivery by hand or replay it.' },
    ...movesFrom([...living, 'vanished'], 'test', 'system', 'A test mark was seen; it wins at any time.'),
    { from: 'test', to: 'received', by: 'person', description: 'Treat it as real.' },
    ...movesFrom(living, 'vanished', 'system', 'Jotform no longer lists it.'),
    { from: 'vanished', to: 'verified', by: 'system', description: 'Jotform lists it again.' },
  ],
}

export const intakeLifecycle = { jotformSubmission }
