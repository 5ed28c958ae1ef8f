const segmenter = new Intl.Segmenter('en', { granularity: 'word' })

/** Text that shows nothing, such as spaces or invisible marks, is no answer. */
export function isBlank(text: string): boolean {
  return /^[\s\p{Cf}\p{Cc}]*$/u.test(text)
}

/** R8: words as a writer counts them: "l'homme" and "bottom-up" are one each; Chinese, Japanese and Thai are counted by dictionary. */
export function countWords(text: string): number {
  let words = 0
  let previous = ''
  let isJoined = false
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    if (isWordLike && !isJoined) words += 1
    isJoined = !isWordLike && previous === 'word' && /^[-\u00ad\u2010\u2011'\u2019]$/.test(segment)
    previous = isWordLike ? 'word' : ''
  }
  return words
}

/** One address with one @ and a dotted domain; whether it exists only a letter can tell. */
export function isEmail(text: string): boolean {
  return (
    text.length <= 254 &&
    /^[^\s@<>()[\]\\,;:"]{1,64}@[^\s@<>()[\]\\,;:".]+(\.[^\s@<>()[\]\\,;:".]+)+$/u.test(text.trim())
  )
}

/** Five to twenty digits of any script, with the signs that people write between them. */
export function isPhone(text: string): boolean {
  const digits = text.match(/\p{Nd}/gu)?.length ?? 0
  return digits >= 5 && digits <= 20 && /^[\p{Nd}\s+().,;/#*xext-]+$/u.test(text)
}

/** A web address with a dotted host, with or without https:// before it. */
export function isWebsite(text: string): boolean {
  const trimmed = text.trim()
  const address = /^https?:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`
  return (
    !/\s/.test(trimmed) && URL.canParse(address) && /^[^/?#]+\.[^/?#.]+/.test(address.slice(address.indexOf('//') + 2))
  )
}

/** A language tag such as `en` or `pt-BR` (BCP 47). */
export function isLanguage(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}
