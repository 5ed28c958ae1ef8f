import { type SettableClock, settableClock } from '../clock.ts'
import type { Db } from '../db/database.ts'
import { listenForever } from '../db/listen.ts'
import { channel, findClockOffset, updateClockOffset } from './queries.ts'

export interface SandboxClock {
  clock: SettableClock
  set(now: string): Promise<void>
  close(): Promise<void>
}

/** A clock that all replicas share: its offset lies in the database, and one listening connection tells of changes. */
export async function createSandboxClock(db: Db, url: string): Promise<SandboxClock> {
  const clock = settableClock()
  // One reading after the other: each begins after the one before it ended, so the clock never falls back to an old offset.
  let reading: Promise<void> = Promise.resolve()
  const read = () => {
    reading = reading.catch(() => {}).then(async () => clock.setOffsetMs(await findClockOffset(db)))
    return reading
  }
  const listener = await listenForever(url, channel, read)
  return {
    clock,
    async set(now) {
      await updateClockOffset(db, Date.parse(now) - Date.now())
      await read()
    },
    close: listener.close,
  }
}
