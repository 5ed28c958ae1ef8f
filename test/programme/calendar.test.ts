import { ICalEventStatus } from 'ical-generator'
import t from 'tap'
import { type CalendarEntry, toProgrammeCalendar } from '../../src/programme/calendar.ts'
import { faultsOfText, readWithIcalJs } from '../support/calendars.ts'

const zones = [
  'Europe/Zurich',
  'America/New_York',
  'Pacific/Apia',
  'Asia/Kathmandu',
  'America/Asuncion',
  'Africa/Casablanca',
]
const words = [
  'Q&A: Belgium, Denmark; Palau',
  'back\\slash, semicolon; colon:',
  'two\r\nlines and a tab\tin it',
  'Ελλάδα – Côte d’Ivoire – Виступ – 発言',
  '🎙️ emoji 👩🏽‍⚖️ of many bytes 🇸🇧',
  'BEGIN:VEVENT\r\nATTENDEE:mailto:x@example.org',
  'a word without a place to fold '.repeat(9).trim(),
  '🧾'.repeat(40),
]

/** The same ones every time; all ten thousand with `npm run soak`. */
const entries = Array.from({ length: process.env.SOAK === undefined ? 1_500 : 10_000 }, (_, index): CalendarEntry => {
  const start = Date.UTC(2021, 2, 14) + index * 7 * 60_000 + (index % 3) * 86_400_000 * 110
  const instant = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z')
  return {
    slotId: `019a2b4c-7d1e-7f00-8000-${String(index).padStart(12, '0')}`,
    sequence: index % 17,
    changedAt: instant(start - 1_000_000_000),
    startsAt: instant(start),
    endsAt: instant(start + (20 + (index % 41)) * 60_000),
    summary: `${words[index % words.length]} ${index}`,
    location: words[(index * 3) % words.length],
    joinUrl: index % 2 === 0 ? `https://meet.example.org/j/${index}?a=b,c;d` : undefined,
    status: [ICalEventStatus.CONFIRMED, ICalEventStatus.CANCELLED, ICalEventStatus.TENTATIVE][
      index % 3
    ] as ICalEventStatus,
  }
})

t.test('entries come back from another parser as they were', async (t) => {
  const share = Math.ceil(entries.length / zones.length)
  let differences = 0
  for (const [index, timeZone] of zones.entries()) {
    const own = entries.slice(index * share, (index + 1) * share)
    const text = toProgrammeCalendar('Pre-sessions 38, part; one\\two', timeZone, own)
    t.same(faultsOfText(text), [], timeZone)
    t.match(text, 'X-WR-CALNAME:Pre-sessions 38\\, part\\; one\\\\two\r\n')
    const read = readWithIcalJs(text)
    t.equal(read.length, own.length)
    own.forEach((entry, place) => {
      const found = read[place]
      const same =
        found?.uid === `slot-${entry.slotId}@upr-info.org` &&
        found.start === entry.startsAt &&
        found.end === entry.endsAt &&
        found.sequence === entry.sequence &&
        found.status === entry.status &&
        // A line break is a line break, however it was written.
        found.summary === entry.summary.replaceAll('\r\n', '\n') &&
        found.location === entry.location?.replaceAll('\r\n', '\n')
      if (!same) differences += 1
    })
  }
  t.equal(differences, 0)
})

t.test('a programme without slots is a calendar all the same', async (t) => {
  const text = toProgrammeCalendar('Pre-sessions 38', 'Europe/Zurich', [])
  t.same(faultsOfText(text), [])
  t.same(readWithIcalJs(text), [])
})
