import type { Frame, ProgrammeSlot } from '../../src/domain/programme.ts'

export const round36Frame: Frame = {
  timeZone: 'Europe/Zurich',
  days: ['2020-10-12', '2020-10-13'],
  hours: { from: '09:00', to: '17:00' },
  lunch: { from: '12:00', to: '14:00' },
  rooms: ['Online'],
}

/** The programme of the virtual round 36 as it was published (domain.md §2.8): day, clock time in Geneva, minutes, countries. Ends that were not published lie at the next beginning, or 45 minutes on. */
const published: [string, string, number, string[]][] = [
  ['2020-10-12', '09:00', 30, ['AND']],
  ['2020-10-12', '09:30', 30, ['HRV']],
  ['2020-10-12', '10:00', 45, ['BGR']],
  ['2020-10-12', '10:45', 45, ['AND', 'HRV', 'BGR']],
  ['2020-10-12', '14:00', 20, ['MDV']],
  ['2020-10-12', '14:20', 20, ['MNG']],
  ['2020-10-12', '14:40', 40, ['BLR']],
  ['2020-10-12', '15:20', 40, ['HND']],
  ['2020-10-12', '16:00', 45, ['MDV', 'MNG', 'BLR', 'HND']],
  ['2020-10-13', '09:00', 30, ['LBR']],
  ['2020-10-13', '09:30', 30, ['LBY']],
  ['2020-10-13', '10:00', 45, ['MWI']],
  ['2020-10-13', '10:45', 45, ['LBR', 'LBY', 'MWI']],
  ['2020-10-13', '14:00', 30, ['USA']],
  ['2020-10-13', '14:30', 20, ['JAM']],
  ['2020-10-13', '14:50', 40, ['PAN']],
  ['2020-10-13', '15:30', 45, ['USA', 'JAM', 'PAN']],
]

export const round36: ProgrammeSlot[] = published.map(([day, clock, minutes, countries]) => {
  // Geneva was two hours ahead of UTC.
  const start = Date.parse(`${day}T${clock}:00+02:00`)
  const instant = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z')
  const isQuestions = countries.length > 1
  return {
    kind: isQuestions ? 'qa' : 'screening',
    countries,
    room: 'Online',
    speakers: [],
    startsAt: instant(start),
    endsAt: instant(start + minutes * 60_000),
  }
})
