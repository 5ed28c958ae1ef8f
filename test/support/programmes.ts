import fc from 'fast-check'
import type { ProgrammeInput, ProgrammeSpeaker } from '../../src/domain/programme.ts'

export const roundZones = [
  'Pacific/Honolulu',
  'America/Los_Angeles',
  'America/New_York',
  'America/Asuncion',
  'Europe/Zurich',
  'Africa/Maputo',
  'Africa/Mogadishu',
  'Asia/Kathmandu',
  'Asia/Singapore',
  'Pacific/Palau',
  'Pacific/Guadalcanal',
  'Pacific/Apia',
]

/** The fourteen States of round 38 with the zone of each capital. */
export const round38 = {
  BEL: 'Europe/Brussels',
  DNK: 'Europe/Copenhagen',
  EST: 'Europe/Tallinn',
  LVA: 'Europe/Riga',
  MOZ: 'Africa/Maputo',
  NAM: 'Africa/Windhoek',
  PLW: 'Pacific/Palau',
  PRY: 'America/Asuncion',
  SGP: 'Asia/Singapore',
  SLB: 'Pacific/Guadalcanal',
  SLE: 'Africa/Freetown',
  SOM: 'Africa/Mogadishu',
  SUR: 'America/Paramaribo',
  SYC: 'Indian/Mahe',
}

export const aProgrammeInput = (change: Partial<ProgrammeInput> = {}): ProgrammeInput => ({
  timeZone: 'Europe/Zurich',
  days: ['2021-03-22', '2021-03-23', '2021-03-24', '2021-03-25', '2021-03-26'],
  hours: { from: '09:00', to: '17:00' },
  lunch: { from: '12:30', to: '14:00' },
  rooms: ['Room A', 'Room B'],
  countries: Object.keys(round38).map((iso3) => ({ iso3, screeningMinutes: 30 })),
  qaMinutes: 45,
  pauseMinutes: 0,
  countriesPerQa: 4,
  gridMinutes: 15,
  speakers: [],
  ...change,
})

export const aSpeaker = (id: string, country: string, timeZone: string | null): ProgrammeSpeaker => ({
  id,
  person: id,
  country,
  timeZone,
  available: null,
})

/** Fourteen countries, sixty speakers, twelve zones: most speak from home, every third lives elsewhere. */
export function aWholeRound(): ProgrammeInput {
  const countries = Object.entries(round38)
  const speakers = Array.from({ length: 60 }, (_, index) => {
    const [country, home] = countries[index % countries.length] as [string, string]
    const elsewhere = roundZones[(Math.floor(index / 3) * 5) % roundZones.length] as string
    return aSpeaker(`speaker-${index}`, country, index % 3 === 2 ? elsewhere : home)
  })
  // Exactly twelve zones: capitals with the same clocks share one.
  const sameClock: Record<string, string> = {
    'Europe/Brussels': 'Europe/Zurich',
    'Europe/Copenhagen': 'Europe/Zurich',
    'Europe/Tallinn': 'Africa/Maputo',
    'Europe/Riga': 'Africa/Maputo',
    'Africa/Windhoek': 'Africa/Maputo',
    'Africa/Freetown': 'Europe/Zurich',
    'Indian/Mahe': 'Africa/Mogadishu',
    'America/Paramaribo': 'America/Asuncion',
  }
  return aProgrammeInput({
    speakers: speakers.map((one) => ({ ...one, timeZone: sameClock[one.timeZone ?? ''] ?? one.timeZone })),
  })
}

const clocks = (hours: number[], minutes: number[]) =>
  fc
    .tuple(fc.constantFrom(...hours), fc.constantFrom(...minutes))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`)

const isoCodes = Object.keys(round38)

/** Programmes large and small, easy and hopeless, in seasons with and without a change of clocks. */
export const anyProgrammeInput: fc.Arbitrary<ProgrammeInput> = fc
  .record({
    countryCount: fc.integer({ min: 1, max: 8 }),
    firstDay: fc.constantFrom('2021-03-12', '2021-03-26', '2021-10-29', '2021-11-05', '2020-10-12', '2024-09-30'),
    dayCount: fc.integer({ min: 1, max: 3 }),
    timeZone: fc.constantFrom('Europe/Zurich', 'America/New_York', 'Asia/Kathmandu'),
    from: clocks([8, 9, 10], [0, 30]),
    to: clocks([15, 16, 17, 18], [0, 15, 30]),
    lunch: fc.option(fc.tuple(clocks([12], [0, 15, 30]), clocks([13, 14], [0, 15])), { freq: 3 }),
    roomCount: fc.integer({ min: 1, max: 2 }),
    screeningMinutes: fc.array(fc.constantFrom(20, 30, 40, 45, 60), { minLength: 8, maxLength: 8 }),
    isInPerson: fc.boolean().map((yes) => yes),
    qaMinutes: fc.constantFrom(20, 30, 45, 60),
    pauseMinutes: fc.constantFrom(0, 0, 5, 15),
    countriesPerQa: fc.integer({ min: 1, max: 4 }),
    gridMinutes: fc.constantFrom(15, 30),
    speakers: fc.array(
      fc.record({
        country: fc.nat({ max: 7 }),
        timeZone: fc.option(fc.constantFrom(...roundZones), { freq: 9 }),
        person: fc.nat({ max: 24 }),
        isKnown: fc.boolean(),
        windows: fc.option(
          fc.array(fc.tuple(fc.nat({ max: 2 }), fc.integer({ min: 5, max: 16 }), fc.integer({ min: 1, max: 12 })), {
            maxLength: 4,
          }),
          { freq: 2 },
        ),
      }),
      { maxLength: 24 },
    ),
  })
  .map(({ countryCount, firstDay, dayCount, from, to, lunch, roomCount, isInPerson, ...rest }) => {
    const days = Array.from({ length: dayCount }, (_, index) => addDays(firstDay, index))
    const codes = isoCodes.slice(0, countryCount)
    return {
      timeZone: rest.timeZone,
      days,
      hours: { from, to },
      lunch: lunch === null ? null : { from: lunch[0], to: lunch[1] },
      rooms: ['Room A', 'Room B'].slice(0, roomCount),
      countries: codes.map((iso3, index) => ({
        iso3,
        screeningMinutes: isInPerson ? 0 : (rest.screeningMinutes[index] ?? 30),
      })),
      qaMinutes: rest.qaMinutes,
      pauseMinutes: rest.pauseMinutes,
      countriesPerQa: rest.countriesPerQa,
      gridMinutes: rest.gridMinutes,
      speakers: rest.speakers.map(({ country, timeZone, person, isKnown, windows }, index) => ({
        id: `s${index}`,
        // Some persons speak on two countries.
        person: isKnown ? `p${person}` : `q${index}`,
        country: codes[country % codes.length] as string,
        timeZone,
        available:
          windows === null
            ? null
            : windows.map(([day, hour, length]) => ({
                startsAt: `${addDays(firstDay, day)}T${String(hour).padStart(2, '0')}:00:00Z`,
                endsAt: new Date(
                  Date.parse(`${addDays(firstDay, day)}T${String(hour).padStart(2, '0')}:00:00Z`) + length * 3_600_000,
                )
                  .toISOString()
                  .replace('.000Z', 'Z'),
              })),
      })),
    }
  })

const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
