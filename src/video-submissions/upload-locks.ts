import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { ERRORS, type Lock } from '@tus/utils'
import pg from 'pg'
import type { Deps } from '../deps.ts'

const channel = 'video_upload'
/** Whoever waits longer than this for another request to let go is told to come back. */
const acquireMs = 10_000
/** A replica that died tells nobody: so often it is asked again. */
const askAgainMs = 250

export interface UploadLocks {
  newLock(id: string): Lock
  /** Every request that is sending is asked to end: what it has sent is kept, and the client goes on elsewhere. */
  interrupt(): void
  close(): Promise<void>
}

interface Holding {
  /** Set once the lock is ours. */
  cancel?: () => void | Promise<void>
  isWanted: boolean
  released: Promise<void>
  release: () => void
}

/**
 * One lock per upload for all replicas: an advisory lock of PostgreSQL on a connection of its own, so that it ends with the process that holds it.
 * Whoever wants it asks the holder to let go, as a client whose line broke comes back before the broken request is noticed.
 */
export function uploadLocks({ pool, log }: Pick<Deps, 'pool' | 'log'>): UploadLocks {
  const holdings = new Map<string, Holding>()
  const waiting = new Map<string, Set<() => void>>()
  let connecting: Promise<pg.Client> | undefined
  let isClosing = false

  const connect = async () => {
    const client = new pg.Client({ ...pool.options, application_name: 'pre-sessions uploads' } as pg.ClientConfig)
    client.on('error', (error) => log.warn({ err: error }, 'the connection of the upload locks broke'))
    client.once('end', () => {
      connecting = undefined
      // Its locks ended with it: others may hold them already.
      interrupt()
    })
    client.on('notification', ({ payload = '' }) => {
      const [event = '', id = ''] = payload.split(' ')
      if (event === 'wanted') want(id)
      for (const wake of waiting.get(id) ?? []) if (event === 'released') wake()
    })
    await client.connect()
    await client.query(`listen ${channel}`)
    return client
  }
  /** One statement at a time, as the driver wants it. */
  let last: Promise<unknown> = Promise.resolve()
  const run = async <T extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<T[]> => {
    const client = await connected()
    const result = last.then(() => client.query<T>(text, values))
    last = result.catch(() => {})
    return (await result).rows
  }
  const connected = () => {
    connecting ??= connect().catch((error: unknown) => {
      connecting = undefined
      throw error
    })
    return connecting
  }
  const want = (id: string) => {
    const holding = holdings.get(id)
    if (holding === undefined) return
    holding.isWanted = true
    void holding.cancel?.()
  }
  const interrupt = () => {
    for (const id of holdings.keys()) want(id)
  }

  const tryLock = async (id: string, cancel: Holding['cancel']): Promise<boolean> => {
    const { promise: released, resolve } = Promise.withResolvers<void>()
    const release = () => {
      holdings.delete(id)
      resolve()
    }
    // Taken here first: the same connection would be given the same lock twice.
    const holding: Holding = { isWanted: false, released, release }
    holdings.set(id, holding)
    try {
      const [row] = await run<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [keyOf(id)])
      if (row?.got !== true) {
        await run('select pg_notify($1, $2)', [channel, `wanted ${id}`])
        release()
        return false
      }
    } catch (error) {
      release()
      throw error
    }
    if (cancel !== undefined) holding.cancel = cancel
    if (holding.isWanted || isClosing) void cancel?.()
    return true
  }

  /** Until somebody lets go of it, or it is time to ask again. */
  const someMoment = async (id: string, signal: AbortSignal) => {
    const local = holdings.get(id)
    const { promise, resolve } = Promise.withResolvers<void>()
    const wakes = waiting.get(id) ?? new Set()
    waiting.set(id, wakes.add(resolve))
    const late = new AbortController()
    const stop = AbortSignal.any([signal, late.signal])
    await Promise.race(
      [promise, local?.released, delay(askAgainMs, undefined, { signal: stop })].filter(Boolean),
    ).catch(() => {})
    late.abort()
    wakes.delete(resolve)
    if (wakes.size === 0) waiting.delete(id)
  }

  const unlock = async (id: string) => {
    const holding = holdings.get(id)
    if (holding === undefined) return
    try {
      // A new connection would hold no lock.
      if (connecting !== undefined)
        await run('select pg_advisory_unlock($1), pg_notify($2, $3)', [keyOf(id), channel, `released ${id}`])
    } catch (error) {
      log.warn({ err: error }, 'an upload was not unlocked: its lock ends with the connection')
    } finally {
      holding.release()
    }
  }

  return {
    newLock: (id) => ({
      async lock(signal, cancel) {
        const until = performance.now() + acquireMs
        for (;;) {
          if (signal.aborted) throw ERRORS.ABORTED
          if (!holdings.has(id)) {
            if (await tryLock(id, cancel)) return
          } else want(id)
          if (performance.now() > until) throw ERRORS.ERR_LOCK_TIMEOUT
          await someMoment(id, signal)
        }
      },
      unlock: () => unlock(id),
    }),
    interrupt() {
      isClosing = true
      interrupt()
    },
    async close() {
      isClosing = true
      await (await connecting?.catch(() => undefined))?.end().catch(() => {})
    },
  }
}

/** 63 bits of the id's hash: the space of advisory locks is one number wide. */
const keyOf = (id: string): string =>
  createHash('sha256').update(`video upload ${id}`).digest().readBigInt64BE().toString()
