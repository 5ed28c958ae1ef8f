import {
  type Area,
  country,
  type FuzzCase,
  ids,
  type Names,
  named,
  numbers,
  roundOfSpeakers,
  type Seeding,
} from './area.ts'
import { speakerCount } from './speakers.ts'

const everybody = named('speaker', speakerCount)

/** The seeds and requests of one of the two kinds of slots; `one` as the contract calls it. */
function slotArea(one: 'QaSlot' | 'Screening'): Area {
  const prefix = one === 'QaSlot' ? 'qa' : 'screening'
  const many = `${one}s`
  const at = (name: string, applicationId: string): FuzzCase => ({
    params: { id: `{{${prefix}${name}}}`, applicationId },
  })
  const forEach = (name: string, count: number, more: (applicationId: string) => FuzzCase) =>
    numbers(count).flatMap((n) =>
      everybody.map((applicationId) => ({ ...at(`${name}${n}`, applicationId), ...more(applicationId) })),
    )
  const live: FuzzCase = { params: { id: `{{${prefix}Live}}` } }
  const open = [live, ...ids(`${prefix}Seated`, 2)]
  const attended = ['FRA', 'CHE', 'NOR', 'CHL'].map((state) => ({ params: { ...live.params, state } }))
  return {
    seed: (seeding, names) => slots(seeding, names, prefix),
    cases: {
      [`create${one}`]: numbers(12).map((n) => ({
        body: {
          preSession: roundOfSpeakers,
          countries: [country],
          ...timesOf(one === 'QaSlot' ? 500 + n : 600 + n),
          room: `Room of ${n}`,
          capacity: 12,
          moderators: [{ name: 'Mona', email: 'mona@moderator.example' }],
        },
      })),
      [`list${many}`]: [{}],
      [`get${one}`]: open,
      [`update${one}`]: [
        ...ids(`${prefix}Seated`, 2).map((it) => ({
          ...it,
          body: { title: 'Another title', joinUrl: 'https://a.example/j' },
        })),
        ...ids(`${prefix}Full`, 2).map((it) => ({ ...it, body: { capacity: 2, reason: 'More chairs' } })),
        ...ids(`${prefix}Planned`, 4).map((it, n) => ({
          ...it,
          body: { ...timesOf((one === 'QaSlot' ? 700 : 800) + n), countries: [country] },
        })),
        ...ids(`${prefix}Planned`, 2).map((it) => ({
          ...it,
          body: { moderators: [{ name: 'Noor', email: 'noor@moderator.example' }] },
        })),
      ],
      [`delete${one}`]: ids(`${prefix}Deletable`, 4),
      [`transition${one}`]: [
        ...ids(`${prefix}Planned`, 4).map((it) => ({ ...it, body: { to: 'open' } })),
        ...ids(`${prefix}Planned`, 4).map((it) => ({ ...it, body: { to: 'cancelled', reason: 'Storm' } })),
        ...ids(`${prefix}Planned`, 4).map((it) => ({ ...it, body: { to: 'planned' } })),
      ],
      [`list${one}Speakers`]: open,
      [`book${one}Seat`]: [
        ...forEach('Bookable', 3, (applicationId) => ({ body: { applicationId } })),
        { ...at('Bookable1', ''), bearer: 'speaker', body: { applicationId: '{{speaker1}}' } },
      ],
      [`giveUp${one}Seat`]: forEach('Seated', 2, () => ({})),
      [`mark${one}Connection`]: [
        ...everybody.map((id) => ({ ...at('Live', id), body: { connection: 'connected', note: 'Good line' } })),
        { ...at('Live', '{{speaker3}}'), body: { connection: 'cannotConnect' } },
        { ...at('Live', '{{speaker1}}'), bearer: 'speaker', body: { connection: 'expected' } },
        { ...at('Live', '{{speaker2}}'), bearer: `${prefix}Moderator`, body: { connection: 'spoke' } },
      ],
      [`list${one}Waiting`]: ids(`${prefix}Line`, 2),
      [`waitFor${one}`]: [
        ...forEach('Full', 2, (applicationId) => ({ body: { applicationId } })),
        { ...at('Full1', ''), bearer: 'otherSpeaker', body: { applicationId: '{{speaker2}}' } },
      ],
      [`leave${one}Waiting`]: forEach('Line', 2, () => ({})),
      [`list${one}Swaps`]: [...ids(`${prefix}Here`, 1), ...ids(`${prefix}There`, 1)],
      [`offer${one}Swap`]: [1, 3].map((n) => ({
        params: { id: `{{${prefix}Here1}}` },
        body: { applicationId: `{{speaker${n}}}`, wantedSlotId: `{{${prefix}There1}}` },
      })),
      [`settle${one}Swap`]: [2, 3].flatMap((pair): FuzzCase[] => {
        const offer = (n: number) => ({ id: `{{${prefix}Here${pair}}}`, swapId: `{{${prefix}Swap${pair}of${n}}}` })
        return [
          { params: offer(1), body: { to: 'accepted', applicationId: '{{speaker2}}' } },
          { params: offer(1), body: { to: 'accepted', applicationId: '{{speaker2}}' }, bearer: 'otherSpeaker' },
          { params: offer(3), body: { to: 'accepted', applicationId: '{{speaker4}}' } },
          { params: offer(3), body: { to: 'withdrawn' } },
        ]
      }),
      [`overrun${one}`]: [
        ...ids(`${prefix}Seated`, 2).map((it, n) => ({
          ...it,
          body: { endsAt: timesOf((one === 'QaSlot' ? 0 : 100) + 10 + n, 27).endsAt, preview: true },
        })),
        ...ids(`${prefix}Longer`, 3).map((it, n) => ({
          ...it,
          body: { endsAt: timesOf((one === 'QaSlot' ? 0 : 100) + 50 + n, 28).endsAt, reason: 'Many missions' },
        })),
      ],
      [`list${one}Attendance`]: [live, { ...live, bearer: `${prefix}Moderator` }],
      [`record${one}Attendance`]: [
        ...attended.map((it) => ({ ...it, body: { countries: [country], spoke: true } })),
        { params: { ...live.params, state: 'FRA' }, bearer: 'mission', body: {} },
      ],
      [`remove${one}Attendance`]: attended,
      ...(one === 'Screening' && {
        getRunningOrder: open,
        setRunningOrder: ids('screeningSeated', 2).map((it) => ({
          ...it,
          body: { applicationIds: everybody.slice(0, 3) },
        })),
      }),
    },
  }
}

/** Half an hour each, one after the other, so that no two are at the same time. */
const timesOf = (n: number, minutes = 25) => {
  const start = Date.parse('2020-12-16T00:00:00Z') + n * 1_800_000
  const instant = (at: number) => new Date(at).toISOString().replace('.000', '')
  return { startsAt: instant(start), endsAt: instant(start + minutes * 60_000) }
}

async function slots({ create, post, put, session, db }: Seeding, names: Names, prefix: string): Promise<Names> {
  const isQa = prefix === 'qa'
  const path = isQa ? '/v1/qa-slots' : '/v1/screenings'
  const made: Names = {}
  const speaker = (n: number) => names[`speaker${n}`] as string
  const make = async (name: string, at: { startsAt: string; endsAt: string }, more: object = {}) => {
    const slot = { preSession: roundOfSpeakers, countries: [country], room: `${prefix} ${name}`, ...at, ...more }
    const id = await create(path, slot)
    made[`${prefix}${name}`] = id
    return `${path}/${id}`
  }
  const seat = async (slot: string, speakers: number[], where = 'speakers') => {
    for (const n of speakers) await post(`${slot}/${where}`, { applicationId: speaker(n) })
  }
  const everyone = numbers(speakerCount)
  const base = isQa ? 0 : 100
  const today = isQa
    ? { startsAt: '2020-12-15T09:45:00Z', endsAt: '2020-12-15T10:45:00Z' }
    : { startsAt: '2020-12-15T08:00:00Z', endsAt: '2020-12-15T09:00:00Z' }
  const live = await make('Live', today, { joinUrl: 'https://meet.example.org/j/live' })
  await seat(live, everyone)
  await post(`${live}/speakers`, { applicationId: names.hidden1 })
  for (const to of ['open', 'live']) await post(`${live}/transitions`, { to })
  for (const state of ['FRA', 'NOR']) await put(`${live}/attendance/${state}`, { countries: [country], spoke: true })
  await session(`ses_${prefix}_moderator`, {
    role: 'moderator',
    email: `moderator-${prefix}@outside.example`,
    slot_id: made[`${prefix}Live`] as string,
  })
  await Promise.all([
    ...[1, 2].map(async (n) => seat(await make(`Seated${n}`, timesOf(base + 9 + n)), everyone)),
    ...[1, 2, 3].map((n) => make(`Bookable${n}`, timesOf(base + 14 + n))),
    ...[1, 2].map((n) => make(`Full${n}`, timesOf(base + 19 + n), { capacity: 0 })),
    ...[1, 2].map(async (n) =>
      seat(await make(`Line${n}`, timesOf(base + 24 + n), { capacity: 0 }), everyone, 'waiting-list'),
    ),
    ...numbers(4).map((n) => make(`Deletable${n}`, timesOf(base + 29 + n))),
    ...numbers(4).map((n) => make(`Planned${n}`, timesOf(base + 39 + n))),
    ...[1, 2, 3].map((n) => make(`Longer${n}`, timesOf(base + 49 + n))),
    ...[1, 2, 3].map(async (pair) => {
      const here = await make(`Here${pair}`, timesOf(base + 60 + 2 * pair))
      const there = await make(`There${pair}`, timesOf(base + 61 + 2 * pair))
      await Promise.all([seat(here, [1, 3]), seat(there, [2, 4])])
      for (const n of pair === 1 ? [] : [1, 3]) {
        const offer = { applicationId: speaker(n), wantedSlotId: made[`${prefix}There${pair}`] }
        made[`${prefix}Swap${pair}of${n}`] = await create(`${here}/swaps`, offer)
      }
    }),
  ])
  await db
    .updateTable('slot')
    .set({ published_at: '2020-12-01T10:00:00Z' })
    .where('id', 'in', [made[`${prefix}Live`] as string, made[`${prefix}Seated1`] as string])
    .execute()
  return made
}

export const qaSlots = slotArea('QaSlot')
export const screenings = slotArea('Screening')
