import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { isUnavailable } from '../http/problems.ts'

const retryMs = 250
/** What the queue's library tries again soon, up to a hundred times. */
const retryableCode = '40001'

/**
 * The connections of the queue's runner. It does not wait for the news that a job is done to be stored, and leaves a failure of that unhandled,
 * which would end the process: so nothing here fails for want of a database. It waits until `signal` says that nobody waits any more.
 */
export function createQueuePool({ url, max, signal }: { url: string; max: number; signal: AbortSignal }): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: 'pre-sessions queue',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const connect = pool.connect.bind(pool)
  const connectPatiently = async () => {
    for (;;) {
      try {
        return retryable(await connect())
      } catch (error) {
        if (signal.aborted) throw error
        await delay(retryMs, undefined, { signal })
      }
    }
  }
  // With a callback the runner listens for new jobs, and connects again by itself.
  return Object.assign(pool, {
    connect: (callback?: Parameters<typeof connect>[0]) =>
      callback === undefined ? connectPatiently() : connect(callback),
  }) as pg.Pool
}

/** A statement that lost its connection is tried again: each of the runner's may be made twice. */
function retryable(client: pg.PoolClient): pg.PoolClient {
  const query = async (statement: pg.QueryConfig) => {
    try {
      return await client.query(statement)
    } catch (error) {
      if (!isUnavailable(error)) throw error
      throw Object.assign(new Error((error as Error).message, { cause: error }), { code: retryableCode })
    }
  }
  return { query, release: (error?: Error) => client.release(error) } as pg.PoolClient
}
