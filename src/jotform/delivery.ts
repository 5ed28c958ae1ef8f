import { Busboy, type BusboyHeaders } from '@fastify/busboy'
import { parse as parseJson } from 'secure-json-parse'
import { type AnswerSet, answersFromRawRequest } from './answers.ts'
import { isRecord, isTooDeep } from './text.ts'

/** A delivery as far as it can be read. Nothing here throws: the bytes are stored, and what is unreadable is said. */
export interface Delivery {
  /** Every part in the order sent; the first of a repeated name wins. A `Map`, because names are the sender's choice. */
  fields: Map<string, string>
  formId?: string
  submissionId?: string
  /** Absent where `rawRequest` is missing or cut. */
  answers?: AnswerSet
  /** Top-level texts of `rawRequest` for test rules such as `preview`. */
  rawKeys: Map<string, string>
  /** One page load of the form: two submissions that share it are probably a double click. */
  eventId?: string
  parseError?: string
}

/** busboy cuts a field at 1 MiB unless told; a signature drawn in the form makes `rawRequest` larger than that. */
const multipartLimits = { fieldSize: 10 * 1024 * 1024, fields: 200, files: 0, parts: 250 }

export async function parseDelivery(contentType: string | undefined, raw: Buffer): Promise<Delivery> {
  const problems: string[] = []
  const fields = await readFields(contentType ?? '', raw, problems)
  const delivery: Delivery = { fields, rawKeys: new Map() }

  const formId = identifier(fields.get('formID'))
  const submissionId = identifier(fields.get('submissionID'))
  if (formId !== undefined) delivery.formId = formId
  if (submissionId !== undefined) delivery.submissionId = submissionId
  if (formId === undefined) problems.push('no formID')
  if (submissionId === undefined) problems.push('no submissionID')

  const rawRequest = readRawRequest(fields.get('rawRequest'), problems)
  if (rawRequest !== undefined) {
    delivery.answers = answersFromRawRequest(rawRequest)
    for (const [key, value] of Object.entries(rawRequest)) {
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
        delivery.rawKeys.set(key, String(value))
      }
    }
    const eventId = delivery.rawKeys.get('event_id')
    if (eventId !== undefined) delivery.eventId = eventId
  }
  if (problems.length > 0) delivery.parseError = problems.join('; ')
  return delivery
}

export async function readFields(contentType: string, raw: Buffer, problems: string[]): Promise<Map<string, string>> {
  const [type = ''] = contentType.toLowerCase().split(';')
  switch (type.trim()) {
    case 'multipart/form-data':
      return await readMultipart(contentType, raw, problems)
    case 'application/x-www-form-urlencoded':
      return readUrlencoded(raw)
    case 'application/json':
      return readJson(raw, problems)
    default:
      problems.push(`content type ${type.trim() || 'missing'} is not one that Jotform sends`)
      return new Map()
  }
}

async function readMultipart(contentType: string, raw: Buffer, problems: string[]): Promise<Map<string, string>> {
  const fields = new Map<string, string>()
  const done = Promise.withResolvers<void>()
  try {
    const headers: BusboyHeaders = { 'content-type': contentType }
    const parser = new Busboy({ headers, limits: multipartLimits })
    parser.on('field', (name, value, _nameTruncated, valueTruncated) => {
      if (fields.has(name)) problems.push(`part ${JSON.stringify(name)} came twice, the first counts`)
      else fields.set(name, value)
      if (valueTruncated) problems.push(`part ${JSON.stringify(name)} is larger than 10 MiB and was cut`)
    })
    parser.on('partsLimit', () => problems.push('more than 250 parts'))
    parser.on('fieldsLimit', () => problems.push('more than 200 fields'))
    parser.on('filesLimit', () => problems.push('a file part was left aside'))
    parser.on('error', (error: unknown) => {
      problems.push(`multipart body cannot be read: ${messageOf(error)}`)
      done.resolve()
    })
    parser.on('finish', () => done.resolve())
    parser.end(raw)
    await done.promise
  } catch (error) {
    problems.push(`multipart body cannot be read: ${messageOf(error)}`)
  }
  return fields
}

function readUrlencoded(raw: Buffer): Map<string, string> {
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(raw.toString('utf8'))) {
    if (!fields.has(name)) fields.set(name, value)
  }
  return fields
}

function readJson(raw: Buffer, problems: string[]): Map<string, string> {
  const body = parseObject(raw.toString('utf8'))
  if (body === undefined) {
    problems.push('the body is not a JSON object')
    return new Map()
  }
  return new Map(
    Object.entries(body).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}

function readRawRequest(text: string | undefined, problems: string[]): Record<string, unknown> | undefined {
  if (text === undefined || text.trim() === '') {
    problems.push('no rawRequest')
    return undefined
  }
  const parsed = parseObject(text)
  if (parsed === undefined) problems.push('rawRequest is not complete JSON')
  return parsed
}

/** JSON from a public form: keys that would reach a prototype are dropped, a byte order mark is tolerated. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = parseJson(text, null, { protoAction: 'remove', constructorAction: 'remove' })
    return isRecord(parsed) && !isTooDeep(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Ids are larger than 2^53 and stay text everywhere. */
function identifier(value: string | undefined): string | undefined {
  const text = value?.trim() ?? ''
  return /^\d{5,25}$/.test(text) ? text : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
