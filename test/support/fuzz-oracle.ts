import { parse as parseQuery } from 'node:querystring'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormatsModule from 'ajv-formats'
import type { Contract, Place } from './document.ts'
import type { SentRequest } from './fuzz-sending.ts'

const addFormats = addFormatsModule as unknown as (ajv: Ajv) => void

export interface Verdict {
  fits: boolean
  isUnknown: boolean
  why: string
}

/** Whether a request fits the published contract, read as a client reads it. Undefined where the parts cannot be told. */
export function schemaOracle({ document }: Contract) {
  // Each validator is used a few times: making it quickly counts for more than a quick one.
  const options = { strict: false, allErrors: true, useDefaults: true, code: { optimize: false } }
  const strict = new Ajv(options)
  const lenient = new Ajv({ ...options, coerceTypes: true })
  for (const ajv of [strict, lenient]) {
    addFormats(ajv)
    ajv.addSchema({ $id: 'contract', ...document })
  }
  const compiled = new Map<string, ValidateFunction>()
  const validatorOf = (key: string, ajv: Ajv, schema: () => object): ValidateFunction => {
    const found = compiled.get(key) ?? ajv.compile(schema())
    compiled.set(key, found)
    return found
  }
  const parametersOf = (place: Place, where: string) => {
    const own = (place.parameters ?? []).filter((one) => one.in === where)
    return {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(own.map((one) => [one.name, rooted(one.schema)])),
      required: own.filter((one) => one.required).map((one) => one.name),
    }
  }

  return (place: Place, { url, headers, body }: SentRequest): Verdict | undefined => {
    const [path = '', ...rest] = url.split('?')
    const query = parseQuery(rest.join('?'))
    const named = readPath(place.path, path)
    if (named === undefined) return undefined
    const parts: [string, Ajv, () => object, unknown][] = [
      ['path', lenient, () => parametersOf(place, 'path'), named],
      ['query', lenient, () => parametersOf(place, 'query'), { ...query }],
    ]
    const schema = place.requestBody?.content['application/json']?.schema
    if (
      schema !== undefined &&
      place.operationId !== 'importJotformExport' &&
      place.operationId !== 'receiveJotformDelivery'
    ) {
      if (
        !/^application\/(merge-patch\+)?json(;charset=utf-8)?$/.test(headers['content-type'] ?? '') ||
        body === undefined
      )
        return undefined
      const value = readJson(body)
      if (value === undefined) return { fits: false, isUnknown: false, why: 'no JSON' }
      parts.push(['body', strict, () => rooted(schema), value])
    }
    const stray = strayBody(place, headers, body)
    if (stray !== undefined) return { fits: false, isUnknown: true, why: stray }
    for (const [part, ajv, schemaOf, value] of parts) {
      const validate = validatorOf(`${place.operationId} ${part}`, ajv, schemaOf)
      if (validate(value)) continue
      const errors = validate.errors ?? []
      return {
        fits: false,
        isUnknown: errors.some(({ keyword }) => keyword === 'additionalProperties'),
        why: `${part}: ${ajv.errorsText(errors).slice(0, 200)}`,
      }
    }
    return { fits: true, isUnknown: false, why: '' }
  }
}

/** Their bodies are files and forms, which are read apart from any schema. */
const readApart = ['addDocument', 'importJotformExport', 'receiveJotformDelivery']

/** Where no body is asked for, an empty object is let pass and nothing else. */
function strayBody(place: Place, headers: Record<string, string>, body: Buffer | undefined): string | undefined {
  const isJson = /^application\/(merge-patch\+)?json\b/i.test(headers['content-type'] ?? '')
  if (readApart.includes(place.operationId)) return undefined
  if (place.method === 'GET' || place.requestBody !== undefined || body === undefined || !isJson) return undefined
  const value = readJson(body)
  const isEmpty =
    value === null || (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0)
  return isEmpty ? undefined : 'a body where there is none'
}

/** References of the document are those of the document, wherever a schema is compiled. */
const rooted = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"contract#/components/'))

function readPath(template: string, path: string): Record<string, string> | undefined {
  const names = [...template.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] as string)
  const match = new RegExp(`^${template.replace(/\{[^}]+\}/g, '([^/]+)')}$`).exec(path)
  if (match === null) return undefined
  try {
    return Object.fromEntries(names.map((name, n) => [name, decodeURIComponent(match[n + 1] as string)]))
  } catch {
    return undefined
  }
}

/** Undefined where it is no JSON; a byte order mark is let pass. */
function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8').replace(/^\ufeff/, ''))
  } catch {
    return undefined
  }
}
