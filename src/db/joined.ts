import { AsyncLocalStorage } from 'node:async_hooks'
import type pg from 'pg'

/** A transaction that spans a whole piece of work: everything the work does over the same pool takes part in it. */
export interface OpenTransaction {
  /** Runs the work inside: its statements and its own transactions join, the latter as savepoints. */
  run<T>(work: () => Promise<T>): Promise<T>
  query<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row[]>
  commit(): Promise<void>
  /** Ends it without effect, whatever state it is in. */
  rollback(): Promise<void>
}

type Query = (text: string, values?: unknown[]) => Promise<pg.QueryResult>

interface Joined {
  pool: pg.Pool
  query: Query
  isOpen: boolean
  savepoints: number
  /** How many of the work's own transactions are open. */
  depth: number
  /** Single statements take their turns, since each has a savepoint of its own. */
  turn: Promise<unknown>
}

const current = new AsyncLocalStorage<Joined>()

/** The transaction that the running work has joined on this pool. What outlives its end goes its own way again. */
export function joinedOn(pool: pg.Pool): Joined | undefined {
  const joined = current.getStore()
  return joined?.pool === pool && joined.isOpen ? joined : undefined
}

/** Begins one on a connection of its own. `named` runs a statement on it under its name. */
export async function openTransaction(
  pool: pg.Pool,
  named: (client: pg.PoolClient) => Query,
): Promise<OpenTransaction> {
  const client = await pool.connect()
  const query = named(client)
  const joined: Joined = { pool, query, isOpen: true, savepoints: 0, depth: 0, turn: Promise.resolve() }
  const end = async (text: 'commit' | 'rollback') => {
    joined.isOpen = false
    try {
      const { command } = await query(text)
      client.release()
      // An aborted transaction answers a commit with its rollback, and no error.
      if (text === 'commit' && command !== 'COMMIT') throw new Error('The transaction was aborted before its commit.')
    } catch (error) {
      client.release(true)
      throw error
    }
  }
  try {
    await query('begin')
  } catch (error) {
    client.release(true)
    throw error
  }
  return {
    run: (work) => current.run(joined, work),
    query: async (text, values) => (await query(text, values)).rows,
    commit: () => end('commit'),
    // A connection that is gone has rolled back by itself.
    rollback: () => end('rollback').catch(() => {}),
  }
}

/** What the query builder takes for a connection of the pool: its transactions become savepoints, and a statement that fails undoes itself only. */
export function joinedClient(joined: Joined) {
  let own = ''
  const begin = async () => {
    await joined.turn
    own = savepoint(joined)
    joined.depth += 1
    return joined.query(`savepoint ${own}`)
  }
  const end = (text: string) => {
    joined.depth -= 1
    return joined.query(`${text} ${own}`)
  }
  return {
    query(text: string, values?: unknown[]) {
      if (/^(begin|start transaction)\b/.test(text)) return begin()
      if (text === 'commit') return end('release savepoint')
      if (text === 'rollback') return end('rollback to savepoint')
      return joined.depth > 0 ? joined.query(text, values) : alone(joined, text, values)
    },
    release() {},
  }
}

function alone(joined: Joined, text: string, values?: unknown[]): Promise<pg.QueryResult> {
  const result = joined.turn.then(async () => {
    const name = savepoint(joined)
    await joined.query(`savepoint ${name}`)
    try {
      const done = await joined.query(text, values)
      await joined.query(`release savepoint ${name}`)
      return done
    } catch (error) {
      await joined.query(`rollback to savepoint ${name}`)
      throw error
    }
  })
  joined.turn = result.catch(() => {})
  return result
}

function savepoint(joined: Joined): string {
  joined.savepoints += 1
  return `s${joined.savepoints}`
}
