import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
import addFormatsModule from 'ajv-formats'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import type { InputFault } from '../errors.ts'

const addFormats = addFormatsModule as unknown as (ajv: Ajv, formats: string[]) => void

const shared: Options = {
  allErrors: true,
  strict: false,
  useDefaults: true,
  removeAdditional: false,
  messages: true,
  // The schemas are ours, and tests hold them against the metaschema: no start need do that again.
  meta: false,
  validateSchema: false,
}

/**
 * Bodies are taken as they are: nothing is coerced, nothing removed, an unknown field is a fault.
 * Queries, paths and headers are text by nature, so numbers and booleans are read from it.
 */
export function buildValidatorCompiler(componentSchemas: TSchema[]): FastifySchemaCompiler<object> {
  const strict = new Ajv({ ...shared, coerceTypes: false })
  const lenient = new Ajv({ ...shared, coerceTypes: true })
  for (const ajv of [strict, lenient]) {
    addFormats(ajv, ['uuid', 'date', 'date-time', 'email', 'uri', 'uri-reference'])
    for (const schema of componentSchemas) ajv.addSchema(schema)
  }
  return ({ schema, httpPart }) => {
    const ajv = httpPart === 'body' ? strict : lenient
    let compiled: ValidateFunction | undefined
    // Compiled at the first use and then kept: a start need not wait for routes that nobody has called yet.
    const validate = (data: unknown) => {
      compiled ??= ajv.compile(schema)
      const valid = compiled(data)
      validate.errors = compiled.errors
      return valid
    }
    validate.errors = undefined as ValidateFunction['errors']
    return validate as never
  }
}

/** Holds a value against a component as a request's body would be held: for what is put together after the request was read. */
export function faultsOf(component: TSchema, value: unknown, componentSchemas: TSchema[]): InputFault[] {
  const { $id } = component as { $id?: string }
  const validate = buildValidatorCompiler(componentSchemas)({
    schema: { $ref: $id },
    httpPart: 'body',
    method: '',
    url: '',
  }) as unknown as ValidateFunction
  return validate(value) ? [] : toFaults(validate.errors ?? [], 'body')
}

const faultCodes: Record<string, string> = {
  required: 'required',
  additionalProperties: 'unknown_field',
  type: 'wrong_type',
  enum: 'not_an_allowed_value',
  const: 'not_an_allowed_value',
  format: 'wrong_format',
  pattern: 'wrong_format',
  minLength: 'too_short',
  maxLength: 'too_long',
  minimum: 'too_small',
  maximum: 'too_large',
  minItems: 'too_few_items',
  maxItems: 'too_many_items',
  uniqueItems: 'repeated_item',
  minProperties: 'too_few_fields',
  maxProperties: 'too_many_fields',
}

const maxFaults = 50

export const escapePointer = (segment: string): string => segment.replaceAll('~', '~0').replaceAll('/', '~1')

const prefixes: Record<string, string> = { body: '', querystring: '/query', params: '/params', headers: '/headers' }

/** Ajv's findings as faults with a pointer each, at most fifty of them. */
export function toFaults(found: ErrorObject[], context: string): InputFault[] {
  const prefix = prefixes[context] ?? ''
  const faults = new Map<string, InputFault>()
  for (const error of found) {
    // A union reports the faults of each branch; they say more than "must match a schema in anyOf".
    if (error.keyword === 'if' || (error.keyword === 'anyOf' && faults.size > 0)) continue
    const field = error.params.missingProperty ?? error.params.additionalProperty
    const pointer = prefix + error.instancePath + (field === undefined ? '' : `/${escapePointer(String(field))}`)
    const code = faultCodes[error.keyword] ?? 'not_valid'
    if (!faults.has(`${pointer} ${code}`)) faults.set(`${pointer} ${code}`, { pointer, code, message: sentence(error) })
    if (faults.size >= maxFaults) break
  }
  return [...faults.values()]
}

function sentence(error: ErrorObject): string {
  if (error.keyword === 'required') return `The field "${error.params.missingProperty}" is required.`
  if (error.keyword === 'additionalProperties') return `There is no field "${error.params.additionalProperty}" here.`
  if (error.keyword === 'enum') return `It must be one of: ${(error.params.allowedValues as unknown[]).join(', ')}.`
  const text = error.message ?? 'is not valid'
  return `The value ${text}.`
}
