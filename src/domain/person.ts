import type { ApplicationBody } from './application.ts'

/**
 * What an application is to the person behind some addresses. `speaker`: it is this person's. `formerSpeaker`: somebody else speaks now.
 * `contact`: the organisation's address, while a colleague speaks.
 */
export type Role = 'speaker' | 'formerSpeaker' | 'contact'

const normal = (address: string | undefined): string => (address ?? '').trim().toLowerCase()

/**
 * An address alone is known of a person. Whoever else is named as the speaker has an application of their own, which does not go with this person.
 * `present` is the content that counts and the newest one, `earlier` all others. Undefined: none of the addresses is named.
 */
export function roleIn(
  addresses: readonly string[],
  { present, earlier }: { present: readonly ApplicationBody[]; earlier: readonly ApplicationBody[] },
): Role | undefined {
  const isOne = (address: string | undefined) => addresses.includes(normal(address))
  const speaks = ({ speaker }: ApplicationBody) => isOne(speaker?.email)
  const isContact = ({ organisation }: ApplicationBody) => isOne(organisation?.email)
  const all = [...present, ...earlier]
  if (present.some(speaks)) return 'speaker'
  if (!all.some((body) => speaks(body) || isContact(body))) return undefined
  const hasOther = present.some(({ speaker }) => normal(speaker?.email) !== '')
  if (!hasOther) return 'speaker'
  return all.some(speaks) ? 'formerSpeaker' : 'contact'
}

/** So short a word stands in many texts. */
const shortestName = 3

/**
 * Names and addresses that a text may not hold if it is to stay when the person goes. Whole words: "Ann" is not in "announced".
 */
export function namesIn(text: string, names: readonly string[]): string[] {
  const words = ` ${wordsOf(text)} `
  return [...new Set(names)].filter((name) => {
    const wanted = wordsOf(name)
    return wanted.length >= shortestName && words.includes(` ${wanted} `)
  })
}

const wordsOf = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}@]+/gu, ' ')
    .trim()
