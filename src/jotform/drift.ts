import { createHash } from 'node:crypto'
import type { AnswerKind, Mapping, MappingField } from './mapping-format.ts'
import { canonicalJson, comparableText, decodeEntities } from './text.ts'

/** One question of `GET /form/{id}/questions`. */
export interface Question {
  qid: string
  name: string
  type: string
  text: string
  isRequired: boolean
  options: string[]
}

export const driftCodes = [
  'questionGone',
  'nameChanged',
  'typeChanged',
  'unknownOption',
  'requiredUnmapped',
  'textChanged',
  'questionAdded',
] as const

export interface Drift {
  code: (typeof driftCodes)[number]
  qid: string
  /** What changed and what to do, for the operator. */
  message: string
}

/** Question types whose answers can be read as each kind: Jotform's names, jotform.md §1.4. */
const typesOfKind: Record<AnswerKind, readonly string[] | 'any'> = {
  text: 'any',
  email: ['control_email', 'control_textbox'],
  phone: ['control_phone', 'control_textbox'],
  address: ['control_address'],
  fullName: ['control_fullname', 'control_textbox'],
  number: ['control_number', 'control_spinner', 'control_textbox', 'control_rating', 'control_scale'],
  date: ['control_datetime', 'control_birthdate', 'control_textbox'],
  country: ['control_textbox', 'control_dropdown', 'control_radio'],
  choice: ['control_dropdown', 'control_radio', 'control_checkbox', 'control_textbox', 'control_hidden'],
  choices: ['control_checkbox', 'control_dropdown', 'control_radio'],
  boolean: ['control_radio', 'control_checkbox', 'control_dropdown'],
  files: ['control_fileupload'],
  list: ['control_widget'],
}

export function readQuestions(content: Record<string, unknown>): Question[] {
  return Object.entries(content).flatMap(([qid, entry]) => {
    if (typeof entry !== 'object' || entry === null) return []
    const part = (key: string) => {
      const value = (entry as Record<string, unknown>)[key]
      return typeof value === 'string' ? value : ''
    }
    const options = part('options') === '' ? [] : part('options').split('|')
    return [
      {
        qid,
        name: part('name'),
        type: part('type'),
        text: part('text'),
        isRequired: part('required') === 'Yes',
        options,
      },
    ]
  })
}

/** Equal hash: nothing that matters to a mapping changed in the form. Order and texts of help do not. */
export function hashQuestions(questions: Question[]): string {
  return createHash('sha256')
    .update(canonicalJson(questions.toSorted((a, b) => Number(a.qid) - Number(b.qid))))
    .digest('hex')
}

/** What in the live form no longer is as the mapping says. `before` adds changes of type since the last look. */
export function findDrift(mapping: Mapping, questions: Question[], before: Question[] = []): Drift[] {
  const live = new Map(questions.map((question) => [question.qid, question]))
  const earlier = new Map(before.map((question) => [question.qid, question]))
  const mapped = new Set(mapping.fields.map((field) => field.qid))
  return [
    ...mapping.fields.flatMap((field) => fieldDrift(field, live.get(field.qid), earlier.get(field.qid), questions)),
    ...questions
      .filter((question) => question.isRequired && !mapped.has(question.qid) && !mapping.ignore.includes(question.qid))
      .map(
        (question): Drift => ({
          code: 'requiredUnmapped',
          qid: question.qid,
          message: `The form requires "${question.text}" (question ${question.qid}), which is not mapped. Map it or put it in "ignore".`,
        }),
      ),
    ...questions
      .filter(({ qid, isRequired }) => !isRequired && !mapped.has(qid) && !mapping.ignore.includes(qid))
      .filter(({ qid }) => before.length > 0 && !earlier.has(qid))
      .map(
        (question): Drift => ({
          code: 'questionAdded',
          qid: question.qid,
          message: `The form now also asks "${question.text}" (question ${question.qid}), which is not mapped; its answers are kept aside. Put the mapping again to confirm.`,
        }),
      ),
  ]
}

function fieldDrift(
  field: MappingField,
  question: Question | undefined,
  before: Question | undefined,
  all: Question[],
): Drift[] {
  const drift = (code: Drift['code'], message: string): Drift => ({ code, qid: field.qid, message })
  if (question === undefined) {
    const heir = all.find((candidate) => candidate.name === field.name)
    const hint =
      heir === undefined
        ? 'Map its replacement.'
        : `Question ${heir.qid} now has that name and is read instead; map it.`
    return [drift('questionGone', `Question ${field.qid} (${field.name}) is no longer in the form. ${hint}`)]
  }
  const found: Drift[] = []
  if (question.name !== field.name) {
    found.push(
      drift(
        'nameChanged',
        `Question ${field.qid} was ${field.name} and is now ${question.name}. Check that it still asks the same.`,
      ),
    )
  }
  const types = typesOfKind[field.as]
  const wasType = before?.type ?? question.type
  if (wasType !== question.type || (types !== 'any' && !types.includes(question.type))) {
    found.push(
      drift(
        'typeChanged',
        `Question ${field.qid} (${field.name}) is a ${question.type}, which does not fit "${field.as}" as it was mapped.`,
      ),
    )
  }
  if (before !== undefined && before.text !== question.text) {
    const was = `Question ${field.qid} (${field.name}) asked "${before.text}" and now asks "${question.text}".`
    found.push(drift('textChanged', `${was} Check that it means the same, and put the mapping again to confirm.`))
  }
  if (field.as === 'choice' || field.as === 'choices') {
    const known = new Set(Object.keys(field.choices ?? {}).map(comparableText))
    const unknown = question.options.filter(
      (option) => !known.has(comparableText(decodeEntities(option))) && !known.has(comparableText(option)),
    )
    found.push(
      ...unknown.map((option) =>
        drift(
          'unknownOption',
          `Question ${field.qid} (${field.name}) offers "${option}", which the mapping has no code for.`,
        ),
      ),
    )
  }
  return found
}
