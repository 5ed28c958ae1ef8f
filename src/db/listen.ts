import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

const firstRetryMs = 100
const lastRetryMs = 5_000

/**
 * Listens on a channel through one connection until it is closed, and connects again by itself. `changed` is given what was told; without that it
 * also runs after every connection, since nothing is told to a connection that is down. The first one must succeed.
 */
export async function listenForever(url: string, channel: string, changed: (told?: string) => Promise<void>) {
  const closed = new AbortController()
  let client: pg.Client
  const connect = async () => {
    client = new pg.Client({
      connectionString: url,
      application_name: `pre-sessions ${channel}`,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    })
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    // The end of the connection is what counts; an 'error' without a listener would end the process.
    client.on('error', () => {})
    client.on('notification', ({ payload }) => void changed(payload).catch(() => {}))
    try {
      await client.connect()
      await client.query(`listen ${channel}`)
      await changed()
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    return { ended }
  }

  const first = await connect()
  const keepListening = async () => {
    let { ended } = first
    let waitMs = firstRetryMs
    for (;;) {
      await ended
      await delay(waitMs, undefined, { signal: closed.signal })
      const next = await connect().catch(() => undefined)
      waitMs = next === undefined ? Math.min(waitMs * 2, lastRetryMs) : firstRetryMs
      ended = next?.ended ?? ended
    }
  }
  const loop = keepListening().catch(() => {})
  return {
    async close() {
      closed.abort()
      await client.end().catch(() => {})
      await loop
    },
  }
}
