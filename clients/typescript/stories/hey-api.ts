import assert from 'node:assert/strict'
import { createClient } from '../generated/sdk/client/index.js'
import * as sdk from '../generated/sdk/index.js'

/** A day of Q&A through the SDK of hey-api: a slot, a speaker, a question heard by a listener. */
export async function tell(baseUrl: string, key: string): Promise<void> {
  const client = createClient({ baseUrl, auth: () => key })
  const anyone = createClient({ baseUrl })

  const rounds = await sdk.listPreSessions({ client: anyone })
  assert.ok(rounds.data?.data.some(({ number }) => number === 38))

  const created = await sdk.createApplication({
    client,
    body: {
      preSession: 38,
      country: 'DNK',
      organisation: {
        name: 'Forening',
        type: 'nationalCso',
        basedIn: 'DNK',
        email: 'kontakt@forening.example',
        aim: 'We document cases.',
      },
      speaker: { firstName: 'Lars', lastName: 'Holm', email: 'lars@forening.example' },
      issues: ['right-to-health'],
    },
  })
  assert.ok(created.data, JSON.stringify(created.error))
  const path = { id: created.data.id }
  const file = new File(['%PDF-1.4\n%%EOF\n'], 'submission.pdf')
  const added = await sdk.addDocument({ client, path, body: { kind: 'uprSubmission', file } })
  assert.ok(added.data, JSON.stringify(added.error))
  const handedIn = await sdk.submitApplication({ client, path })
  assert.equal(handedIn.data?.outcome, 'eligible', JSON.stringify(handedIn.error))

  // After the deadline the secretariat selects, and gives the speaker a seat.
  await sdk.setSandboxClock({ client, body: { now: '2021-01-20T10:00:00Z' } })
  for (const to of ['callClosed', 'selecting'] as const) {
    const round = await sdk.getPreSession({ client, path: { number: 38 } })
    if (round.data?.status === to || round.data?.status === 'selecting') continue
    const moved = await sdk.transitionPreSession({ client, path: { number: 38 }, body: { to } })
    assert.ok(moved.data, JSON.stringify(moved.error))
  }
  const decided = await sdk.decideApplication({ client, path, body: { decision: 'selected', reason: 'Broad work.' } })
  assert.ok(decided.data, JSON.stringify(decided.error))
  const slot = await sdk.createQaSlot({
    client,
    body: {
      preSession: 38,
      countries: ['DNK'],
      startsAt: '2021-03-24T09:45:00Z',
      endsAt: '2021-03-24T10:30:00Z',
      room: 'Room XXIII',
      capacity: 1,
    },
  })
  assert.ok(slot.data, JSON.stringify(slot.error))
  const place = { id: slot.data.id }
  const seat = await sdk.bookQaSlotSeat({ client, path: place, body: { applicationId: path.id } })
  assert.ok(seat.data, JSON.stringify(seat.error))
  const again = await sdk.bookQaSlotSeat({ client, path: place, body: { applicationId: path.id } })
  assert.equal(again.error?.code, 'slot_conflict')

  const heard = await sdk.listenToSlot({ client, path: place })
  const first = await heard.stream.next()
  assert.ok(first.value)
  await heard.stream.return(undefined as never)
}
