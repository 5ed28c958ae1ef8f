import { type Area, type FuzzCase, type Names, numbers, type Seeding } from './area.ts'

/** In one a programme is adopted, in one it is read, in the others published. */
const adopted = 43
const read = 44
const published = [45, 46, 47]
const iso3 = 'BEL'

const slotAt = (day: number, hour: number) => ({
  countries: [iso3],
  room: 'Online',
  startsAt: `2022-03-${day}T${hour}:00:00Z`,
  endsAt: `2022-03-${day}T${hour}:45:00Z`,
})
const frame = {
  days: ['2022-03-21'],
  hours: { from: '09:00', to: '17:00' },
  lunch: { from: '12:30', to: '14:00' },
  rooms: ['Online'],
}
const day = (hour: string) => `2022-03-21T${hour}:00Z`
const slots = [
  { kind: 'screening', countries: [iso3], room: 'Online', startsAt: day('08:00'), endsAt: day('08:30') },
  { kind: 'qa', countries: [iso3], room: 'Online', startsAt: day('08:30'), endsAt: day('09:15') },
]
const of = (number: number, version?: string): FuzzCase => ({
  params: { number: String(number), ...(version !== undefined && { version }) },
})

export const programme: Area = {
  async seed(seeding) {
    await Promise.all([adopted, read, ...published].map((number) => aClosedCall(seeding, number)))
    const made: Names = {}
    for (const number of [read, ...published])
      made[`unpublished${number}`] = await seeding.create('/v1/qa-slots', { preSession: number, ...slotAt(21, 10) })
    await seeding.post(`/v1/pre-sessions/${read}/programme/publications`, {})
    return made
  },
  cases: {
    getProgramme: [of(read), { ...of(read), bearer: 'none', query: 'timeZone=Asia/Kathmandu' }],
    getProgrammeCalendar: [of(read), { ...of(read), bearer: 'none' }],
    adoptProgramme: [
      { ...of(adopted), body: { frame, slots } },
      { ...of(adopted), body: { frame, slots: slots.slice(0, 1), allow: ['qa_before_screening'], reason: 'Seed' } },
      { ...of(adopted), body: { frame, slots: [] } },
    ],
    publishProgramme: published.map((number) => ({ ...of(number), body: { note: 'Another programme' } })),
    listProgrammeVersions: [of(read)],
    getProgrammeVersion: [of(read, '1')],
    proposeProgramme: [
      { ...of(adopted), body: { days: ['2022-03-21'], rooms: ['Online'], qaMinutes: 45 } },
      { ...of(adopted), body: { rooms: ['Online', 'Second'], countries: [{ iso3 }] } },
    ],
    createQaSlot: published.flatMap((number) =>
      numbers(5).map((n) => ({ body: { preSession: number, ...slotAt(21 + n, 10) } })),
    ),
  },
}

async function aClosedCall({ post }: Seeding, number: number): Promise<void> {
  await post('/v1/pre-sessions', {
    number,
    format: 'virtual',
    dates: { start: '2022-03-21', end: '2022-03-25', precision: 'exact' },
    timeZone: 'Europe/Zurich',
    applicationDeadline: { local: '2022-01-08T23:59' },
  })
  const path = `/v1/pre-sessions/${number}`
  await post(`${path}/countries`, { iso3 })
  for (const to of ['callOpen', 'callClosed']) await post(`${path}/transitions`, { to })
}
