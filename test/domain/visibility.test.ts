import t from 'tap'
import { type Reader, type RecordFacts, visibilityOf } from '../../src/domain/visibility.ts'

const now = '2021-02-15T12:00:00Z'
const released = '2021-02-15T12:00:00Z'
const notYet = '2021-02-15T12:00:00.001Z'

const selected: RecordFacts = {
  country: 'BEL',
  status: 'submitted',
  decision: 'selected',
  emails: ['zoe@ligue.example'],
  consents: ['showNameInProgramme', 'shareWithMissions'],
  atRisk: false,
  releaseAt: released,
}

const everybody: Reader = { role: 'public' }
const own: Reader = { role: 'applicant', email: 'zoe@ligue.example' }
const other: Reader = { role: 'applicant', email: 'other@ligue.example' }
const otherMission: Reader = { role: 'mission', state: 'FRA' }
const underReview: Reader = { role: 'mission', state: 'BEL' }
const reviewer: Reader = { role: 'reviewer' }
const assigned = { assignment: { seesIdentities: false } }

const cases: [string, Reader, Partial<RecordFacts>, string, boolean?][] = [
  ['staff see all', { role: 'secretariat' }, { releaseAt: null, consents: [] }, 'staff', false],
  ['the public sees who was selected, after the release and with consent', everybody, {}, 'public', false],
  ['not a moment before the release', everybody, { releaseAt: notYet }, 'none'],
  ['not without a release', everybody, { releaseAt: null }, 'none'],
  ['not without consent', everybody, { consents: ['shareWithMissions'] }, 'none'],
  ['not who is on the reserve list', everybody, { decision: 'reserve' }, 'none'],
  ['not who was not selected', everybody, { decision: 'notSelected' }, 'none'],
  ['not who withdrew', everybody, { status: 'withdrawn' }, 'none'],
  ['not who was prevented', everybody, { status: 'prevented' }, 'none'],
  ['who is at risk by a pseudonym', everybody, { atRisk: true }, 'public', true],
  ['another mission sees more with consent', otherMission, {}, 'mission', false],
  [
    'another mission without that consent sees what the public sees',
    otherMission,
    { consents: ['showNameInProgramme'] },
    'public',
  ],
  ['another mission with that consent alone', otherMission, { consents: ['shareWithMissions'] }, 'mission'],
  ['another mission before the release', otherMission, { releaseAt: notYet }, 'none'],
  ['another mission, at risk', otherMission, { atRisk: true }, 'mission', true],
  ['the State under Review sees what the public sees', underReview, {}, 'public'],
  ['the State under Review without the public consent', underReview, { consents: ['shareWithMissions'] }, 'none'],
  [
    'the State under Review where the person shares with it as well',
    underReview,
    { consents: ['shareWithMissions', 'shareWithStateUnderReview'] },
    'mission',
  ],
  ['the State under Review with that consent alone', underReview, { consents: ['shareWithStateUnderReview'] }, 'none'],
  ['the State under Review before the release', underReview, { releaseAt: notYet }, 'none'],
  ['a mission without a State is nobody', { role: 'mission' }, { consents: ['shareWithMissions'] }, 'none'],
  ['an applicant sees its own', own, { releaseAt: null, consents: [], decision: 'undecided' }, 'applicant', false],
  ['an applicant does not see another', other, {}, 'none'],
  ['an applicant without an address sees nothing', { role: 'applicant' }, {}, 'none'],
  ['a reviewer sees what is assigned', reviewer, { ...assigned, releaseAt: null }, 'reviewer', false],
  ['a reviewer of another country sees nothing', reviewer, {}, 'none'],
  ['a reviewer does not see a draft', reviewer, { ...assigned, status: 'draft' }, 'none'],
  ['a reviewer does not see who was prevented', reviewer, { ...assigned, status: 'prevented' }, 'none'],
  ['a reviewer sees who is at risk by a pseudonym', reviewer, { ...assigned, atRisk: true }, 'reviewer', true],
  [
    'a reviewer with a grant sees who is at risk',
    reviewer,
    { assignment: { seesIdentities: true }, atRisk: true },
    'reviewer',
    false,
  ],
  ['a moderator is not staff', { role: 'moderator' }, { releaseAt: notYet }, 'none'],
]

for (const [name, reader, facts, view, isPseudonymous] of cases) {
  t.test(name, async (t) => {
    const visibility = visibilityOf(reader, { ...selected, ...facts }, now)
    t.equal(visibility.view, view)
    if (isPseudonymous !== undefined) t.equal(visibility.isPseudonymous, isPseudonymous)
  })
}

t.test('a decision is told to its own applicant from the release on', async (t) => {
  t.equal(visibilityOf(own, { ...selected, releaseAt: notYet }, now).showsDecision, false)
  t.equal(visibilityOf(own, selected, now).showsDecision, true)
  t.equal(visibilityOf(reviewer, { ...selected, ...assigned, releaseAt: notYet }, now).showsDecision, false)
})
