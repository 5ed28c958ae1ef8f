import { sql } from 'kysely'
import type { Db, Tx } from '../db/database.ts'
import { resolveDeadline } from '../domain/deadline.ts'
import { defaultSettings } from '../pre-sessions/settings.ts'
import { type AnnouncedRound, type CalendarSession, calendar, preSession38, states, themeVocabulary } from './data.ts'

/**
 * Brings the tables to what this version of the service knows. Several replicas may call it at once: a row that is
 * right already is neither written nor locked, and all write in the same order.
 */
export async function loadReferenceData(db: Db, now: string): Promise<void> {
  await upsert(db, 'state', stateColumns, stateRows())
  await upsert(db, 'theme', themeColumns, themeRows())
  await upsert(db, 'working_group_session', sessionColumns, calendar.map(toSessionRow))
  await db.transaction().execute((tx) => loadRoundOnce(tx, preSession38, now))
}

/** Names and types of a table's columns; the first one is its key. */
type Columns = Record<string, string>

const stateColumns: Columns = {
  iso3: 'text',
  iso2: 'text',
  kind: 'text',
  regional_group: 'text',
  regional_group_note: 'text',
  names: 'jsonb',
}
const stateRows = () =>
  states.map(({ regionalGroup, regionalGroupNote, ...state }) => ({
    ...state,
    regional_group: regionalGroup,
    regional_group_note: regionalGroupNote,
  }))

const themeColumns: Columns = { code: 'text', position: 'int', label: 'jsonb', vocabulary_version: 'int' }
const themeRows = () =>
  themeVocabulary.themes.map((theme, index) => ({
    ...theme,
    position: index + 1,
    vocabulary_version: themeVocabulary.version,
  }))

const sessionColumns: Columns = {
  number: 'int',
  cycle: 'int',
  starts_on: 'date',
  ends_on: 'date',
  month: 'text',
  confidence: 'text',
  source: 'text',
  note: 'text',
  states: 'jsonb',
  states_in_review_order: 'boolean',
  deferred: 'jsonb',
  pre_session: 'jsonb',
}

const formats = { 'in-person': 'inPerson', virtual: 'virtual', unknown: 'unknown' } as const

function toSessionRow(session: CalendarSession) {
  const { preSession } = session
  return {
    number: session.session,
    cycle: session.cycle,
    starts_on: session.startDate,
    ends_on: session.endDate,
    month: session.month,
    confidence: session.confidence,
    source: session.source,
    note: session.note,
    states: session.states.map(({ iso3, name }) => ({ iso3, name })),
    states_in_review_order: session.statesInReviewOrder,
    deferred: (session.deferred ?? []).map(({ iso3, name, note }) => ({ iso3, name, note })),
    pre_session: preSession && {
      startDate: preSession.startDate,
      endDate: preSession.endDate,
      format: formats[preSession.mode],
      note: preSession.note,
      source: preSession.source,
    },
  }
}

/** Writes the rows that differ from what is stored. `except` leaves the others alone, and takes null as equal to null. */
async function upsert(db: Db, table: string, columns: Columns, rows: object[]): Promise<void> {
  const [key = '', ...others] = Object.keys(columns)
  const list = sql.join([key, ...others].map((name) => sql.ref(name)))
  const record = sql.raw(
    Object.entries(columns)
      .map(([name, type]) => `"${name}" ${type}`)
      .join(', '),
  )
  const changes = sql.join(others.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`))
  await sql`
    insert into ${sql.table(table)} (${list})
    select ${list} from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (${record})
    except select ${list} from ${sql.table(table)}
    order by ${sql.ref(key)}
    on conflict (${sql.ref(key)}) do update set ${changes}`.execute(db)
}

/** A round that ships with the service, loaded once in the life of a database; whoever edits it keeps the edits. */
async function loadRoundOnce(tx: Tx, round: AnnouncedRound, now: string): Promise<void> {
  const name = `pre-session-${round.number}`
  const claimed = await tx
    .insertInto('shipped_data')
    .values({ name, loaded_at: now })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .returning('name')
    .executeTakeFirst()
  if (claimed === undefined) return
  const inserted = await insertRound(tx, round, now)
  if (inserted === undefined) return
  const countries = round.countries.map((iso3, index) => ({
    pre_session: round.number,
    iso3,
    position: index + 1,
    confidence: 'sourced' as const,
    created_at: now,
    updated_at: now,
  }))
  await tx.insertInto('country_under_review').values(countries).execute()
}

function insertRound(tx: Tx, round: AnnouncedRound, now: string) {
  const resolved = resolveDeadline(round.applicationDeadline)
  if ('faults' in resolved) throw new Error(`Round ${round.number}: ${resolved.faults.map((f) => f.message).join(' ')}`)
  return tx
    .insertInto('pre_session')
    .values({
      number: round.number,
      title: round.title,
      format: round.format,
      starts_on: round.dates.start,
      ends_on: round.dates.end,
      dates_precision: round.dates.precision,
      time_zone: round.timeZone,
      status: round.status,
      application_deadline: JSON.stringify(resolved.deadline),
      closes_at: resolved.deadline.closesAt,
      settings: JSON.stringify(defaultSettings),
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.column('number').doNothing())
    .returning('number')
    .executeTakeFirst()
}
