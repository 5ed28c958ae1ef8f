import type { ApplicationBody } from '../domain/application.ts'
import type { Answer, AnswerSet } from './answers.ts'
import { readDate } from './dates.ts'
import { readFiles, readList } from './lists.ts'
import type { Mapping, MappingField } from './mapping-format.ts'
import { comparableText, decodeEntities, isRecord, normaliseText } from './text.ts'
import { readBoolean, readFullName, readNumber, readParts, readPhone, readText } from './values.ts'

export interface MappedFile {
  pointer: string
  qid: string
  url: string
  name: string
}

/** Something the operator should see; `drift` and `unknownChoice` ask for a change of the mapping. */
export interface MappingNote {
  code: 'drift' | 'unknownChoice' | 'unreadable'
  pointer: string
  qid: string
  message: string
}

export interface MappedSubmission {
  body: ApplicationBody
  /** Choices whose value the mapping has no code for; the rules decide what that means for a required one. */
  undecided: { pointer: string; value: string }[]
  notes: MappingNote[]
  files: MappedFile[]
  /** Answered questions that are not mapped: kept, never dropped. */
  extra: Record<string, { name: string; text?: string; value: unknown }>
}

export interface MappingContext {
  /** The code of the State that a text names; undefined where it names none. */
  findState: (text: string) => string | undefined
}

interface Work extends MappingContext {
  answers: AnswerSet
  clean: (text: string) => string
  result: MappedSubmission
}

/** One submission as one application body: question by question, by id, each by its kind. */
export function mapAnswers(mapping: Mapping, answers: AnswerSet, context: MappingContext): MappedSubmission {
  const decode = answers.source === 'api' ? decodeEntities : (text: string) => text
  const work: Work = {
    ...context,
    answers,
    clean: (text) => normaliseText(decode(text)),
    result: { body: { preSession: mapping.preSession }, undecided: [], notes: [], files: [], extra: {} },
  }
  const used = new Set(mapping.ignore)
  for (const field of mapping.fields) {
    const answer = findAnswer(field, mapping, work)
    used.add(answer?.qid ?? field.qid)
    if (answer?.value !== undefined) mapField(field, answer.value, work)
  }
  for (const [qid, answer] of answers.byQid) {
    if (used.has(qid) || answer.value === undefined) continue
    work.result.extra[qid] = {
      name: answer.name,
      ...(answer.text === undefined ? {} : { text: work.clean(answer.text) }),
      value: cleanDeep(answer.value, work.clean),
    }
  }
  return work.result
}

/** By question id; where the id is gone from the form, by the same unique name, and the operator is told. */
function findAnswer(field: MappingField, mapping: Mapping, work: Work): Answer | undefined {
  const byName = work.answers.byName.get(field.name)
  if (field.as === 'files' && byName !== undefined) return { qid: field.qid, name: field.name, value: byName }
  const answer = work.answers.byQid.get(field.qid)
  if (answer !== undefined) {
    if (answer.name !== field.name && answer.name !== '' && work.answers.source !== 'import') {
      note(
        work,
        'drift',
        field,
        `Question ${field.qid} was ${field.name} and is now ${answer.name}. Check that it still asks the same.`,
      )
    }
    return answer
  }
  // A webhook leaves out unticked boxes, so only the API's full list shows that a question is gone.
  if (work.answers.source !== 'api') return undefined
  const mapped = new Set(mapping.fields.map(({ qid }) => qid))
  const heir = [...work.answers.byQid.values()].find(({ qid, name }) => name === field.name && !mapped.has(qid))
  if (heir !== undefined) {
    note(
      work,
      'drift',
      field,
      `Question ${field.qid} (${field.name}) is gone; question ${heir.qid} has its name and was read instead. Map it.`,
    )
  }
  return heir
}

function mapField(field: MappingField, value: unknown, work: Work): void {
  switch (field.as) {
    case 'fullName': {
      const { firstName, lastName } = readFullName(value, work.clean)
      setAt(work.result.body, `${field.to}/firstName`, firstName)
      setAt(work.result.body, `${field.to}/lastName`, lastName)
      break
    }
    case 'choice':
      mapChoice(field, value, work)
      break
    case 'choices':
      mapChoices(field, value, work)
      break
    case 'country':
      mapCountry(field, value, work)
      break
    case 'files':
      work.result.files.push(
        ...readFiles(field, value, work.clean, (message) => note(work, 'unreadable', field, message)),
      )
      break
    default:
      setAt(work.result.body, field.to, readValue(field, value, work))
  }
}

function readValue(field: MappingField, value: unknown, work: Work): unknown {
  const { clean } = work
  switch (field.as) {
    case 'phone':
      return readPhone(value, clean)
    case 'address':
      return readAddress(value, work)
    case 'text':
      return field.to === '/organisation/address' ? addressOf(readText(value, clean)) : readText(value, clean)
    case 'number':
      return orNote(readNumber(readText(value, clean)), field, value, work)
    case 'date':
      return orNote(readDate(typeof value === 'string' ? clean(value) : value, field.order), field, value, work)
    case 'boolean':
      return orNote(readChosenBoolean(field, value, work), field, value, work)
    case 'list':
      return readList(field, value, {
        source: work.answers.source,
        country: (text) => stateOrText(text, work),
        note: (message) => note(work, 'unreadable', field, message),
      })
    default:
      return readText(value, clean)
  }
}

function mapChoice(field: MappingField, value: unknown, work: Work): void {
  const { values, other } = readParts(value, work.clean)
  const given = [...values, ...(other === undefined ? [] : [other])]
  const code = given.length === 1 ? codeOf(field, given[0] as string) : undefined
  if (code !== undefined) {
    setAt(work.result.body, field.to, code)
    return
  }
  const text = given.join(', ')
  note(
    work,
    'unknownChoice',
    field,
    `"${text}" is not among the choices of ${field.to}. Add it to the mapping of question ${field.qid}.`,
  )
  work.result.undecided.push({ pointer: field.to, value: text })
}

/** Where an organisation is based may be any text; the State under review must be a State. */
function mapCountry(field: MappingField, value: unknown, work: Work): void {
  const text = readText(value, work.clean)
  const code = work.findState(text)
  if (code !== undefined || field.to !== '/country') setAt(work.result.body, field.to, code ?? text)
  else if (text !== '') {
    note(work, 'unknownChoice', field, `"${text}" is not a State that is known.`)
    work.result.undecided.push({ pointer: field.to, value: text })
  }
}

function mapChoices(field: MappingField, value: unknown, work: Work): void {
  const { values, other } = readParts(value, work.clean)
  const codes: unknown[] = []
  for (const text of work.answers.source === 'import' ? values.flatMap((cell) => splitCell(field, cell)) : values) {
    const code = codeOf(field, text)
    if (code !== undefined) codes.push(code)
    else if (field.to === '/issues') codes.push({ other: text })
    // A consent that cannot be read is not given.
    else
      note(
        work,
        'unknownChoice',
        field,
        `"${text}" is not among the choices of ${field.to}. Add it to the mapping of question ${field.qid}.`,
      )
  }
  if (other !== undefined && field.to === '/issues') codes.push({ other })
  const unique = codes.filter(
    (code, index) => codes.findIndex((one) => JSON.stringify(one) === JSON.stringify(code)) === index,
  )
  if (unique.length > 0) setAt(work.result.body, field.to, unique)
}

function codeOf(field: MappingField, label: string): string | boolean | undefined {
  const choices = Object.entries(field.choices ?? {})
  const wanted = comparableText(label)
  return (
    choices.find(([known]) => known === label)?.[1] ?? choices.find(([known]) => comparableText(known) === wanted)?.[1]
  )
}

/** An export writes several choices into one cell, on lines of their own or after semicolons. */
function splitCell(field: MappingField, cell: string): string[] {
  if (codeOf(field, cell) !== undefined) return [cell]
  return cell
    .split(/[\n;]/)
    .map((text) => text.trim())
    .filter((text) => text !== '')
}

function readChosenBoolean(field: MappingField, value: unknown, work: Work): boolean | undefined {
  const { values } = readParts(value, work.clean)
  const code = values.length === 1 ? codeOf(field, values[0] as string) : undefined
  return typeof code === 'boolean' ? code : readBoolean(value, work.clean)
}

function readAddress(value: unknown, work: Work): Record<string, string> | undefined {
  if (!isRecord(value)) return addressOf(readText(value, work.clean))
  const part = (key: string) => (typeof value[key] === 'string' ? work.clean(value[key]) : '')
  const entries = [
    ['line1', part('addr_line1')],
    ['line2', part('addr_line2')],
    ['city', part('city')],
    ['region', part('state')],
    ['postalCode', part('postal')],
    ['country', stateOrText(part('country'), work)],
  ].filter(([, text]) => text !== '')
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** An address in one text is its first line: the application's address has parts. */
function addressOf(line1: string): { line1: string } | undefined {
  return line1 === '' ? undefined : { line1 }
}

function stateOrText(text: string, work: Work): string {
  return text === '' ? '' : (work.findState(text) ?? text)
}

function orNote<T>(mapped: T | undefined, field: MappingField, value: unknown, work: Work): T | undefined {
  if (mapped === undefined) {
    note(
      work,
      'unreadable',
      field,
      `${JSON.stringify(cleanDeep(value, work.clean))} could not be read as ${field.as} for ${field.to}.`,
    )
  }
  return mapped
}

function note(work: Work, code: MappingNote['code'], field: MappingField, message: string): void {
  work.result.notes.push({ code, pointer: field.to, qid: field.qid, message })
}

/** Sets a value in the body, making the objects on the way; what is empty stays absent. */
function setAt(body: object, pointer: string, value: unknown): void {
  if (value === undefined || value === '') return
  const keys = pointer.slice(1).split('/')
  let at = body as Record<string, unknown>
  for (const key of keys.slice(0, -1)) {
    if (!isRecord(at[key])) at[key] = {}
    at = at[key] as Record<string, unknown>
  }
  at[keys.at(-1) as string] = value
}

function cleanDeep(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value)
  if (Array.isArray(value)) return value.map((item) => cleanDeep(item, clean))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleanDeep(item, clean)]))
}
