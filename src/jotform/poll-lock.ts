import type { Deps } from '../deps.ts'

/** Locks of pollers live in their own number space: one poller a form, over all replicas. */
const lockClass = 38_002
const waitStepMs = 50

/** Runs `work` while this process alone polls the form; without `wait` it is left out when another one does. */
export async function withFormLock(
  deps: Deps,
  formId: string,
  { wait, signal }: { wait: boolean; signal?: AbortSignal | undefined },
  work: () => Promise<void>,
): Promise<void> {
  // A connection of its own: the lock must outlast the many transactions of one poll.
  const client = await deps.pool.connect()
  const lock = async () => {
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_try_advisory_lock($1, hashtext($2)) as locked',
      [lockClass, formId],
    )
    return rows[0]?.locked === true
  }
  try {
    while (!(await lock())) {
      if (!wait) return
      signal?.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, waitStepMs))
    }
    try {
      await work()
    } finally {
      await client.query('select pg_advisory_unlock($1, hashtext($2))', [lockClass, formId])
    }
  } finally {
    client.release()
  }
}
