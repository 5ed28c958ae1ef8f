import fastJsonStringify from 'fast-json-stringify'
import type { TSchema } from 'typebox'
import { components } from './schemas.ts'

type Serializer = (data: unknown) => string
interface Route {
  schema: object
  httpStatus?: string | undefined
}

/**
 * Answers are written by their schema, so that nothing leaves that the contract does not name. Each component's writer is compiled once,
 * at its first use, with only the components it refers to: compiling all of them for every route and status took most of a start.
 */
export function buildSerializerCompiler(componentSchemas: TSchema[]): (route: Route) => Serializer {
  const byId = new Map(componentSchemas.map((schema) => [(schema as { $id?: string }).$id as string, schema as object]))
  const compiled = new Map<string, Serializer>()
  return ({ schema, httpStatus }) => {
    // Problems are written whole by the error handler.
    if (httpStatus !== undefined && !/^[123]/.test(httpStatus)) return JSON.stringify
    const { $ref } = schema as { $ref?: string }
    const compile = () => {
      const externals = Object.fromEntries([...referredBy(schema, byId)].map((id) => [id, byId.get(id) as object]))
      return fastJsonStringify(schema, { schema: externals as never }) as Serializer
    }
    let own: Serializer | undefined
    return (data) => {
      if ($ref === undefined) {
        own ??= compile()
        return own(data)
      }
      const serializer = compiled.get($ref) ?? compile()
      compiled.set($ref, serializer)
      return serializer(data)
    }
  }
}

const writers = new Map<string, Serializer>()

/** The writer of one component, for answers that have several views: the route knows which one it sends, and the writer need not try them all. */
export function writerOf(component: TSchema): Serializer {
  const id = (component as { $id?: string }).$id as string
  const known = writers.get(id)
  if (known !== undefined) return known
  const writer = buildSerializerCompiler(components())({ schema: { $ref: id } })
  writers.set(id, writer)
  return writer
}

/** The ids of all components that a schema refers to, directly or through others. */
function referredBy(schema: object, byId: Map<string, object>, found = new Set<string>()): Set<string> {
  JSON.stringify(schema, (key, value) => {
    if (key === '$ref' && typeof value === 'string' && byId.has(value) && !found.has(value)) {
      found.add(value)
      referredBy(byId.get(value) as object, byId, found)
    }
    return value
  })
  return found
}
