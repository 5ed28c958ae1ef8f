import { findState, findTheme } from '../reference/data.ts'
import type { Mapping, MappingField } from './mapping-format.ts'
import { mappingTargets } from './mapping-targets.ts'
import { unsafePattern } from './test-rules.ts'

export interface MappingFault {
  pointer: string
  code: string
  message: string
}

/** A mapping against itself: what would lose or mix answers is refused before it is stored. */
export function checkMapping(mapping: Mapping): MappingFault[] {
  return [
    ...mapping.fields.flatMap((field, index) => checkField(field, `/fields/${index}`)),
    ...checkRepeats(mapping),
    ...mapping.testRules.flatMap((rule, index) => {
      const fault = 'matches' in rule ? unsafePattern(rule.matches) : undefined
      return fault === undefined
        ? []
        : [{ pointer: `/testRules/${index}/matches`, code: 'unsafe_pattern', message: fault }]
    }),
  ]
}

function checkField(field: MappingField, at: string): MappingFault[] {
  const target = mappingTargets.get(field.to)
  if (target === undefined) {
    return [{ pointer: `${at}/to`, code: 'unknown_target', message: `An application has no ${field.to}.` }]
  }
  const faults: MappingFault[] = []
  const fault = (part: string, code: string, message: string) =>
    faults.push({ pointer: `${at}/${part}`, code, message })

  if (!target.as.includes(field.as)) {
    fault('as', 'wrong_kind', `${field.to} is read as ${target.as.join(' or ')}, not as ${field.as}.`)
  }
  const isChoice = field.as === 'choice' || field.as === 'choices'
  if (isChoice && Object.keys(field.choices ?? {}).length === 0) {
    fault('choices', 'choices_missing', 'Say which code each option stands for.')
  }
  if (!isChoice && field.as !== 'boolean' && field.choices !== undefined) {
    fault('choices', 'not_applicable', `An answer read as ${field.as} has no choices.`)
  }
  for (const [label, code] of Object.entries(field.choices ?? {})) {
    const allowed = field.as === 'boolean' ? [true, false] : target.codes
    const fits = allowed === undefined ? typeof code === 'string' : allowed.includes(code)
    if (fits && isKnown(field.to, String(code))) continue
    const wanted =
      allowed === undefined ? 'a code of GET /v1/states or GET /v1/themes, or another code as text' : allowed.join(', ')
    fault(`choices/${escapePointer(label)}`, 'unknown_code', `${field.to} takes ${wanted}.`)
  }
  if (field.as === 'list' && !Object.values(field.columns ?? {}).includes('name')) {
    fault('columns', 'columns_missing', 'Say which column holds the name.')
  }
  if (field.as !== 'list' && field.columns !== undefined) {
    fault('columns', 'not_applicable', `An answer read as ${field.as} has no columns.`)
  }
  if (field.as !== 'files' && field.accept !== undefined) {
    fault('accept', 'not_applicable', `An answer read as ${field.as} is no file.`)
  }
  if (field.as !== 'date' && field.order !== undefined) {
    fault('order', 'not_applicable', `An answer read as ${field.as} is no date.`)
  }
  return faults
}

/** Codes that another part of the service has to know. */
function isKnown(pointer: string, code: string): boolean {
  if (pointer === '/country') return findState(code)?.iso3 === code
  return pointer !== '/issues' || findTheme(code) !== undefined
}

function checkRepeats(mapping: Mapping): MappingFault[] {
  const faults: MappingFault[] = []
  const seen = new Map<string, number>()
  mapping.fields.forEach((field, index) => {
    const first = seen.get(field.qid)
    if (first === undefined) seen.set(field.qid, index)
    else
      faults.push(
        conflict(index, 'qid', 'duplicate_question', `Question ${field.qid} is already mapped by field ${first}.`),
      )

    const other = mapping.fields.findIndex(
      (candidate, at) => at < index && (overlaps(candidate.to, field.to) || overlaps(field.to, candidate.to)),
    )
    if (other >= 0) {
      faults.push(
        conflict(index, 'to', 'target_conflict', `Field ${other} already fills ${mapping.fields[other]?.to}.`),
      )
    }
    if (mapping.ignore.includes(field.qid)) {
      faults.push(conflict(index, 'qid', 'question_ignored', `Question ${field.qid} is also in "ignore".`))
    }
  })
  return faults
}

/** `/speaker` as a full name fills two names only, so the speaker's other fields stay free. */
function overlaps(filled: string, pointer: string): boolean {
  if (filled === '/speaker') return ['/speaker', '/speaker/firstName', '/speaker/lastName'].includes(pointer)
  return pointer === filled || pointer.startsWith(`${filled}/`)
}

function conflict(index: number, part: string, code: string, message: string): MappingFault {
  return { pointer: `/fields/${index}/${part}`, code, message }
}

function escapePointer(text: string): string {
  return text.replaceAll('~', '~0').replaceAll('/', '~1')
}
