import t from 'tap'
import type { Consent } from '../../src/domain/application.ts'
import {
  audienceOf,
  type QuestionFacts,
  type QuestionReader,
  questionViewOf,
  type SlotFacts,
  type SpeakerFacts,
  seesAnswer,
} from '../../src/domain/question-visibility.ts'

const now = '2021-03-24T10:00:00Z'
const later = '2021-03-24T10:00:00.001Z'

const speaker: SpeakerFacts = {
  id: 'zoe',
  country: 'BEL',
  status: 'submitted',
  decision: 'selected',
  emails: ['zoe@ligue.example'],
  consents: ['showNameInProgramme', 'shareWithMissions'],
  atRisk: false,
  releaseAt: now,
  isSeated: true,
}
const slot: SlotFacts = {
  id: 'slot',
  preSession: 38,
  isPublished: true,
  countries: ['BEL', 'DNK'],
  releases: { BEL: now, DNK: now, PLW: null },
  speakers: [speaker, { ...speaker, id: 'ole', country: 'DNK', emails: ['ole@dk.example'] }],
}
const question: QuestionFacts = {
  state: 'FRA',
  country: 'BEL',
  addressee: 'panel',
  applicationId: null,
  answerApplicationId: null,
  status: 'approved',
  approvedAt: now,
  askedAt: null,
}

const readers: Record<string, QuestionReader> = {
  staff: { role: 'secretariat' },
  otherStaff: { role: 'secretariat', countries: ['DNK'] },
  moderator: { role: 'moderator', slotId: 'slot', preSessions: [38] },
  otherModerator: { role: 'moderator', slotId: 'other', preSessions: [38] },
  asker: { role: 'mission', state: 'FRA' },
  mission: { role: 'mission', state: 'CHE' },
  underReview: { role: 'mission', state: 'BEL' },
  sameBlock: { role: 'mission', state: 'DNK' },
  elsewhere: { role: 'mission', state: 'CHE', preSessions: [39] },
  speaker: { role: 'applicant', email: 'zoe@ligue.example' },
  otherSpeaker: { role: 'applicant', email: 'ole@dk.example' },
  applicant: { role: 'applicant', email: 'nobody@ligue.example' },
  reviewer: { role: 'reviewer' },
  public: { role: 'public' },
}

function viewsOf(of: Partial<QuestionFacts> = {}, where: Partial<SlotFacts> = {}, at = now): Record<string, string> {
  const facts = { ...slot, ...where }
  return Object.fromEntries(
    Object.entries(readers).map(([name, reader]) => {
      const audience = audienceOf(reader, facts, at)
      return [name, audience === undefined ? 'absent' : questionViewOf(audience, { ...question, ...of }, facts, at)]
    }),
  )
}

const always = { staff: 'staff', otherStaff: 'absent', moderator: 'moderator', asker: 'own', elsewhere: 'absent' }
const nobodyElse = {
  ...always,
  otherModerator: 'none',
  mission: 'none',
  underReview: 'none',
  sameBlock: 'none',
  speaker: 'none',
  otherSpeaker: 'none',
  applicant: 'none',
  reviewer: 'none',
  public: 'none',
}
const approved = { ...nobodyElse, mission: 'mission', sameBlock: 'mission', speaker: 'speaker' }
const asked = {
  ...approved,
  underReview: 'public',
  otherSpeaker: 'none',
  applicant: 'public',
  reviewer: 'public',
  otherModerator: 'public',
  public: 'public',
}
const called = { status: 'asked', askedAt: now } as const
const toSpeaker = { addressee: 'speaker', applicationId: 'zoe' } as const
const speakerWith = (more: Partial<SpeakerFacts>) => ({
  speakers: [{ ...speaker, ...more }, slot.speakers[1] as SpeakerFacts],
})
const consenting = (...consents: Consent[]) => speakerWith({ consents })

const cases: [string, Partial<QuestionFacts>, Partial<SlotFacts>, Record<string, string>][] = [
  ['waiting for the moderator', { status: 'queued', approvedAt: null }, {}, nobodyElse],
  ['held', { status: 'held', approvedAt: null }, {}, nobodyElse],
  ['let through', {}, {}, approved],
  ['called', called, {}, asked],
  ['called, before the release', called, { releases: { BEL: later, DNK: now } }, { ...nobodyElse }],
  ['called, without a release', called, { releases: { DNK: now } }, nobodyElse],
  [
    'about all of the slot it waits for every release, and both States are under review',
    { country: null },
    { releases: { BEL: now, DNK: later } },
    nobodyElse,
  ],
  ['about all of the slot', { country: null }, {}, { ...approved, sameBlock: 'none', otherSpeaker: 'speaker' }],
  ['put to a speaker who consented to all', { ...called, ...toSpeaker }, {}, asked],
  [
    'put to a speaker who is shown to missions alone',
    { ...called, ...toSpeaker },
    consenting('shareWithMissions'),
    { ...approved, underReview: 'none' },
  ],
  [
    'put to a speaker who is shown in the programme alone',
    { ...called, ...toSpeaker },
    consenting('showNameInProgramme'),
    asked,
  ],
  [
    'put to a speaker who consented to nothing',
    { ...called, ...toSpeaker },
    consenting(),
    { ...nobodyElse, speaker: 'speaker' },
  ],
  ['put to a speaker who was prevented', { ...called, ...toSpeaker }, speakerWith({ status: 'prevented' }), nobodyElse],
  ['put to somebody who is not there any more', { ...called, addressee: 'speaker' }, {}, nobodyElse],
  [
    'put to another speaker',
    { ...toSpeaker, applicationId: 'ole', country: 'DNK' },
    {},
    {
      ...nobodyElse,
      mission: 'mission',
      underReview: 'mission',
      otherSpeaker: 'speaker',
    },
  ],
]

for (const [name, of, where, expected] of cases) t.test(name, async (t) => t.strictSame(viewsOf(of, where), expected))

t.test('an unpublished slot is not there, but for its moderator and its speakers', async (t) => {
  const views = viewsOf(called, { isPublished: false })
  for (const name of ['asker', 'mission', 'underReview', 'public', 'applicant', 'reviewer', 'otherModerator'])
    t.equal(views[name], 'absent', name)
  t.match(views, { staff: 'staff', moderator: 'moderator', speaker: 'speaker' })
})

t.test('a seat is not told before the release', async (t) => {
  const where = { ...speakerWith({ releaseAt: later }), isPublished: false, releases: { BEL: later, DNK: now } }
  t.equal(viewsOf({}, where).speaker, 'absent')
  t.equal(viewsOf({}, { ...where, isPublished: true }).speaker, 'none')
})

t.test('a written answer goes where its speaker lets it go', async (t) => {
  const answered = { ...question, ...called, status: 'answeredInWriting', answerApplicationId: 'zoe' } as const
  const sees = (reader: string, where: Partial<SlotFacts> = {}, of: QuestionFacts = answered) => {
    const facts = { ...slot, ...where }
    const audience = audienceOf(readers[reader] as QuestionReader, facts, now)
    return audience !== undefined && seesAnswer(audience, of, facts, now)
  }
  for (const reader of ['staff', 'moderator', 'mission', 'asker', 'sameBlock', 'speaker']) t.ok(sees(reader), reader)
  for (const reader of ['underReview', 'public', 'otherSpeaker']) t.notOk(sees(reader), reader)
  t.notOk(sees('mission', consenting('showNameInProgramme')), 'consent to the programme is none to share')
  t.notOk(sees('mission', speakerWith({ status: 'withdrawn' })))
  t.ok(sees('mission', {}, { ...answered, answerApplicationId: null }), 'the secretariat’s own')
})

t.test('a session for one country is no speaker of another', (t) => {
  const zoe: QuestionReader = { role: 'applicant', email: 'zoe@ligue.example' }
  t.same(audienceOf({ ...zoe, countries: ['BEL'] }, slot, now), { kind: 'speaker', applicationIds: ['zoe'] })
  t.same(audienceOf({ ...zoe, countries: ['DNK'] }, slot, now), { kind: 'public' })
  t.equal(audienceOf({ ...zoe, countries: ['DNK'] }, { ...slot, isPublished: false }, now), undefined)
  t.end()
})
