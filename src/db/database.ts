import { createHash } from 'node:crypto'
import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { joinedClient, joinedOn, type OpenTransaction, openTransaction } from './joined.ts'
import type { Database } from './schema.ts'

/** A connection pool or a transaction: query functions take either. */
export type Db = Kysely<Database>
export type Tx = Transaction<Database>

const timestamptz = 1184
const date = 1082
const bigint = 20

/** `2021-01-08 22:59:59.5+00` → `2021-01-08T22:59:59.500Z`: instants are RFC 3339 strings in every layer. */
export function parseInstant(text: string): string {
  const iso = `${text.slice(0, 10)}T${text.slice(11).replace(/[+-]00(:?00)?$/, '')}`
  const dot = iso.indexOf('.')
  return dot === -1 ? `${iso}Z` : `${iso.slice(0, dot)}.${iso.slice(dot + 1, dot + 4).padEnd(3, '0')}Z`
}

const parsers: Record<number, (value: string) => unknown> = {
  [timestamptz]: parseInstant,
  [date]: (value) => value,
  [bigint]: Number,
}

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: string) =>
    (format !== 'binary' && parsers[oid]) || pg.types.getTypeParser(oid, format as 'text'),
} as pg.CustomTypesConfig

/** Statements that vary without end (long `in` lists) must not fill the server's memory with plans. */
const maxStatementNames = 500
const statementNames = new Map<string, string>()

/** A name made from the text, so that PostgreSQL parses and plans each statement once per connection (docs/decisions/0002). */
export function statementName(sql: string): string | undefined {
  const known = statementNames.get(sql)
  if (known !== undefined) return known
  if (statementNames.size >= maxStatementNames) return undefined
  const name = createHash('sha1').update(sql).digest('base64url')
  statementNames.set(sql, name)
  return name
}

export interface PoolOptions {
  url: string
  max?: number
  applicationName?: string
  /** How long a statement waits for a lock; without it, as long as a statement may take. */
  lockTimeoutMs?: number
}

/** Deliveries are one short statement each; more connections would only queue at the disk. */
export const intakeConnections = 3

/** A request that waits longer than this for somebody else's lock is answered 503 and may be repeated; jobs wait. */
export const requestLockTimeoutMs = 3_000

export function createPool({
  url,
  max = 10,
  applicationName = 'pre-sessions',
  lockTimeoutMs = 0,
}: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    options: `-c timezone=UTC -c statement_timeout=30000 -c lock_timeout=${lockTimeoutMs} -c idle_in_transaction_session_timeout=60000`,
  })
  // A broken idle connection is replaced at the next use; without a listener it would end the process.
  pool.on('error', () => {})
  // The same for one in use whose database dies between two of its statements: the next statement tells.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

export function createDb(pool: pg.Pool): Db {
  return new Kysely<Database>({
    dialect: new PostgresDialect({ pool: withStatementNames(pool) as unknown as pg.Pool }),
  })
}

function withStatementNames(pool: pg.Pool) {
  return {
    connect: async () => {
      const joined = joinedOn(pool)
      return joined === undefined ? named(await pool.connect()) : joinedClient(joined)
    },
    end: () => pool.end(),
  }
}

/** A transaction that the work run in it joins by itself, whichever `db` of this pool it uses (docs/decisions/0006). */
export const beginJoinable = (pool: pg.Pool): Promise<OpenTransaction> =>
  openTransaction(pool, (client) => named(client).query)

interface NamedClient {
  query(text: string, values?: unknown[]): Promise<pg.QueryResult>
  release(error?: Error): void
  processID: number
}

const namedClients = new WeakMap<pg.PoolClient, NamedClient>()

function named(client: pg.PoolClient): NamedClient {
  let wrapper = namedClients.get(client)
  if (wrapper === undefined) {
    const query = (text: string, values?: unknown[]) => {
      // begin, commit and rollback carry nothing to plan: the simple protocol is the shorter way.
      if (values === undefined || text.length < 10) return client.query(text)
      const name = statementName(text)
      return client.query(name === undefined ? { text, values } : { name, text, values })
    }
    wrapper = {
      query,
      release: (error?: Error) => client.release(error),
      processID: (client as unknown as { processID: number }).processID,
    }
    namedClients.set(client, wrapper)
  }
  return wrapper
}

/** Is this a violation of the named constraint (or of any unique or foreign key, when no name is given)? */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof pg.DatabaseError && error.constraint === constraint
}
