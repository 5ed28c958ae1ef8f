import { parse as parseCsv } from 'csv-parse/sync'
import { type AnswerSet, answersFromApi, isBlank } from './answers.ts'
import { readSubmission } from './client.ts'
import type { Question } from './drift.ts'
import type { Mapping } from './mapping-format.ts'
import { comparableText, decodeEntities, isRecord, isTooDeep } from './text.ts'

/** One submission out of a file that an operator exported from Jotform. */
export interface ExportedSubmission {
  submissionId: string
  formId?: string
  /** US Eastern wall time as Jotform writes it, where the file has it. */
  createdAt?: string
  updatedAt?: string
  answers: AnswerSet
  /** The row as it came, for the delivery that keeps it. */
  raw: unknown
}

export interface ExportFault {
  /** Line of the CSV (the header is line 1) or position in the JSON list. */
  row: number
  message: string
}

export interface ExportFile {
  submissions: ExportedSubmission[]
  faults: ExportFault[]
  /** Columns that belong to no question of the form. */
  unknownColumns: string[]
}

/** The submissions table as Jotform exports it; headings are the texts of the questions. */
export function parseCsvExport(text: string, mapping: Mapping, questions: Question[]): ExportFile {
  const file: ExportFile = { submissions: [], faults: [], unknownColumns: [] }
  let rows: string[][]
  try {
    rows = parseCsv(text, { bom: true, relax_column_count: true, skip_empty_lines: true, delimiter: [',', ';', '\t'] })
  } catch (error) {
    file.faults.push({
      row: 1,
      message: `The CSV cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    })
    return file
  }
  const [headings = [], ...lines] = rows
  const columns = headings.map((heading) => columnOf(heading, mapping, questions))
  file.unknownColumns = headings.filter((_heading, index) => columns[index] === undefined)
  for (const [index, cells] of lines.entries()) readLine(file, { cells, headings, columns, row: index + 2 })
  return file
}

type Column =
  | { kind: 'id' }
  | { kind: 'createdAt' }
  | { kind: 'updatedAt' }
  | { kind: 'answer'; qid: string; name: string }

function columnOf(heading: string, mapping: Mapping, questions: Question[]): Column | undefined {
  const label = comparableText(heading)
  if (label === 'submission id') return { kind: 'id' }
  if (label === 'submission date' || label === 'created at') return { kind: 'createdAt' }
  if (label === 'last update date' || label === 'updated at') return { kind: 'updatedAt' }
  const same = questions.filter(({ text, name }) => comparableText(text) === label || comparableText(name) === label)
  // Two questions with one text cannot be told apart by it.
  if (same.length === 1 && same[0] !== undefined) return { kind: 'answer', qid: same[0].qid, name: same[0].name }
  const field = mapping.fields.find(({ name }) => comparableText(name) === label)
  return field === undefined ? undefined : { kind: 'answer', qid: field.qid, name: field.name }
}

function readLine(
  file: ExportFile,
  line: { cells: string[]; headings: string[]; columns: (Column | undefined)[]; row: number },
): void {
  const submission: ExportedSubmission = {
    submissionId: '',
    answers: { source: 'import', byQid: new Map(), byName: new Map() },
    raw: Object.fromEntries(line.headings.map((heading, index) => [heading, line.cells[index] ?? ''])),
  }
  for (const [index, column] of line.columns.entries()) {
    const cell = line.cells[index] ?? ''
    if (column === undefined) continue
    if (column.kind === 'id') submission.submissionId = cell.trim()
    else if (column.kind === 'createdAt') setIf(submission, 'createdAt', readExportTime(cell))
    else if (column.kind === 'updatedAt') setIf(submission, 'updatedAt', readExportTime(cell))
    else
      submission.answers.byQid.set(column.qid, {
        qid: column.qid,
        name: column.name,
        ...(isBlank(cell) ? {} : { value: cell }),
      })
  }
  if (/^\d{5,25}$/.test(submission.submissionId)) file.submissions.push(submission)
  else file.faults.push({ row: line.row, message: `"${submission.submissionId}" is not a submission id.` })
}

/** The API escapes HTML and a CSV does not; an import is kept in one form. */
function decodeDeep(value: unknown): unknown {
  if (typeof value === 'string') return decodeEntities(value)
  if (Array.isArray(value)) return value.map(decodeDeep)
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, decodeDeep(part)]))
    : value
}

/** API-shaped rows: a list, or the whole answer with its envelope. */
export function parseJsonExport(text: string): ExportFile {
  const file: ExportFile = { submissions: [], faults: [], unknownColumns: [] }
  let parsed: unknown
  try {
    parsed = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch {
    file.faults.push({ row: 0, message: 'The file is not valid JSON.' })
    return file
  }
  if (isTooDeep(parsed)) {
    file.faults.push({ row: 0, message: 'The file is nested too deep for a Jotform export.' })
    return file
  }
  const rows =
    isRecord(parsed) && Array.isArray(parsed.content) ? parsed.content : Array.isArray(parsed) ? parsed : [parsed]
  for (const [row, raw] of rows.entries()) {
    const read = readSubmission(raw)
    if (read === undefined) {
      file.faults.push({ row, message: 'This is no submission: it needs an id and answers.' })
      continue
    }
    const submission: ExportedSubmission = {
      submissionId: read.id,
      answers: answersFromApi(decodeDeep(read.answers), 'import'),
      raw,
    }
    if (read.formId !== '') submission.formId = read.formId
    setIf(submission, 'createdAt', read.createdAt)
    setIf(submission, 'updatedAt', read.updatedAt)
    file.submissions.push(submission)
  }
  return file
}

function setIf<K extends 'createdAt' | 'updatedAt'>(
  submission: ExportedSubmission,
  key: K,
  value: string | undefined,
): void {
  if (value !== undefined && value !== '') submission[key] = value
}

const shortMonths = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `2021-01-08 17:59:58`, or `Jan 8, 2021 17:59:58` and `Jan 8, 2021` as the export writes it; a bare day is no receive time. */
export function readExportTime(text: string): string | undefined {
  const iso = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)$/.exec(text.trim())
  if (iso !== null) return `${iso[1]} ${iso[2]}`
  const words = /^([A-Za-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})[, ]+(\d{1,2}):(\d\d)(?::(\d\d))? ?([AaPp][Mm])?$/.exec(
    text.trim(),
  )
  if (words === null) return undefined
  const [, name = '', day = '', year, hour = '', minute, second = '00', half] = words
  const month = shortMonths.indexOf(name.toLowerCase()) + 1
  const hours = half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
  if (month === 0 || hours > 23) return undefined
  return `${year}-${pad(month)}-${pad(Number(day))} ${pad(hours)}:${minute}:${second}`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
