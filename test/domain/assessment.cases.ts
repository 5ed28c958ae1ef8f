import type { AssessmentFacts, Outcome } from '../../src/domain/assessment.ts'
import { judgeApiReceipt, judgeJotformReceipt } from '../../src/domain/receipt.ts'
import { deadline, facts, withValue } from './facts.ts'

const late = { receipt: judgeApiReceipt('2021-01-08T23:00:03Z', deadline.closesAt) }
const conflict = {
  receipt: judgeJotformReceipt(
    { submissionId: '4859560032519981207', webhookAt: '2021-01-08T23:00:04Z', verified: true, apiConfigured: true },
    deadline.closesAt,
  ),
}
const incomplete = { body: withValue('/issues', []) }
const notUnderReview = { country: undefined }
const unknownCountry = {
  body: withValue('/country', undefined),
  country: undefined,
  undecided: [{ pointer: '/country', value: 'Atlantis' }],
}
const failedFile = { body: withValue('/uprSubmission', undefined), documents: [{ id: 'd', status: 'failed' as const }] }
const nhri = { body: withValue('/organisation/type', 'nhri') }
const belgium = { iso3: 'BEL', name: 'Belgium', isUnderReview: true }

/** Facts that differ from those of an eligible application, and the outcome: the first that applies. */
export const precedence: { name: string; given: Partial<AssessmentFacts>; outcome: Outcome; missing?: string[] }[] = [
  { name: 'nothing is wrong', given: {}, outcome: 'eligible' },
  { name: 'late', given: late, outcome: 'late' },
  { name: 'late and incomplete', given: { ...late, ...incomplete }, outcome: 'late', missing: ['/issues'] },
  { name: 'late and ineligible', given: { ...late, ...notUnderReview }, outcome: 'late' },
  {
    name: 'late, incomplete and ineligible',
    given: { ...late, ...incomplete, ...notUnderReview },
    outcome: 'late',
    missing: ['/issues'],
  },
  { name: 'incomplete', given: incomplete, outcome: 'incomplete', missing: ['/issues'] },
  {
    name: 'incomplete and ineligible',
    given: { ...incomplete, ...notUnderReview },
    outcome: 'incomplete',
    missing: ['/issues'],
  },
  {
    name: 'without a UPR submission',
    given: { body: withValue('/uprSubmission', {}) },
    outcome: 'incomplete',
    missing: ['/uprSubmission'],
  },
  {
    name: 'without a type',
    given: { body: withValue('/organisation/type', undefined) },
    outcome: 'incomplete',
    missing: ['/organisation/type'],
  },
  {
    name: 'without a country',
    given: { body: withValue('/country', undefined), country: undefined },
    outcome: 'incomplete',
    missing: ['/country'],
  },
  { name: 'ineligible', given: notUnderReview, outcome: 'ineligible' },
  {
    name: 'no longer on the list',
    given: { country: { ...belgium, isUnderReview: false, status: 'candidate' } },
    outcome: 'ineligible',
  },
  { name: 'a withdrawn country', given: { country: { ...belgium, status: 'withdrawn' } }, outcome: 'ineligible' },
  { name: 'an NHRI of its State', given: nhri, outcome: 'eligible' },
  { name: 'an NHRI of another State', given: { ...nhri, basedInIso3: 'DNK' }, outcome: 'ineligible' },
  { name: 'an NHRI of nobody knows where', given: { ...nhri, basedInIso3: null }, outcome: 'needsReview' },
  {
    name: 'an NHRI that does not say where',
    given: { body: { ...nhri.body, organisation: { ...nhri.body.organisation, basedIn: '' } }, basedInIso3: undefined },
    outcome: 'incomplete',
    missing: ['/organisation/basedIn'],
  },
  { name: 'a CSO of another State', given: { basedInIso3: 'CHE' }, outcome: 'eligible' },
  { name: 'a CSO of nobody knows where', given: { basedInIso3: null }, outcome: 'eligible' },
  { name: 'the evidence of the deadline conflicts', given: conflict, outcome: 'needsReview' },
  {
    name: 'conflict and incomplete',
    given: { ...conflict, ...incomplete },
    outcome: 'needsReview',
    missing: ['/issues'],
  },
  {
    name: 'content at the deadline unknown',
    given: { contentUnknown: 'Content at the deadline unknown.' },
    outcome: 'needsReview',
  },
  { name: 'a country that the mapping does not know', given: unknownCountry, outcome: 'needsReview' },
  { name: 'a late one with such a country', given: { ...unknownCountry, ...late }, outcome: 'needsReview' },
  { name: 'a file that could not be copied', given: failedFile, outcome: 'needsReview' },
  {
    name: 'linked to another',
    given: { linked: [{ applicationId: 'a1', why: 'coalitionMember' }] },
    outcome: 'eligible',
  },
  {
    name: 'an aim of too many words',
    given: { body: withValue('/organisation/aim', 'word '.repeat(260)) },
    outcome: 'eligible',
  },
  {
    name: 'late, but the deadline was extended',
    given: {
      receipt: judgeApiReceipt('2021-01-08T23:00:03Z', '2021-01-15T23:00:00Z'),
      deadline: {
        ...facts.deadline,
        local: '2021-01-15T23:59',
        closesAt: '2021-01-15T23:00:00Z',
        source: 'extension',
        original: deadline,
      },
    },
    outcome: 'eligible',
  },
]
