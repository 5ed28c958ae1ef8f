import t from 'tap'
import type { ProgrammeSlot } from '../../src/domain/programme.ts'
import { breachesOf } from '../../src/domain/programme-rules.ts'
import { aSpeaker } from '../support/programmes.ts'
import { round36, round36Frame } from '../support/round36.ts'

const speakers = [
  { ...aSpeaker('a', 'AND', 'Europe/Andorra'), person: 'ana' },
  { ...aSpeaker('b', 'MDV', 'Indian/Maldives'), person: 'ana' },
  {
    ...aSpeaker('c', 'HRV', 'Europe/Zagreb'),
    available: [{ startsAt: '2020-10-12T08:45:00Z', endsAt: '2020-10-12T09:30:00Z' }],
  },
]
const facts = { ...round36Frame, speakers }
const codes = (slots: ProgrammeSlot[], frame = facts) => breachesOf(frame, slots).map(({ code }) => code)
/** The programme with one slot changed. */
const changed = (index: number, change: Partial<ProgrammeSlot>) =>
  round36.map((slot, place) => (place === index ? { ...slot, ...change } : slot))
const questionsOfMonday = 3

t.test('the programme of round 36 keeps every rule', async (t) => {
  t.same(breachesOf(facts, round36), [])
  t.equal(round36.filter(({ kind }) => kind === 'screening').length, 13)
  t.same(codes(changed(questionsOfMonday, { speakers: ['a', 'c'] })), [])
})

t.test('a slot takes 20 to 60 minutes', async (t) => {
  const length = (startsAt: string, endsAt: string) => codes([{ ...(round36[0] as ProgrammeSlot), startsAt, endsAt }])
  t.same(length('2020-10-12T07:00:00Z', '2020-10-12T07:19:59Z'), ['slot_length'])
  t.same(length('2020-10-12T07:00:00Z', '2020-10-12T07:20:00Z'), [])
  t.same(length('2020-10-12T07:00:00Z', '2020-10-12T08:00:00Z'), [])
  t.same(length('2020-10-12T07:00:00Z', '2020-10-12T08:00:01Z'), ['slot_length'])
})

t.test('a slot lies within the hours of one of the days, outside lunch, in a room that there is', async (t) => {
  const at = (startsAt: string, endsAt: string, room = 'Online') =>
    codes([{ ...(round36[0] as ProgrammeSlot), startsAt, endsAt, room }])
  t.same(at('2020-10-12T06:59:00Z', '2020-10-12T07:30:00Z'), ['outside_hours'])
  t.same(at('2020-10-12T14:30:00Z', '2020-10-12T15:00:00Z'), [])
  t.same(at('2020-10-12T14:30:00Z', '2020-10-12T15:01:00Z'), ['outside_hours'])
  t.same(at('2020-10-14T07:00:00Z', '2020-10-14T07:30:00Z'), ['outside_hours'])
  t.same(at('2020-10-12T09:30:00Z', '2020-10-12T10:00:00Z'), [])
  t.same(at('2020-10-12T09:31:00Z', '2020-10-12T10:01:00Z'), ['lunch_taken'])
  t.same(at('2020-10-12T11:59:00Z', '2020-10-12T12:29:00Z'), ['lunch_taken'])
  t.same(at('2020-10-12T12:00:00Z', '2020-10-12T12:30:00Z'), [])
  t.same(at('2020-10-12T07:00:00Z', '2020-10-12T07:30:00Z', 'XX'), ['unknown_room'])
  // In Geneva it is winter again from 25 October on: 09:00 there is 08:00 in UTC.
  const winter = { ...facts, days: ['2020-10-25', '2020-10-26'] }
  const slot = { ...(round36[0] as ProgrammeSlot), startsAt: '2020-10-26T07:30:00Z', endsAt: '2020-10-26T08:00:00Z' }
  t.same(codes([slot], winter), ['outside_hours'])
  t.same(codes([{ ...slot, startsAt: '2020-10-26T08:00:00Z', endsAt: '2020-10-26T08:30:00Z' }], winter), [])
})

t.test('nothing and nobody is in two places at once', async (t) => {
  const rooms = { ...facts, rooms: ['Online', 'Second'] }
  const monday = round36[questionsOfMonday] as ProgrammeSlot
  t.same(codes([...round36, monday]), ['room_overlap', 'country_overlap', 'country_overlap', 'country_overlap'])
  const other = {
    ...monday,
    room: 'Second',
    countries: ['MDV'],
    startsAt: '2020-10-12T09:29:00Z',
    endsAt: '2020-10-12T09:59:00Z',
  }
  const both = (startsAt: string) =>
    codes(
      [
        { ...monday, speakers: ['a'] },
        { ...other, speakers: ['b'], startsAt },
      ],
      rooms,
    )
  t.same(both('2020-10-12T09:29:00Z'), ['speaker_overlap'], 'one person, two applications')
  t.same(both('2020-10-12T09:30:00Z'), [])
  const texts = breachesOf(rooms, [
    { ...monday, speakers: ['a'] },
    { ...other, speakers: ['b'] },
  ]).map(({ message }) => message)
  t.notMatch(texts.join(), /ana/)
})

t.test('a speaker is asked for no time at which they cannot be there', async (t) => {
  const at = (endsAt: string) => codes(changed(questionsOfMonday, { speakers: ['c'], endsAt }))
  t.same(at('2020-10-12T09:30:00Z'), [])
  t.same(at('2020-10-12T09:31:00Z'), ['speaker_unavailable'])
})

t.test('the questions come after the screening, on the same day', async (t) => {
  const screening = round36[0] as ProgrammeSlot
  const qa = round36[questionsOfMonday] as ProgrammeSlot
  const with_ = (startsAt: string, endsAt: string) => codes([{ ...screening, startsAt, endsAt }, qa])
  t.same(with_('2020-10-12T08:15:00Z', '2020-10-12T08:45:00Z'), [])
  t.same(with_('2020-10-12T12:15:00Z', '2020-10-12T12:45:00Z'), ['qa_before_screening'])
  t.same(codes([screening, { ...qa, startsAt: '2020-10-13T08:45:00Z', endsAt: '2020-10-13T09:30:00Z' }]), [
    'qa_before_screening',
  ])
  t.same(codes([qa]), [], 'in person there is no screening')
})
