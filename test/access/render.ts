import type { Place } from '../support/document.ts'
import { callerNames, describe } from './callers.ts'
import type { Kind } from './kind.ts'
import type { Row, Rows } from './rows.ts'

const roles = [
  'public',
  'applicant',
  'mission',
  'moderator',
  'reviewer',
  'secretariat',
  'admin',
  'integration',
] as const

const table = (head: readonly string[], lines: string[][]): string =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** docs/access-policy.md: the policy as people read it. */
export function renderPolicy(policy: Map<string, Rows>, operations: Place[]): string {
  const kinds = kindsOf(policy)
  return `${[
    '# Access policy',
    'Made from `test/access/` by `npm run access-policy`; `test/contract/access.test.ts` tries every cell over HTTP with real credentials. ' +
      'An operation of the contract without a row fails the build.',
    '`yes`: it may call. `401`: a credential is asked for. `403`: not with this role. A record in this column is one of the tables below: there the ' +
      'situation of the record decides, and what is not to be seen is answered 404, byte for byte like an id that never was. ' +
      'A credential without the scope of the operation, or for other rounds and countries than the path names, gets 403, or where everybody may look what the public gets.',
    ...[...policy].map(([tag, rows]) => `## ${tag}\n\n${operationTable(tag, rows, operations)}`),
    ...kinds.map((kind) => `## Record: ${kind.name}\n\n${kind.about}\n\n${kindTable(kind)}`),
    `## Who is who\n\n${table(
      ['caller', 'role', 'who'],
      callerNames.map((name) => [`\`${name}\``, describe(name).role, describe(name).who]),
    )}`,
  ].join('\n\n')}\n`
}

/** Each after those that it builds upon. */
export function kindsOf(policy: Map<string, Rows>): Kind[] {
  const named = [...policy.values()].flatMap((rows) => Object.values(rows).flatMap(({ about }) => about ?? []))
  const withOthers = (kind: Kind): Kind[] => [...(kind.after ?? []).flatMap(withOthers), kind]
  return [...new Set(named.flatMap(withOthers))]
}

function operationTable(tag: string, rows: Rows, operations: Place[]): string {
  const own = operations.filter(({ tags }) => tags[0] === tag)
  const lines = own.map((place) => {
    const row = rows[place.operationId]
    return [`${place.operationId}<br>\`${place.method} ${place.path}\``, recordOf(row), ...roles.map(cellOf(row))]
  })
  return table(['operation', 'record', ...roles], lines)
}

function recordOf(row: Row | undefined): string {
  if (row?.unguarded !== undefined) return row.unguarded
  if (row?.isWhole) return 'all rounds: no limited credential'
  if (row?.about === undefined) return ''
  return `${row.about.name}${row.views === undefined ? '' : ` (${row.views.join(', ')})`}`
}

const cellOf =
  (row: Row | undefined) =>
  (role: (typeof roles)[number]): string => {
    if (row === undefined) return ''
    if (row.roles === 'public' || row.roles.includes(role)) return row.about === undefined ? 'yes' : row.about.name
    return role === 'public' ? '401' : '403'
  }

function kindTable({ situations, verdicts, shows }: Kind): string {
  // Callers who get the same of every situation stand in one column.
  const columns = new Map<string, string[]>()
  for (const name of callerNames) {
    const cells = Object.keys(situations).map((situation) => verdicts[situation]?.[name] ?? '')
    columns.set(cells.join('|'), [...(columns.get(cells.join('|')) ?? []), name])
  }
  const names = Object.entries(situations).map(([name, words]) => `\`${name}\`: ${words}`)
  const lines = names.map((words, index) => [
    words,
    ...[...columns.keys()].map((cells) => cells.split('|')[index] ?? ''),
  ])
  const views = Object.entries(shows).map(([view, { canaries, keys }]) => [
    `\`${view}\``,
    canaries === 'all' ? 'everything' : canaries.join(', ') || 'nothing of the person',
    keys?.join(', ') ?? '',
  ])
  return [
    table(['situation', ...[...columns.values()].map((callers) => callers.join(', '))], lines),
    'What each view shows (`~`: behind a pseudonym; `*`: the decision is told):',
    table(['view', 'words of the person', 'fields'], views),
  ].join('\n\n')
}
