import { type Selectable, sql, type Updateable } from 'kysely'
import type { Db } from '../db/database.ts'
import type { JotformFormTable, JotformPollRunTable } from '../db/tables-jotform.ts'
import type { Mapping } from './mapping-format.ts'

export type FormRow = Selectable<JotformFormTable> & { mapping: Mapping; mapped_at: string }
export type PollRunRow = Selectable<JotformPollRunTable>

const withMapping = (db: Db) =>
  db
    .selectFrom('jotform_form as f')
    .innerJoin('jotform_form_mapping as m', (join) =>
      join.onRef('m.form_id', '=', 'f.form_id').onRef('m.version', '=', 'f.mapping_version'),
    )
    .selectAll('f')
    .select(['m.mapping', 'm.created_at as mapped_at'])

export const findForm = (db: Db, formId: string): Promise<FormRow | undefined> =>
  withMapping(db).where('f.form_id', '=', formId).executeTakeFirst()

export const listFormRows = (db: Db): Promise<FormRow[]> => withMapping(db).orderBy('f.form_id').execute()

export const listFormPage = (
  db: Db,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<FormRow[]> =>
  withMapping(db)
    .$if(after !== undefined, (query) => query.where('f.form_id', '>', after as string))
    .orderBy('f.form_id')
    .limit(limit + 1)
    .execute()

/** Locks the form, so that two new mappings get two numbers. */
export const insertOrLockForm = async (db: Db, form: { formId: string; preSession: number; now: string }) => {
  await db
    .insertInto('jotform_form')
    .values({
      form_id: form.formId,
      pre_session: form.preSession,
      mapping_version: 0,
      created_at: form.now,
      updated_at: form.now,
    })
    .onConflict((conflict) => conflict.column('form_id').doNothing())
    .execute()
  return db
    .selectFrom('jotform_form')
    .selectAll()
    .where('form_id', '=', form.formId)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

export const insertMapping = (
  db: Db,
  row: { formId: string; version: number; mapping: Mapping; now: string; actor: string },
) =>
  db
    .insertInto('jotform_form_mapping')
    .values({
      form_id: row.formId,
      version: row.version,
      mapping: JSON.stringify(row.mapping),
      created_at: row.now,
      created_by: row.actor,
    })
    .execute()

export const updateForm = (db: Db, formId: string, change: Updateable<JotformFormTable>) =>
  db.updateTable('jotform_form').set(change).where('form_id', '=', formId).execute()

/** When every deadline of the round closes: the round's own and those of countries that were extended. */
export async function listClosings(db: Db, preSession: number): Promise<string[]> {
  const { rows } = await sql<{ closes_at: string }>`
    select closes_at from pre_session where number = ${preSession}
    union
    select closes_at from country_under_review where pre_session = ${preSession} and closes_at is not null
    order by closes_at`.execute(db)
  return rows.map((row) => row.closes_at)
}

export const insertPollRun = async (
  db: Db,
  run: {
    formId: string
    kind: PollRunRow['kind']
    startedAt: string
    closesAt?: string | undefined
    windowFrom?: string | undefined
  },
): Promise<string> => {
  const row = await db
    .insertInto('jotform_poll_run')
    .values({
      form_id: run.formId,
      kind: run.kind,
      started_at: run.startedAt,
      finished_at: null,
      closes_at: run.closesAt ?? null,
      window_from: run.windowFrom ?? null,
      error: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return row.id
}

export const finishPollRun = (
  db: Db,
  id: string,
  result: {
    finishedAt: string
    listed?: number
    created?: number
    recovered?: number
    changed?: number
    vanished?: number
    error?: string
  },
) => {
  const { finishedAt, error, ...counts } = result
  return db
    .updateTable('jotform_poll_run')
    .set({ finished_at: finishedAt, error: error ?? null, ...counts })
    .where('id', '=', id)
    .execute()
}

export interface PollFactsRow {
  last_window_at: string | null
  last_full_at: string | null
  closings: string[]
}

/** Which polls of a form have worked. */
export async function findPollFacts(db: Db, formId: string): Promise<PollFactsRow> {
  const done = sql<string | null>`max(started_at) filter (where kind in ('window', 'startup', 'manual'))`
  const row = await db
    .selectFrom('jotform_poll_run')
    .select([
      done.as('last_window_at'),
      sql<string | null>`max(started_at) filter (where kind in ('daily', 'closing', 'manual'))`.as('last_full_at'),
      sql<string[]>`coalesce(json_agg(closes_at) filter (where kind = 'closing'), '[]')`.as('closings'),
    ])
    .where('form_id', '=', formId)
    .where('finished_at', 'is not', null)
    .where('error', 'is', null)
    .executeTakeFirst()
  const facts = row ?? { last_window_at: null, last_full_at: null, closings: [] }
  return { ...facts, closings: facts.closings.map((at) => new Date(at).toISOString().replace('.000Z', 'Z')) }
}
