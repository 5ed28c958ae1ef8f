import type { ApplicationBody } from '../../src/domain/application.ts'
import type { AssessmentFacts } from '../../src/domain/assessment.ts'
import { judgeApiReceipt } from '../../src/domain/receipt.ts'

/** A complete application of an invented organisation. */
export const body = {
  preSession: 38,
  country: 'BEL',
  organisation: {
    name: 'Forum Belgium',
    type: 'nationalCso',
    basedIn: 'BEL',
    email: 'contact@forum.example',
    aim: 'We document cases and train lawyers.',
  },
  speaker: { firstName: 'Zoë', lastName: 'Ó Briain', email: 'zoe@forum.example' },
  issues: ['detention'],
  uprSubmission: { reference: 'JS17' },
} satisfies ApplicationBody

export const deadline = {
  local: '2021-01-08T23:59',
  timeZone: 'Europe/Zurich',
  wording: '23h59 CET on Friday, 8 January 2021',
  closesAt: '2021-01-08T23:00:00Z',
}

export const requiredFields = [
  '/country',
  '/organisation/name',
  '/organisation/type',
  '/organisation/basedIn',
  '/organisation/email',
  '/organisation/aim',
  '/speaker/firstName',
  '/speaker/lastName',
  '/speaker/email',
  '/issues',
  '/uprSubmission',
]

/** Everything known of an application that is eligible. */
export const facts: AssessmentFacts = {
  now: '2021-01-09T08:00:00Z',
  body,
  receipt: judgeApiReceipt('2021-01-08T20:00:00Z', deadline.closesAt),
  deadline: { ...deadline, source: 'round' },
  country: { iso3: 'BEL', name: 'Belgium', status: 'candidate', isUnderReview: true },
  settings: { requiredFields, uprSubmissionRequired: true },
  documents: [],
  basedInIso3: 'BEL',
}

/** The same body with one value changed; `undefined` takes it out. */
export function withValue(pointer: string, value: unknown): ApplicationBody {
  const copy = structuredClone(body) as ApplicationBody
  const keys = pointer.split('/').slice(1)
  const last = keys.pop()!
  let place = copy as unknown as Record<string, unknown>
  for (const key of keys) {
    place[key] ??= {}
    place = place[key] as Record<string, unknown>
  }
  if (value === undefined) delete place[last]
  else place[last] = value
  return copy
}
