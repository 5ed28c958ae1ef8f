import t from 'tap'
import { moderatorLinkExpiresAt, sessionExpiresAt } from '../../src/domain/access-link.ts'
import { coverageOf } from '../../src/domain/coverage.ts'
import { isSameDay, shiftAfterOverrun } from '../../src/domain/overrun.ts'
import { freeSeats, isAvailable, mayChoose, maySpeak, moveUp, seatWarnings } from '../../src/domain/seats.ts'
import { overlaps, roomKey, warningsOf } from '../../src/domain/slots.ts'
import { spokenDays, spokenTime, spokenTimes } from '../../src/domain/spoken-time.ts'
import { visibilityInSlot } from '../../src/domain/visibility.ts'

const at = (time: string) => `2021-03-24T${time}:00Z`
const interval = (from: string, to: string) => ({ startsAt: at(from), endsAt: at(to) })
const round = { timeZone: 'Europe/Zurich', startsOn: '2021-03-22', endsOn: '2021-03-26' }

t.test('what ends when another begins is beside it', async (t) => {
  const slot = interval('09:00', '10:00')
  for (const [from, to, expected] of [
    ['08:00', '09:00', false],
    ['08:00', '09:01', true],
    ['09:15', '09:30', true],
    ['08:00', '11:00', true],
    ['09:59', '10:30', true],
    ['10:00', '11:00', false],
  ] as const)
    t.equal(overlaps(slot, interval(from, to)), expected, `${from} to ${to}`)
})

t.test('R26: lengths, lunch and days are warned of', async (t) => {
  const codes = (from: string, to: string) => warningsOf(interval(from, to), round).map(({ code }) => code)
  t.same(codes('09:00', '09:20'), [])
  t.same(codes('09:00', '09:19'), ['length'])
  t.same(codes('09:00', '10:00'), [])
  t.same(codes('09:00', '10:01'), ['length'])
  t.same(codes('11:00', '11:30'), [], 'until 12:30 in Geneva')
  t.same(codes('11:00', '11:31'), ['lunch'])
  t.same(codes('12:30', '13:00'), [], 'from 13:30 in Geneva')
  t.same(codes('12:29', '13:00'), ['lunch'])
  t.same(codes('23:00', '23:30'), [], 'after midnight in Geneva, still within the round')
  const days = (startsAt: string, endsAt: string) => warningsOf({ startsAt, endsAt }, round).map(({ code }) => code)
  t.same(days('2021-03-21T22:30:00Z', '2021-03-21T23:00:00Z'), ['days'], 'the evening before')
  t.same(days('2021-03-26T22:30:00Z', '2021-03-26T23:00:00Z'), [], 'until the last midnight')
  t.same(days('2021-03-26T22:45:00Z', '2021-03-26T23:15:00Z'), ['days'])
})

t.test('a room is known by its name', async (t) => {
  t.equal(roomKey('  Room \t XXIII '), 'room xxiii')
  t.not(roomKey('Room 2'), roomKey('Room 22'))
})

t.test('seats are as many as there are', async (t) => {
  t.equal(freeSeats(3, 1), 2)
  t.equal(freeSeats(1, 3), 0)
  t.equal(freeSeats(0, 0), 0)
  t.equal(freeSeats(null, 400), Number.POSITIVE_INFINITY)
})

t.test('who may have a seat, and who may choose one', async (t) => {
  const selected = { status: 'submitted', decision: 'selected', answer: 'none', countryStatus: 'held' }
  t.ok(maySpeak(selected))
  t.notOk(mayChoose(selected, true), 'after confirming')
  t.ok(mayChoose({ ...selected, answer: 'confirmed' }, true))
  t.notOk(mayChoose({ ...selected, answer: 'confirmed' }, false), 'after the release')
  for (const change of [
    { status: 'withdrawn' },
    { status: 'prevented' },
    { decision: 'reserve' },
    { answer: 'declined' },
    { countryStatus: 'withdrawn' },
  ])
    t.notOk(maySpeak({ ...selected, ...change }), JSON.stringify(change))
})

t.test('the line moves up in the order of coming', async (t) => {
  const one = (applicationId: string, more = {}) => ({ applicationId, isEntitled: true, isBusy: false, ...more })
  const line = [one('a', { isBusy: true }), one('b'), one('c', { isEntitled: false }), one('d'), one('e')]
  t.same(moveUp(line, 0), { seated: [], dropped: ['c'] })
  t.same(moveUp(line, 1), { seated: ['b'], dropped: ['c'] })
  t.same(moveUp(line, 2), { seated: ['b', 'd'], dropped: ['c'] })
  t.same(moveUp(line, Number.POSITIVE_INFINITY), { seated: ['b', 'd', 'e'], dropped: ['c'] })
})

t.test('a seat at a bad hour is warned of', async (t) => {
  const slot = interval('09:45', '10:30')
  const codes = (timeZone: string | null, windows: ReturnType<typeof interval>[] | null = null) =>
    seatWarnings(slot, { timeZone, windows }).map(({ code }) => code)
  t.same(codes('Europe/Zurich'), [])
  t.same(codes('America/New_York'), ['speakerAtNight'], 'from 05:45')
  t.same(codes('Pacific/Apia'), ['speakerAtNight'], 'from 23:45')
  t.same(codes('Africa/Maputo', [interval('09:00', '11:00')]), [])
  t.same(codes('Africa/Maputo', [interval('09:00', '10:00'), interval('10:00', '11:00')]), ['speakerUnavailable'])
  t.same(codes('Africa/Maputo', []), ['speakerUnavailable'])
  t.same(codes('No/Where'), [], 'a zone that is none says nothing')
  t.ok(isAvailable(slot, null))
  const evening = { startsAt: at('19:00'), endsAt: at('21:00') }
  t.same(seatWarnings(evening, { timeZone: 'Europe/Zurich', windows: null }), [], 'until 22:00 sharp is no night')
})

t.test('an overrun moves what follows', async (t) => {
  const slot = { id: 'a', ...interval('09:00', '09:45') }
  const following = [
    { id: 'c', ...interval('10:40', '11:00') },
    { id: 'b', ...interval('09:45', '10:30') },
    { id: 'd', ...interval('12:00', '12:30') },
  ]
  const starts = (endsAt: string, keepsBreaks = false) =>
    Object.fromEntries(
      shiftAfterOverrun(slot, at(endsAt), following, keepsBreaks).map(({ id, to }) => [id, to.startsAt.slice(11, 16)]),
    )
  t.same(starts('09:50'), { a: '09:00', b: '09:50' }, 'the break takes it up')
  t.same(starts('09:55'), { a: '09:00', b: '09:55' }, 'until the break is used up')
  t.same(starts('10:00'), { a: '09:00', b: '10:00', c: '10:45' })
  t.same(starts('11:00'), { a: '09:00', b: '11:00', c: '11:45', d: '12:05' })
  t.same(starts('10:00', true), { a: '09:00', b: '10:00', c: '10:55', d: '12:15' })
  t.ok(isSameDay('2021-03-24T22:30:00Z', '2021-03-24T09:00:00Z', 'Europe/Zurich'))
  t.notOk(isSameDay('2021-03-24T23:30:00Z', '2021-03-24T09:00:00Z', 'Europe/Zurich'), 'after midnight in Geneva')
})

t.test('R28: a State that is not invited is missing, also one under review that no list has', async (t) => {
  const facts = { states: ['BEL', 'CHE', 'VAT'], underReview: ['BEL'], elsewhere: [] }
  const sent = (state: string) => ({ state, reach: 'sent' as const })
  t.match(coverageOf({ ...facts, invited: ['BEL', 'CHE', 'VAT'].map(sent) }), {
    states: 3,
    invited: 3,
    complete: true,
    missing: [],
  })
  t.match(coverageOf({ ...facts, invited: ['BEL', 'CHE'].map(sent) }), { complete: false, missing: ['VAT'] })
  const without = coverageOf({ ...facts, states: ['CHE'], invited: [sent('CHE')] })
  t.match(without, {
    complete: false,
    missing: ['BEL'],
    statesUnderReview: [{ state: 'BEL', invited: false, reach: null }],
  })
  const elsewhere = coverageOf({
    ...facts,
    elsewhere: ['BEL'],
    invited: [{ state: 'BEL', reach: 'noAddress' }, sent('CHE'), sent('VAT')],
  })
  t.match(elsewhere, {
    complete: true,
    noAddress: ['BEL'],
    withoutGenevaMission: ['BEL'],
    statesUnderReview: [{ hasGenevaMission: false }],
  })
})

t.test('times in words', async (t) => {
  const slot = interval('09:45', '10:30')
  t.equal(spokenTime(slot, 'Europe/Zurich'), 'Wednesday 24 March 2021, 10:45–11:30 (Europe/Zurich)')
  t.equal(
    spokenTime(interval('22:30', '23:30'), 'Europe/Zurich'),
    'Wednesday 24 March 2021, 23:30–Thursday 25 March, 00:30 (Europe/Zurich)',
  )
  t.equal(spokenTimes(slot, 'Europe/Zurich', 'Europe/Zurich'), spokenTime(slot, 'Europe/Zurich'))
  t.match(spokenTimes(slot, 'Europe/Zurich', 'Asia/Kathmandu'), /15:30–16:15 \(Asia\/Kathmandu\)$/)
  t.equal(spokenTimes(slot, 'Europe/Zurich', 'CET'), spokenTime(slot, 'Europe/Zurich'))
  t.equal(spokenDays('2021-03-22', '2021-03-26'), '22 to 26 March 2021')
  t.equal(spokenDays('2021-03-29', '2021-04-02'), '29 March to 2 April 2021')
  t.equal(spokenDays('2020-12-30', '2021-01-02'), '30 December 2020 to 2 January 2021')
  t.equal(spokenDays('2021-03-22', '2021-03-22'), '22 March 2021')
})

t.test("a moderator's link and session end with the slot", async (t) => {
  t.equal(moderatorLinkExpiresAt(at('08:00'), at('10:30')), at('10:30'))
  t.equal(moderatorLinkExpiresAt(at('10:20'), at('10:30')), at('10:50'))
  t.equal(sessionExpiresAt('moderator', at('08:00'), at('10:30')), at('12:30'))
  t.equal(sessionExpiresAt('moderator', '2021-03-23T08:00:00Z', at('10:30')), '2021-03-23T20:00:00Z')
})

t.test('who is seen in a slot', async (t) => {
  const record = {
    country: 'BEL',
    status: 'submitted' as const,
    decision: 'selected' as const,
    emails: ['a@x.example'],
    consents: [] as never[],
    atRisk: false,
    releaseAt: at('08:00'),
  }
  const see = (reader: Parameters<typeof visibilityInSlot>[0], takesPart: boolean, more = {}, now = at('09:00')) =>
    visibilityInSlot(reader, { ...record, ...more }, takesPart, now).view
  const own = { role: 'applicant', email: 'a@x.example' } as const
  const other = { role: 'applicant', email: 'b@x.example' } as const
  t.equal(see(own, true), 'applicant')
  t.equal(see(own, true, {}, at('07:59')), 'none', 'before the release not even the own seat')
  t.equal(see(other, true), 'none')
  t.equal(see(other, true, { consents: ['shareWithPanellists'] }), 'public')
  t.equal(see(other, false, { consents: ['shareWithPanellists'] }), 'none')
  t.equal(see({ role: 'moderator' }, true), 'mission')
  t.equal(see({ role: 'moderator' }, false), 'none')
  t.ok(visibilityInSlot({ role: 'moderator' }, { ...record, atRisk: true }, true, at('09:00')).isPseudonymous)
  t.equal(see({ role: 'reviewer' }, false, { consents: ['showNameInProgramme'] }), 'public')
  t.equal(see({ role: 'mission', state: 'BEL' }, true, { consents: ['shareWithMissions'] }), 'none')
  t.equal(see({ role: 'mission', state: 'CHE' }, true, { consents: ['shareWithMissions'] }), 'mission')
})
