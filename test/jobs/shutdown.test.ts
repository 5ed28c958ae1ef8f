import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { enqueue } from '../../src/jobs/queue.ts'
import { startWorker } from '../../src/jobs/worker.ts'
import { createJotformClient, JotformError } from '../../src/jotform/client.ts'
import { stoppable } from '../../src/jotform/stoppable.ts'
import { testApp } from '../support/app.ts'

const aborted = (signal: AbortSignal | undefined) =>
  new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))

t.test('jobs and ticks are told that the process ends', async (t) => {
  const app = await testApp(t)
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const waitForEnd = (n: number) => (signal: AbortSignal | undefined) => {
    begun[n]?.resolve()
    return aborted(signal)
  }
  const [job, tick] = [waitForEnd(0), waitForEnd(1)]
  const worker = await startWorker(app.deps, {
    url: app.url,
    tasks: { test: (_payload, signal) => job(signal) },
    ticks: [{ name: 'test', everyMs: 60_000, run: tick }],
  })
  await enqueue(app.db, 'test', {})
  await Promise.all(begun.map(({ promise }) => promise))
  await worker.stop()
  t.pass('nobody waits for what waits itself')
})

t.test('nothing waits for an answer of Jotform once the process ends, and that is no failure of Jotform', async (t) => {
  const asked = Promise.withResolvers<void>()
  const silent = createServer(() => asked.resolve()).listen(0, '127.0.0.1')
  t.teardown(() => silent.close())
  t.teardown(() => silent.closeAllConnections())
  await new Promise((resolve) => silent.once('listening', resolve))
  const apiUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const ending = new AbortController()
  const client = stoppable(createJotformClient({ apiUrl, apiKey: 'key', timeoutMs: 60_000 }), ending.signal)
  const answer = client.getUser()
  await asked.promise
  ending.abort()
  const error = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  t.match(error, { name: 'AbortError' })
  t.notOk(error instanceof JotformError)
  await t.rejects(client.getQuestions('1'), { name: 'AbortError' }, 'nor is anything asked')
})
