import { Ajv, type ValidateFunction } from 'ajv'
import addFormatsModule from 'ajv-formats'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { App } from '../../src/deps.ts'
import { contractOf } from '../../src/http/openapi.ts'

const addFormats = addFormatsModule as unknown as (ajv: Ajv) => void

interface Operation {
  operationId: string
  responses: Record<string, { content?: Record<string, { schema: object }> }>
}

type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, object> } }

type Checker = (request: InjectOptions, response: LightMyRequestResponse) => void

const checkers = new Map<string, Checker>()

/** Holds an answer against the contract: its status must be documented for that operation, its body must fit the schema. */
export function contractChecker(app: App): Checker {
  // Applications with the same routes have the same contract; building it takes longer than most tests.
  const routes = app.printRoutes({ commonPrefix: false })
  const checker = checkers.get(routes) ?? makeChecker(app)
  checkers.set(routes, checker)
  return checker
}

function makeChecker(app: App): Checker {
  const document = contractOf(app) as unknown as Document
  const ajv = new Ajv({ strict: false, allErrors: true })
  addFormats(ajv)
  ajv.addSchema({ $id: 'contract', ...document })
  const validators = new Map<string, ValidateFunction>()
  const paths = Object.keys(document.paths).map((path) => ({
    path,
    pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}/?$`),
  }))

  return (request: InjectOptions, response: LightMyRequestResponse): void => {
    const method = (request.method ?? 'GET').toLowerCase()
    const url = String(request.url).split('?')[0] as string
    // A literal segment wins over a parameter, as in the router.
    const path = paths
      .filter((p) => p.pattern.test(url))
      .sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0]?.path
    const operation = path === undefined ? undefined : document.paths[path]?.[method]
    if (operation === undefined || path === undefined) {
      if (response.statusCode >= 400) assertProblem(response)
      return
    }
    const documented = operation.responses[response.statusCode]
    if (documented === undefined)
      throw new Error(
        `${operation.operationId} answered ${response.statusCode}, which its contract does not name: ${response.body}`,
      )
    if (response.statusCode >= 400 && !response.headers['content-type']?.toString().startsWith('application/json'))
      assertProblem(response)
    const type = String(response.headers['content-type'] ?? '').split(';')[0] as string
    const media = documented.content?.[type]
    if (media === undefined || !/json/.test(type)) return
    const pointer = `contract#/paths/${escapeSegment(path)}/${method}/responses/${response.statusCode}/content/${escapeSegment(type)}/schema`
    const validate = validators.get(pointer) ?? ajv.compile({ $ref: pointer })
    validators.set(pointer, validate)
    if (!validate(response.json()))
      throw new Error(
        `${operation.operationId} ${response.statusCode} does not fit its contract: ${ajv.errorsText(validate.errors)}\n${response.body}`,
      )
  }
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
