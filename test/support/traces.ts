import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { createCipher } from '../../src/crypto/cipher.ts'
import type { Deps } from '../../src/deps.ts'
import { openBody } from '../../src/jotform/raw-body.ts'

export interface Row {
  table: string
  text: string
}

/** Every row of every table of every schema as text, the queue's too; bytes are decoded, and what is encrypted is opened. */
export async function allRows({ db, keys }: Pick<Deps, 'db' | 'keys'>): Promise<Row[]> {
  const { rows: tables } = await sql<{ schema: string; name: string }>`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1, 2`.execute(
    db,
  )
  const found: Row[] = []
  for (const { schema, name } of tables) {
    const { rows } = await sql<{
      text: string
    }>`select t::text as text from ${sql.table(`${schema}.${name}`)} t`.execute(db)
    for (const { text } of rows) found.push({ table: `${schema}.${name}`, text: `${text}${decoded(text)}` })
  }
  const cipher = createCipher([keys.answers])
  for (const { answer, key_hash: context } of await db.selectFrom('idempotency_key').selectAll().execute())
    if (answer !== null) found.push({ table: 'answers, opened', text: cipher.decrypt(answer, context) })
  for (const row of await db.selectFrom('jotform_delivery').selectAll().execute())
    found.push({ table: 'deliveries, opened', text: openBody(keys, row).toString('latin1') })
  return found
}

const decoded = (text: string): string =>
  [...text.matchAll(/\\x([\da-f]+)/g)].map(([, hex = '']) => Buffer.from(hex, 'hex').toString('utf8')).join(' ')

/** Every file below a directory, its name before its content. */
export async function allFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(() => [])
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => `${name} ${(await readFile(join(parentPath, name))).toString('latin1')}`),
  )
}

/** Texts in which the marker stands in any of the ways in which text is written down. */
export function withMarker<T>(items: T[], marker: string, textOf: (item: T) => string): T[] {
  const spelt = [
    marker,
    Buffer.from(marker).toString('hex'),
    Buffer.from(marker).toString('base64').replace(/.=*$/, ''),
  ]
  return items.filter((item) => {
    const text = textOf(item)
    return spelt.some((one, index) => (index === 0 ? text.toLowerCase().includes(one) : text.includes(one)))
  })
}
