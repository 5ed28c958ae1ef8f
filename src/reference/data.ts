import announcedRound from './data/pre-session-38.json' with { type: 'json' }
import stateVariants from './data/state-variants.json' with { type: 'json' }
import stateRecords from './data/states.json' with { type: 'json' }
import themeList from './data/themes.json' with { type: 'json' }
import calendarSessions from './data/upr-calendar.json' with { type: 'json' }

export const languages = ['ar', 'en', 'es', 'fr', 'ru', 'zh'] as const
export type Language = (typeof languages)[number]

export const regionalGroups = ['africanGroup', 'asiaPacificGroup', 'easternEuropeanGroup', 'grulac', 'weog'] as const
export type RegionalGroup = (typeof regionalGroups)[number]

/** A Member State or a non-member observer State, by the short name that the United Nations uses today. */
export interface StateRecord {
  iso3: string
  iso2: string
  kind: 'member' | 'observer'
  regionalGroup: RegionalGroup | null
  /** Present where the group alone would mislead: observers, a State in two groups, a disputed listing. */
  regionalGroupNote?: string
  names: Record<Language, string>
}

export interface ThemeRecord {
  code: string
  label: { en: string }
}

export interface ThemeVocabulary {
  version: number
  source: string
  themes: readonly ThemeRecord[]
}

export interface CalendarState {
  name: string
  iso2: string
  iso3: string
}

/** A session of the UPR Working Group; dates are null only where the session is inferred from the order of review. */
export interface CalendarSession {
  session: number
  cycle: number
  startDate: string | null
  endDate: string | null
  month?: string
  states: readonly CalendarState[]
  statesInReviewOrder: boolean
  confidence: 'sourced' | 'inferred'
  source: string
  note?: string
  deferred?: readonly (CalendarState & { note: string })[]
  preSession?: {
    startDate: string
    endDate: string | null
    mode: 'in-person' | 'virtual' | 'unknown'
    note?: string
    source: string
  }
}

/** A round that ships with the service, as it was announced. */
export interface AnnouncedRound {
  number: number
  title: string
  format: 'inPerson' | 'virtual' | 'hybrid'
  dates: { start: string; end: string; precision: 'exact' | 'week' | 'tentative' }
  timeZone: string
  status: 'callOpen'
  applicationDeadline: { local: string; timeZone: string; wording: string }
  countries: readonly string[]
}

/** Sorted by ISO 3166-1 alpha-3 code. */
export const states = stateRecords as readonly StateRecord[]
export const themeVocabulary: ThemeVocabulary = themeList
export const calendar = calendarSessions as readonly CalendarSession[]
export const preSession38 = announcedRound as AnnouncedRound

const statesByIso3 = new Map(states.map((state) => [state.iso3, state]))
const iso3ByIso2 = new Map(states.map((state) => [state.iso2, state.iso3]))
const themesByCode = new Map(themeVocabulary.themes.map((theme) => [theme.code, theme]))
const sessionsByNumber = new Map(calendar.map((session) => [session.session, session]))
const iso3ByName = indexNames()

/** The State of an ISO 3166-1 alpha-3 code in any case. */
export function findState(iso3: string): StateRecord | undefined {
  return statesByIso3.get(iso3.toUpperCase())
}

export function findTheme(code: string): ThemeRecord | undefined {
  return themesByCode.get(code)
}

export function findCalendarSession(number: number): CalendarSession | undefined {
  return sessionsByNumber.get(number)
}

/**
 * The code of the State that a person meant: an ISO code, a name in one of the six UN languages, or a well-known
 * variant, whatever its case, accents and punctuation. Never a guess: what is not known exactly is undefined.
 */
export function findStateByText(text: string): string | undefined {
  const trimmed = text.trim()
  return findByCode(trimmed) ?? iso3ByName.get(nameKey(trimmed)) ?? iso3ByName.get(nameKey(withoutArticle(trimmed)))
}

/** People answer "no" and "NA" to a question that they skip; neither may become Norway or Namibia. */
const answersThatLookLikeCodes = new Set(['NO', 'NA'])

function findByCode(text: string): string | undefined {
  const code = text.toUpperCase()
  if (answersThatLookLikeCodes.has(code)) return undefined
  return statesByIso3.get(code)?.iso3 ?? iso3ByIso2.get(code)
}

/** Letters and digits only, without accents; Arabic spellings that writers use for one another become one. */
function nameKey(name: string): string {
  return name
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll('&', 'and')
    .replace(/[^\p{L}\p{N}]|ـ/gu, '')
    .replaceAll('ة', 'ه')
    .replaceAll('ى', 'ي')
}

function withoutArticle(name: string): string {
  return name.replace(/^(?:(?:the|la|le|les|el|los|las)\s+|l['’]\s*)/iu, '')
}

function indexNames(): Map<string, string> {
  const index = new Map<string, string>()
  for (const { iso3, names } of states) {
    const variants = (stateVariants as Record<string, string[]>)[iso3] ?? []
    for (const name of [...Object.values(names), ...variants]) {
      const key = nameKey(name)
      const other = index.get(key)
      if (other !== undefined && other !== iso3) throw new Error(`"${name}" names both ${other} and ${iso3}`)
      index.set(key, iso3)
    }
  }
  return index
}
