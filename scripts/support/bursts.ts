import { sql } from 'kysely'
import type { Db } from '../../src/db/database.ts'
import type { MadeSpeaker } from '../../test/support/many-speakers.ts'
import { instant, type Operation } from '../../test/support/slot-model.ts'
import type { Asked } from './volley.ts'

export interface Burst {
  ops: readonly Operation[]
  speakers: readonly MadeSpeaker[]
  slots: readonly { id: string; kind: 'qa' | 'screening' }[]
}

const asItIs = { 'if-match': '*' }

/** The same operations as requests that do not wait for one another; a swap is a seat there and a seat given up here. */
export const requestsOf = ({ ops, speakers, slots }: Burst): Asked[] =>
  ops.flatMap((op): Asked[] => {
    if (op.do === 'create')
      return [
        {
          method: 'POST',
          path: op.isScreening ? '/v1/screenings' : '/v1/qa-slots',
          body: {
            preSession: 38,
            countries: op.countries,
            startsAt: instant(op.from),
            endsAt: instant(op.from + op.length),
            room: `Room ${op.room}`,
            ...(op.seats !== null && { capacity: op.seats }),
          },
        },
      ]
    const slot = slots[op.slot % Math.max(1, slots.length)]
    if (slot === undefined) return []
    const at = `${slot.kind === 'qa' ? '/v1/qa-slots' : '/v1/screenings'}/${slot.id}`
    const applicationId = 'speaker' in op ? speakers[op.speaker % speakers.length]?.id : undefined
    switch (op.do) {
      case 'move': {
        const body = { startsAt: instant(op.from), endsAt: instant(op.from + op.length), room: `Room ${op.room}` }
        return [{ method: 'PATCH', path: at, body, headers: asItIs }]
      }
      case 'resize':
        return [{ method: 'PATCH', path: at, body: { capacity: op.seats }, headers: asItIs }]
      case 'book':
        return [{ method: 'POST', path: `${at}/speakers`, body: { applicationId } }]
      case 'wait':
        return [{ method: 'POST', path: `${at}/waiting-list`, body: { applicationId } }]
      case 'giveUp':
        return [{ method: 'DELETE', path: `${at}/speakers/${applicationId}` }]
      case 'leave':
        return [{ method: 'DELETE', path: `${at}/waiting-list/${applicationId}` }]
      case 'connect': {
        const connection = op.isConnected ? 'connected' : 'cannotConnect'
        return [{ method: 'PUT', path: `${at}/speakers/${applicationId}/connection`, body: { connection } }]
      }
      case 'swap': {
        const wanted = slots[op.wanted % slots.length]
        return [{ method: 'POST', path: `${at}/swaps`, body: { applicationId, wantedSlotId: wanted?.id } }]
      }
      case 'overrun':
        return [
          {
            method: 'POST',
            path: `${at}/overruns`,
            body: { endsAt: instant(op.extra + 20), keepBreaks: op.keepBreaks },
          },
        ]
      case 'cancel':
        return [{ method: 'POST', path: `${at}/transitions`, body: { to: 'cancelled', reason: 'Storm' } }]
      case 'reinstate':
        return [{ method: 'POST', path: `${at}/transitions`, body: { to: 'planned' } }]
      default:
        return [{ method: 'DELETE', path: at, headers: asItIs }]
    }
  })

/** Slots in which more sit than there are seats, and speakers who sit and wait in one slot. */
export async function countOverfull(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select ((select count(*) from slot where capacity < (select count(*) from slot_speaker s where s.slot_id = slot.id and s.seated))
      + (select count(*) from slot_speaker s join slot_waiting w on w.slot_id = s.slot_id and w.application_id = s.application_id and s.seated))::int as count`.execute(
    db,
  )
  return rows[0]?.count ?? 0
}
