import { consentCodes, ecosocStatuses, genders, organisationTypes } from '../domain/application.ts'
import type { AnswerKind } from './mapping-format.ts'

export interface Target {
  as: readonly AnswerKind[]
  /** The codes that the application body knows here; absent where any text goes. */
  codes?: readonly (string | boolean)[]
}

/** Every pointer of the application body that a question may fill, and the kinds of answer that fit there. */
export const mappingTargets: ReadonlyMap<string, Target> = new Map<string, Target>([
  ['/country', { as: ['choice', 'country'] }],
  ['/organisation/name', { as: ['text'] }],
  ['/organisation/type', { as: ['choice'], codes: organisationTypes }],
  ['/organisation/basedIn', { as: ['country', 'choice', 'text'] }],
  ['/organisation/address', { as: ['address', 'text'] }],
  ['/organisation/phone', { as: ['phone', 'text'] }],
  ['/organisation/email', { as: ['email', 'text'] }],
  ['/organisation/website', { as: ['text'] }],
  ['/organisation/aim', { as: ['text'] }],
  ['/organisation/foundedYear', { as: ['number'] }],
  ['/organisation/ecosocStatus', { as: ['choice'], codes: ecosocStatuses }],
  ['/organisation/ganhriStatus/status', { as: ['choice'], codes: ['A', 'B', 'none'] }],
  ['/organisation/ganhriStatus/asOf', { as: ['date'] }],
  ['/speaker', { as: ['fullName'] }],
  ['/speaker/firstName', { as: ['text'] }],
  ['/speaker/lastName', { as: ['text'] }],
  ['/speaker/position', { as: ['text'] }],
  ['/speaker/email', { as: ['email', 'text'] }],
  ['/speaker/phone', { as: ['phone', 'text'] }],
  ['/speaker/gender', { as: ['choice'], codes: genders }],
  ['/speaker/timeZone', { as: ['text', 'choice'] }],
  ['/speaker/atRisk', { as: ['choice', 'boolean'], codes: [true, false] }],
  ['/issues', { as: ['choices'] }],
  ['/statementLanguage', { as: ['choice', 'text'] }],
  ['/uprSubmission/reference', { as: ['text'] }],
  ['/uprSubmission/documentIds', { as: ['files'] }],
  ['/coalitionMembers', { as: ['list'] }],
  ['/consents', { as: ['choices'], codes: consentCodes }],
  ['/accessibilityNeeds', { as: ['text'] }],
])
