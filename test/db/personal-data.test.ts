import { sql } from 'kysely'
import t from 'tap'
import { createDb, createPool } from '../../src/db/database.ts'
import { register } from '../../src/people/register.ts'
import { testDatabase } from '../support/database.ts'

/** What may hold words: everything but numbers, instants, truth values and ids. */
const wordless = ['uuid', 'boolean', 'date', 'tstzrange', 'inet']
const isWordless = (type: string) =>
  wordless.includes(type) ||
  /^(smallint|integer|bigint|numeric|double|real|timestamp|interval|ARRAY _(int|uuid|timestamp))/.test(type)

async function columns(t: Parameters<typeof testDatabase>[0]) {
  const db = createDb(createPool({ url: await testDatabase(t), max: 1 }))
  t.teardown(() => db.destroy())
  const { rows } = await sql<{ table: string; column: string; type: string; isView: boolean }>`
    select c.table_name as "table", c.column_name as "column", t.table_type = 'VIEW' as "isView",
      c.data_type || case when c.data_type = 'ARRAY' then ' ' || c.udt_name else '' end as type
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where c.table_schema not in ('pg_catalog', 'information_schema') order by 1, c.ordinal_position`.execute(db)
  const { rows: hanging } = await sql<{ table: string; rule: string }>`
    select conrelid::regclass::text as "table", confdeltype as rule from pg_constraint
    where contype = 'f' and confrelid = 'application'::regclass`.execute(db)
  return { stored: rows.filter(({ isView }) => !isView), hanging }
}

t.test('every table and every column that may hold words has its verdict in src/people/register.ts', async (t) => {
  const { stored, hanging } = await columns(t)
  const tables = [...new Set(stored.map(({ table }) => table))]
  t.same(
    tables.filter((table) => !(table in register)),
    [],
    'tables without a verdict',
  )
  t.same(
    Object.keys(register).filter((table) => !tables.includes(table)),
    [],
    'verdicts on tables that are gone',
  )
  const worded = stored.filter(({ type }) => !isWordless(type)).map(({ table, column }) => `${table}.${column}`)
  const judged = Object.entries(register).flatMap(([table, entry]) =>
    Object.keys(entry.columns).map((column) => `${table}.${column}`),
  )
  t.same(
    worded.filter((one) => !judged.includes(one)),
    [],
    'columns without a verdict',
  )
  const all = stored.map(({ table, column }) => `${table}.${column}`)
  t.same(
    judged.filter((one) => !all.includes(one)),
    [],
    'verdicts on columns that are gone',
  )

  for (const { table, rule } of hanging) {
    const { fate } = register[table] ?? {}
    t.ok(fate === 'application' || fate === 'own' || fate === 'intake', `${table} hangs on an application`)
    t.ok(rule === 'c' || table === 'jotform_submission', `${table} goes with its application`)
  }
})

t.test('what is personal goes, and what stays is not personal', async (t) => {
  for (const [table, { fate, columns, class: name }] of Object.entries(register)) {
    const verdicts = Object.values(columns)
    if (fate === 'none') t.notOk(verdicts.includes('person'), `${table} holds nothing of a person`)
    else if (fate !== 'own') t.type(name, 'string', `${table} has a class`)
  }
})
