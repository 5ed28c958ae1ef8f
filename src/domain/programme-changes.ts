import type { Span } from './programme.ts'

/** What a programme shows of a slot to everybody. */
export interface ShownSlot extends Span {
  id: string
  kind: 'qa' | 'screening'
  title?: string
  countries: string[]
  room: string
  isCancelled: boolean
}

export interface ProgrammeChange {
  slotId: string
  kind: 'qa' | 'screening'
  change: 'added' | 'changed' | 'cancelled' | 'reinstated'
  countries: string[]
  /** What else differs, by the name of the field. */
  fields: { field: 'startsAt' | 'endsAt' | 'room' | 'title' | 'countries'; from: string; to: string }[]
}

/** What a programme shows now that it did not show before, slot by slot in the order of time. A published slot never vanishes: it is called off. */
export function programmeChanges(before: readonly ShownSlot[], after: readonly ShownSlot[]): ProgrammeChange[] {
  const known = new Map(before.map((slot) => [slot.id, slot]))
  return after.flatMap((slot): ProgrammeChange[] => {
    const old = known.get(slot.id)
    const { id: slotId, kind, countries } = slot
    if (old === undefined) return slot.isCancelled ? [] : [{ slotId, kind, change: 'added', countries, fields: [] }]
    const fields = fieldChanges(old, slot)
    if (old.isCancelled !== slot.isCancelled)
      return [{ slotId, kind, change: slot.isCancelled ? 'cancelled' : 'reinstated', countries, fields }]
    return fields.length === 0 ? [] : [{ slotId, kind, change: 'changed', countries, fields }]
  })
}

function fieldChanges(old: ShownSlot, slot: ShownSlot): ProgrammeChange['fields'] {
  const texts = ({ startsAt, endsAt, room, title = '', countries }: ShownSlot) => ({
    startsAt,
    endsAt,
    room,
    title,
    countries: countries.join(' '),
  })
  const [from, to] = [texts(old), texts(slot)]
  const names = ['startsAt', 'endsAt', 'room', 'title', 'countries'] as const
  return names
    .filter((field) => from[field] !== to[field])
    .map((field) => ({ field, from: from[field], to: to[field] }))
}
