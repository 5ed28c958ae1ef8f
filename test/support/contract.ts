import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import addFormatsModule from 'ajv-formats'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'

const addFormats = addFormatsModule as unknown as (ajv: Ajv) => void

interface Operation {
  operationId: string
  responses: Record<string, { headers?: Record<string, object>; content?: Record<string, { schema: object }> }>
}

type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, object> } }

type Checker = (request: InjectOptions, response: LightMyRequestResponse) => void

const path = new URL('../../openapi/openapi.json', import.meta.url)

/**
 * Holds an answer against the committed contract, which `npm run check` holds against the routes: its status must be documented for that
 * operation, its body must fit the schema.
 */
export const checkContract: Checker = (request, response) => {
  checker ??= makeChecker()
  checker(request, response)
}

let checker: Checker | undefined

function makeChecker(): Checker {
  const document = JSON.parse(readFileSync(path, 'utf8')) as Document
  const ajv = new Ajv({ strict: false, allErrors: true, code: { optimize: false } })
  addFormats(ajv)
  ajv.addSchema({ $id: 'contract', ...document })
  const validators = new Map<string, ValidateFunction>()
  // A literal segment wins over a parameter, as in the router.
  const paths = Object.keys(document.paths)
    .sort((a, b) => a.split('{').length - b.split('{').length)
    .map((path) => ({ path, pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}/?$`) }))

  return (request: InjectOptions, response: LightMyRequestResponse): void => {
    const method = (request.method ?? 'GET').toLowerCase()
    const url = String(request.url).split('?')[0] as string
    const path = paths.find(({ pattern }) => pattern.test(url))?.path
    const operation = path === undefined ? undefined : document.paths[path]?.[method]
    if (operation === undefined || path === undefined) {
      if (response.statusCode >= 400) assertProblem(response)
      return
    }
    // Outside a sandbox its routes are not there, which the contract of a sandbox cannot name.
    if (path.startsWith('/v1/sandbox/') && response.statusCode === 404) {
      assertProblem(response)
      return
    }
    const documented = operation.responses[response.statusCode]
    if (documented === undefined)
      throw new Error(
        `${operation.operationId} answered ${response.statusCode}, which its contract does not name: ${response.body}`,
      )
    if (response.statusCode >= 400 && !response.headers['content-type']?.toString().startsWith('application/json'))
      assertProblem(response)
    if (documented.headers?.etag !== undefined && response.headers.etag === undefined)
      throw new Error(`${operation.operationId} answered without the ETag that its contract names`)
    const type = String(response.headers['content-type'] ?? '').split(';')[0] as string
    const media = documented.content?.[type]
    if (media === undefined || !/json/.test(type)) return
    const place = `#/paths/${escapeSegment(path)}/${method}/responses/${response.statusCode}/content/${escapeSegment(type)}/schema`
    // What many answers are, problems above all, is compiled once.
    const pointer = `contract${componentOf(media.schema) ?? place}`
    const validate = validators.get(pointer) ?? ajv.compile({ $ref: pointer })
    validators.set(pointer, validate)
    if (!validate(response.json()))
      throw new Error(
        `${operation.operationId} ${response.statusCode} does not fit its contract: ${ajv.errorsText(validate.errors)}\n${response.body}`,
      )
  }
}

function componentOf({ $ref, description: _, ...rest }: { $ref?: string; description?: string }): string | undefined {
  return Object.keys(rest).length === 0 ? $ref : undefined
}

const escapeSegment = (segment: string): string =>
  encodeURIComponent(segment.replaceAll('~', '~0').replaceAll('/', '~1'))

function assertProblem(response: LightMyRequestResponse): void {
  if (!response.headers['content-type']?.toString().startsWith('application/problem+json')) {
    throw new Error(
      `An answer of ${response.statusCode} is not a problem document: ${response.headers['content-type']} ${response.body}`,
    )
  }
}
