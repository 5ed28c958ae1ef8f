import t from 'tap'
import { runFuzz } from '../support/fuzz.ts'
import { seededApp } from '../support/fuzz-seeds.ts'

/** A short run of what `npm run fuzz` does at length. */
t.test('no request, however odd, is answered with anything but the contract', async (t) => {
  const service = await seededApp(t)
  const { sent, faults, counts } = await runFuzz(service, { requests: 1_500, seed: 38 })
  t.equal(sent, 1_500)
  t.same(
    faults.map(({ message, request }) => `${message}\n  ${request}`),
    [],
  )
  t.ok(counts.size > 45, 'every operation was asked')
  const refusedOnly = [...counts].filter(([, statuses]) => [...statuses.keys()].every((status) => status >= 400))
  t.ok(
    refusedOnly.length < 0.6 * counts.size,
    `most operations were asked properly too, but not ${refusedOnly.length} of ${counts.size}: ${refusedOnly.map(([operation]) => operation)}`,
  )
})
