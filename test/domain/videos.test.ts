import t from 'tap'
import type { Deadline } from '../../src/domain/deadline.ts'
import { documentViewOf } from '../../src/domain/document-access.ts'
import { type VideoFacts, videoViewOf } from '../../src/domain/video-access.ts'
import { mayHandIn, punctualityOf, takesVideos } from '../../src/domain/video-handing-in.ts'
import type { Reader, RecordFacts } from '../../src/domain/visibility.ts'

const now = '2021-02-15T12:00:00Z'
const selected: RecordFacts = {
  country: 'BEL',
  status: 'submitted',
  decision: 'selected',
  emails: ['zoe@ligue.example'],
  consents: ['publishVideo', 'publishStatement'],
  atRisk: false,
  releaseAt: now,
}
const accepted: VideoFacts = {
  status: 'accepted',
  form: 'speakerOnVideo',
  version: { isAccepted: true, hasCopy: true, isInfected: false },
}
const everybody: Reader = { role: 'public' }
const own: Reader = { role: 'applicant', email: 'zoe@ligue.example' }
const otherMission: Reader = { role: 'mission', state: 'FRA' }
const underReview: Reader = { role: 'mission', state: 'BEL' }
const version = (change: object) => ({ version: { isAccepted: true, hasCopy: true, isInfected: false, ...change } })

const cases: [string, Reader, Partial<RecordFacts>, Partial<VideoFacts>, string][] = [
  ['staff see all', { role: 'secretariat' }, { releaseAt: null, consents: [] }, { status: 'awaitingUpload' }, 'staff'],
  ['everybody sees what was accepted and consented to', everybody, {}, {}, 'outside'],
  ['and what was screened', everybody, {}, { status: 'screened' }, 'outside'],
  ['not a moment before the release', everybody, { releaseAt: '2021-02-15T12:00:00.001Z' }, {}, 'none'],
  ['not without consent to the video itself', everybody, { consents: ['publishStatement'] }, {}, 'none'],
  ['not of who was not selected', everybody, { decision: 'reserve' }, {}, 'none'],
  ['not of who withdrew', everybody, { status: 'withdrawn' }, {}, 'none'],
  ['not of who was prevented', everybody, { status: 'prevented' }, {}, 'none'],
  ['not while a new version is checked', everybody, {}, { status: 'checking' }, 'none'],
  ['not what was rejected', everybody, {}, { status: 'rejected' }, 'none'],
  ['not a version that was not accepted', everybody, {}, version({ isAccepted: false }), 'none'],
  ['not without a copy', everybody, {}, version({ hasCopy: false }), 'none'],
  ['not what is infected', everybody, {}, version({ isInfected: true }), 'none'],
  ['not the face of who is at risk', everybody, { atRisk: true }, {}, 'none'],
  ['the voice of who is at risk', everybody, { atRisk: true }, { form: 'voiceOnly' }, 'outside'],
  ['another who reads for who is at risk', everybody, { atRisk: true }, { form: 'readByAnother' }, 'outside'],
  ['other missions by their consent', otherMission, { consents: ['shareWithMissions'] }, {}, 'outside'],
  ['not the State under Review by it', underReview, { consents: ['shareWithMissions'] }, {}, 'none'],
  [
    'the State under Review where it is named too',
    underReview,
    { consents: ['shareWithMissions', 'shareWithStateUnderReview'] },
    {},
    'outside',
  ],
  ['the person from the release on', own, { consents: [] }, { status: 'awaitingUpload' }, 'owner'],
  ['not the person before', own, { releaseAt: null }, {}, 'none'],
  ['not the person who was not selected', own, { decision: 'notSelected' }, {}, 'none'],
  ['not another applicant', { role: 'applicant', email: 'other@ligue.example' }, {}, {}, 'none'],
]
for (const [name, reader, record, video, view] of cases)
  t.test(`a video: ${name}`, async (t) =>
    t.equal(videoViewOf(reader, { ...selected, ...record }, { ...accepted, ...video }, now), view),
  )

t.test('a statement is shown by a consent of its own, whoever is at risk', async (t) => {
  const statement = { kind: 'statement', isAccepted: true, hasCleanCopy: true }
  const view = (reader: Reader, record: Partial<RecordFacts> = {}, document: Partial<typeof statement> = {}) =>
    documentViewOf(reader, { ...selected, ...record }, { ...statement, ...document }, now)
  t.equal(view(everybody), 'outside')
  t.equal(view(everybody, { atRisk: true }), 'outside')
  t.equal(view(everybody, {}, { kind: 'uprSubmission' }), 'none')
  t.equal(view(everybody, {}, { isAccepted: false }), 'none')
  t.equal(view(everybody, {}, { hasCleanCopy: false }), 'none')
  t.equal(view(everybody, { consents: ['publishVideo'] }), 'none')
  t.equal(view(everybody, { releaseAt: null }), 'none')
  t.equal(view(own, { releaseAt: null }, { isAccepted: false }), 'applicant')
  t.equal(view(otherMission, { consents: ['shareWithMissions'] }), 'outside')
  t.equal(view(underReview, { consents: ['shareWithMissions'] }), 'none')
})

t.test('who hands in', async (t) => {
  const facts = { ...selected, answer: 'none' }
  const may = (change: object, isStaff = false) => mayHandIn({ ...facts, ...change }, { isStaff, now })
  t.ok(may({}))
  t.ok(may({ answer: 'confirmed' }))
  t.notOk(may({ answer: 'declined' }))
  t.notOk(may({ decision: 'reserve' }))
  t.notOk(may({ status: 'withdrawn' }))
  t.notOk(may({ releaseAt: '2021-02-15T12:00:00.001Z' }))
  t.ok(may({ releaseAt: null }, true), 'the secretariat before the release')
  t.notOk(may({ decision: 'undecided' }, true))
  for (const status of ['callOpen', 'confirmed', 'programmePublished', 'running', 'postponed'])
    t.ok(takesVideos(status), status)
  for (const status of ['draft', 'closed', 'archived', 'cancelled']) t.notOk(takesVideos(status), status)
})

t.test('when it is late', async (t) => {
  const at = (closesAt: string): Deadline => ({ local: '2021-03-08T23:59', timeZone: 'Europe/Zurich', closesAt })
  const round = at('2021-03-08T23:00:00Z')
  const rows: [
    string,
    string,
    Parameters<typeof punctualityOf> extends [unknown, ...infer R] ? R : never,
    boolean,
    number?,
  ][] = [
    ['no deadline', '2030-01-01T00:00:00Z', [null], false],
    ['the last moment', '2021-03-08T22:59:59.999Z', [round], false, 0.001],
    ['the first that is too late', '2021-03-08T23:00:00Z', [round], true, 0],
    ['a later one of the country', '2021-03-08T23:00:00Z', [round, at('2021-03-10T23:00:00Z')], false, 172_800],
    [
      'an earlier one of the country counts for nothing',
      '2021-03-08T22:00:00Z',
      [round, at('2021-03-01T23:00:00Z')],
      false,
      3600,
    ],
    ['a waiver', '2021-03-11T11:59:00Z', [round, undefined, { until: '2021-03-11T12:00:00Z' }], false, 60],
    ['after the waiver', '2021-03-11T12:00:00Z', [round, undefined, { until: '2021-03-11T12:00:00Z' }], true, 0],
  ]
  for (const [name, receivedAt, terms, isLate, margin] of rows)
    t.match(punctualityOf(receivedAt, ...terms), { isLate, marginSeconds: margin }, name)
})
