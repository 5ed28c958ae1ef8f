import { readdir } from 'node:fs/promises'
import type { Place } from '../support/document.ts'
import type { Rows } from './rows.ts'

const folder = new URL('policy/', import.meta.url)

/** The rows of all tags. A tag is a file in policy/, named like it. */
export async function readPolicy(): Promise<Map<string, Rows>> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort()
  const modules = await Promise.all(files.map((name) => import(new URL(name, folder).href) as Promise<{ rows: Rows }>))
  return new Map(files.map((name, index) => [name.replace(/\.ts$/, ''), (modules[index] as { rows: Rows }).rows]))
}

/** Where policy and contract differ, each with what to do about it. */
export function faultsOf(policy: Map<string, Rows>, operations: Place[]): string[] {
  const tagOf = ({ tags }: Place) => tags[0] as string
  const missing = operations
    .filter((place) => policy.get(tagOf(place))?.[place.operationId] === undefined)
    .map(
      (place) =>
        `${place.operationId} has no row in the access policy. Say in test/access/policy/${tagOf(place)}.ts who may call it, for example\n` +
        `  ${place.operationId}: ${exampleRow(place['x-access'])},\n` +
        '  and, where what a caller sees depends on a record, which kind of record it is about (test/access/kinds/).',
    )
  const differing = operations.flatMap((place) => {
    const row = policy.get(tagOf(place))?.[place.operationId]
    if (row === undefined) return []
    const wanted = row.roles === 'public' ? ['public'] : [...row.roles]
    return wanted.sort().join() === [...place['x-access']].sort().join()
      ? []
      : [`${place.operationId}: the policy lets ${wanted} call it, the route ${place['x-access']}.`]
  })
  const known = new Set(operations.map((place) => `${tagOf(place)} ${place.operationId}`))
  const stale = [...policy].flatMap(([tag, rows]) =>
    Object.keys(rows)
      .filter((operationId) => !known.has(`${tag} ${operationId}`))
      .map((operationId) => `${operationId} in test/access/policy/${tag}.ts is no operation of that tag any more.`),
  )
  return [...missing, ...differing, ...stale]
}

const exampleRow = (access: string[]): string =>
  access.includes('public') ? 'open()' : `only([${access.map((role) => `'${role}'`).join(', ')}])`
