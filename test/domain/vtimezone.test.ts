import ICAL from 'ical.js'
import t from 'tap'
import { Temporal } from 'temporal-polyfill'
import { vtimezoneOf } from '../../src/domain/vtimezone.ts'

const zones = [
  'Europe/Zurich',
  'America/New_York',
  'Pacific/Apia',
  'Asia/Kathmandu',
  'America/Asuncion',
  'Africa/Casablanca',
  'Europe/Dublin',
  'Australia/Lord_Howe',
  'Antarctica/Troll',
]

t.test('a parser that knows no zones finds every instant of two weeks from it', async (t) => {
  for (const timeZone of zones) {
    const text = vtimezoneOf(timeZone, '2021-03-14T00:00:00Z', '2021-03-28T23:00:00Z')
    const zone = new ICAL.Timezone({ component: new ICAL.Component(ICAL.parse(text)), tzid: timeZone })
    let wrong = 0
    const end = Temporal.Instant.from('2021-03-29T12:00:00Z')
    for (
      let at = Temporal.Instant.from('2021-03-13T12:00:00Z');
      Temporal.Instant.compare(at, end) < 0;
      at = at.add({ minutes: 15 })
    ) {
      const there = at.toZonedDateTimeISO(timeZone)
      const plain = there.toPlainDateTime()
      const read = (disambiguation: 'earlier' | 'later') => plain.toZonedDateTime(timeZone, { disambiguation })
      // A clock time that occurs twice says nothing: calendars write such entries in UTC.
      if (!read('earlier').equals(read('later'))) continue
      const time = ICAL.Time.fromDateTimeString(plain.toString({ smallestUnit: 'second' }))
      time.zone = zone
      if (time.toJSDate().getTime() !== at.epochMilliseconds) wrong += 1
    }
    t.equal(wrong, 0, timeZone)
    t.match(text, /^BEGIN:VTIMEZONE\r\nTZID:[^\r]+\r\n[\s\S]*END:VTIMEZONE\r\n$/)
  }
})

t.test('the changes of the year are told to the minute, however odd', async (t) => {
  const geneva = vtimezoneOf('Europe/Zurich', '2021-03-22T08:00:00Z', '2021-03-26T16:00:00Z')
  t.match(geneva, 'BEGIN:DAYLIGHT\r\nDTSTART:20210328T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200')
  t.match(geneva, 'BEGIN:STANDARD\r\nDTSTART:20211031T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100')
  const asuncion = vtimezoneOf('America/Asuncion', '2021-03-22T08:00:00Z', '2021-03-26T16:00:00Z')
  t.match(asuncion, 'DTSTART:20210328T000000\r\nTZOFFSETFROM:-0300\r\nTZOFFSETTO:-0400')
  t.match(vtimezoneOf('Asia/Kathmandu', '2021-03-22T08:00:00Z', '2021-03-26T16:00:00Z'), 'TZOFFSETTO:+0545')
})
