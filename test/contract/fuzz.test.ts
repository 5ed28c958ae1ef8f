import t from 'tap'
import { readDocument } from '../support/document.ts'
import { refusedOnly, runFuzz } from '../support/fuzz.ts'
import { seededApp } from '../support/fuzz-seeds.ts'

/** A short run of what `npm run fuzz` does at length: each operation four times, once as it is meant. */
t.test('no request, however odd, is answered with anything but the contract', async (t) => {
  const { operations } = await readDocument()
  const requests = 4 * operations.length
  const service = await seededApp(t)
  const { sent, faults, counts } = await runFuzz(service, { requests, seed: 38 })
  t.equal(sent, requests)
  t.same(
    faults.map(({ message, request }) => `${message}\n  ${request}`),
    [],
  )
  t.equal(counts.size, operations.length, 'every operation was asked')
  const refused = refusedOnly(counts)
  t.comment(`Refused every time: ${refused.join(', ') || 'none'}`)
  t.ok(refused.length < 0.1 * counts.size, `nearly all were asked properly too, but not ${refused.join(', ')}`)
})
