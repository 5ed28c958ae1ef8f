import { type ApplicationBody, consentCodes, ecosocStatuses, genders, organisationTypes } from './application.ts'
import type { Instant } from './instant.ts'
import { isBlank, isEmail, isLanguage, isPhone, isWebsite } from './text.ts'
import { isDisplayTimeZone, readWall } from './zone.ts'

/** R8: the fields that a round requires unless its settings say otherwise. */
export const requiredFieldPointers: readonly string[] = [
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

/** What each field is called in a sentence for an applicant. */
const labels: Record<string, string> = {
  '/country': 'the country to speak on',
  '/organisation/name': 'the name of the organisation',
  '/organisation/type': 'the type of organisation',
  '/organisation/basedIn': 'the country where the organisation is based',
  '/organisation/address': 'the address of the organisation',
  '/organisation/address/line1': 'the first line of the address',
  '/organisation/address/line2': 'the second line of the address',
  '/organisation/address/city': 'the city of the address',
  '/organisation/address/region': 'the region of the address',
  '/organisation/address/postalCode': 'the postal code of the address',
  '/organisation/address/country': 'the country of the address',
  '/organisation/phone': 'the phone number of the organisation',
  '/organisation/email': 'the e-mail address of the organisation',
  '/organisation/website': 'the website of the organisation',
  '/organisation/aim': 'the aim and work of the organisation',
  '/organisation/foundedYear': 'the year in which the organisation was founded',
  '/organisation/ecosocStatus': 'the answer on ECOSOC consultative status',
  '/organisation/ganhriStatus': 'the GANHRI status of the institution',
  '/speaker/firstName': 'the first name of the speaker',
  '/speaker/lastName': 'the last name of the speaker',
  '/speaker/position': 'the position of the speaker',
  '/speaker/email': 'the e-mail address of the speaker',
  '/speaker/phone': 'the phone number of the speaker',
  '/speaker/gender': 'the gender of the speaker',
  '/speaker/timeZone': 'the time zone of the speaker',
  '/speaker/atRisk': 'the answer on risk to the speaker',
  '/issues': 'the issues of the statement',
  '/statementLanguage': 'the language of the statement',
  '/uprSubmission': 'the UPR submission',
  '/coalitionMembers': 'the members of the coalition',
  '/consents': 'the consents',
  '/accessibilityNeeds': 'the accessibility needs',
}

/** R8: the fields that the settings of a round may require. */
export const requirableFieldPointers: readonly string[] = Object.keys(labels)

/** The name of a field in a sentence; a field without a name is shown by its pointer. */
export function labelOf(pointer: string): string {
  return labels[pointer] ?? pointer
}

/** R8: an answer is there when it says something: no empty text, no empty list, no choice left open. */
export function isPresent(value: unknown): boolean {
  if (typeof value === 'string') return !isBlank(value)
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isPresent)
  return value !== undefined && value !== null
}

/** R8: a field that only some applicants have is required of them alone: coalition members of coalitions, GANHRI status of NHRIs. */
export function concerns(pointer: string, body: ApplicationBody): boolean {
  if (pointer === '/coalitionMembers') return body.organisation?.type === 'csoCoalition'
  if (pointer === '/organisation/ganhriStatus') return body.organisation?.type === 'nhri'
  return true
}

type Shape = { isWellFormed: (value: unknown, now: Instant) => boolean; expected: string }

const text = (check: (text: string) => boolean) => (value: unknown) => typeof value === 'string' && check(value)
const oneOf = (codes: readonly string[]) => text((value) => codes.includes(value))
const date = text((value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && readWall(value) !== undefined)

const email: Shape = { isWellFormed: text(isEmail), expected: 'an e-mail address' }
const phone: Shape = { isWellFormed: text(isPhone), expected: 'a phone number' }
const choice = (codes: readonly string[]): Shape => ({
  isWellFormed: oneOf(codes),
  expected: 'one of the answers offered',
})

/** How an answer must look, where more is asked of it than to be there. */
const shapes: Record<string, Shape> = {
  '/country': {
    isWellFormed: text((value) => /^[a-z]{3}$/i.test(value)),
    expected: 'the three-letter code of a State',
  },
  '/organisation/type': choice(organisationTypes),
  '/organisation/email': email,
  '/organisation/phone': phone,
  '/organisation/website': { isWellFormed: text(isWebsite), expected: 'a web address' },
  '/organisation/foundedYear': { isWellFormed: isPastYear, expected: 'a year in the past' },
  '/organisation/ecosocStatus': choice(ecosocStatuses),
  '/organisation/ganhriStatus': { isWellFormed: isGanhriStatus, expected: 'A, B or none, with a date' },
  '/speaker/email': email,
  '/speaker/phone': phone,
  '/speaker/gender': choice(genders),
  '/speaker/timeZone': { isWellFormed: text(isDisplayTimeZone), expected: 'a time zone such as Africa/Maputo' },
  '/statementLanguage': { isWellFormed: text(isLanguage), expected: 'a language code such as en or pt-BR' },
  '/consents': { isWellFormed: isConsents, expected: 'a list of known consents' },
}

/** The fields whose form is checked, required or not. */
export const shapedPointers: readonly string[] = Object.keys(shapes)

/** R8: what an answer ought to be, said only where it is there and is not that. */
export function malformation(pointer: string, value: unknown, now: Instant): string | undefined {
  const shape = shapes[pointer]
  return !shape || !isPresent(value) || shape.isWellFormed(value, now) ? undefined : `is not ${shape.expected}`
}

function isPastYear(value: unknown, now: Instant): boolean {
  return Number.isInteger(value) && Number(value) >= 1000 && Number(value) <= Number(now.slice(0, 4))
}

function isGanhriStatus(value: unknown): boolean {
  const { status, asOf } = value as { status?: unknown; asOf?: unknown }
  return ['A', 'B', 'none'].some((known) => known === status) && (asOf === undefined || date(asOf))
}

function isConsents(value: unknown): boolean {
  return Array.isArray(value) && value.every(oneOf(consentCodes))
}
