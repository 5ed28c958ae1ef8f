import { type Lifecycle, movesFrom, movesTo } from './lifecycle.ts'

export type VideoStatus =
  | 'awaitingUpload'
  | 'uploading'
  | 'checking'
  | 'needsReview'
  | 'accepted'
  | 'changesRequested'
  | 'rejected'
  | 'screened'
  | 'withdrawn'

const videoSubmission: Lifecycle<VideoStatus> = {
  name: 'videoSubmission',
  description: 'The recorded statement of a selected speaker on its way to the screening (R23).',
  initial: 'awaitingUpload',
  states: [
    { name: 'awaitingUpload', description: 'Announced; no byte has come yet, or the upload has expired.' },
    { name: 'uploading', description: 'Bytes are coming; the upload can be resumed.' },
    { name: 'checking', description: 'A whole version is here; its content is being checked.' },
    { name: 'needsReview', description: 'Checked; a person looks at it.' },
    { name: 'accepted', description: 'Accepted for the screening.' },
    { name: 'changesRequested', description: 'A new version is asked for, with reasons.' },
    { name: 'rejected', description: 'Not taken, with reasons.' },
    { name: 'screened', description: 'Shown at the Pre-session.' },
    { name: 'withdrawn', description: 'Taken back; nobody is shown it any more.', final: true },
  ],
  transitions: [
    ...movesFrom(['awaitingUpload', 'changesRequested'], 'uploading', 'system', 'The first bytes of a version come.'),
    ...movesTo(
      'uploading',
      ['awaitingUpload', 'changesRequested'],
      'system',
      'The upload expired, was cancelled or was not what was announced.',
    ),
    ...movesFrom(
      ['uploading', 'needsReview', 'accepted', 'changesRequested', 'rejected'],
      'checking',
      'system',
      'A whole version has come; it is checked, whatever was found of an earlier one.',
    ),
    { from: 'checking', to: 'needsReview', by: 'system', description: 'The content was checked.' },
    ...movesTo('needsReview', ['accepted', 'changesRequested', 'rejected'], 'person', 'Review the version.'),
    ...movesTo('accepted', ['changesRequested', 'rejected'], 'person', 'Change the review, with reasons.'),
    ...movesTo('changesRequested', ['accepted', 'rejected'], 'person', 'Change the review, with reasons.'),
    ...movesTo('rejected', ['accepted', 'changesRequested'], 'person', 'Change the review, with reasons.'),
    { from: 'accepted', to: 'screened', by: 'person', description: 'Record that it was shown.' },
    ...movesFrom(
      [
        'awaitingUpload',
        'uploading',
        'checking',
        'needsReview',
        'accepted',
        'changesRequested',
        'rejected',
        'screened',
      ],
      'withdrawn',
      'applicant',
      'Take the statement back.',
    ),
  ],
}

export const videoLifecycles = { videoSubmission }
