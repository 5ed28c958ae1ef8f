import type { LightMyRequestResponse } from 'fastify'
import { type CallerName, describe } from './callers.ts'
import type { PreparedRecord } from './kind.ts'
import { wordsOf } from './sending.ts'
import { isRefused } from './verdict.ts'
import type { PreparedWorld } from './world.ts'

/** To another record the applicant is another one, and the mission under review that of another State. */
export function whoIs(caller: CallerName, asked: Pick<PreparedRecord, 'email' | 'country'>, record: PreparedRecord) {
  if (caller === 'applicant' && asked.email !== record.email) return 'otherApplicant'
  return caller === 'missionUnderReview' && asked.country !== record.country ? 'mission' : caller
}

/** Whom nobody knows: with this address, and from a State that no record is about. */
export const nobody = { params: {}, email: 'nobody@mail.example', country: 'BEL', canaries: {} }

/**
 * Words in an answer that its caller may see nowhere: whatever the operation, no more of a record leaves than its view shows. Names of
 * states are no such words, since the life cycles are public; nor is an id that the request itself named.
 */
export function surplusWords(
  { prepared }: Pick<PreparedWorld, 'prepared'>,
  caller: CallerName,
  answer: LightMyRequestResponse,
  asked: Pick<PreparedRecord, 'email' | 'country'> & { params: Record<string, string> } = nobody,
): string[] {
  const words = wordsOf(answer)
  // Who is met in the list of another record is a record of its own as well.
  const kinds = [...prepared].filter(([kind]) => !kind.isMetElsewhere)
  return kinds.flatMap(([kind, records]) =>
    Object.entries(records).flatMap(([situation, record]) => {
      // With a credential for another round it sees what the public sees, where it sees anything.
      const asWhom = describe(caller).isElsewhere ? 'public' : whoIs(caller, asked, record)
      const verdict = kind.verdicts[situation]?.[asWhom] ?? '404'
      const shown = isRefused(verdict) ? [] : (kind.shows[verdict]?.canaries ?? [])
      if (shown === 'all') return []
      const { id } = record.params
      const isHidden = isRefused(verdict) && id !== undefined && !Object.values(asked.params).includes(id)
      return [
        ...Object.entries(record.canaries)
          .filter(([field, word]) => !shown.includes(field) && word.includes('-') && words.includes(word))
          .map(([field]) => `${field} of ${kind.name} ${situation} shows`),
        ...(isHidden && words.includes(id) ? [`the id of ${kind.name} ${situation} shows`] : []),
      ]
    }),
  )
}
