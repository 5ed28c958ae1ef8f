import t from 'tap'
import type { MediaFacts } from '../../src/domain/media-facts.ts'
import { checkMalware, checkVideo, type VideoCheckCode, type VideoLimits } from '../../src/domain/video-checks.ts'

const limits: VideoLimits = {
  maxSeconds: 300,
  toleranceSeconds: 10,
  containers: ['mp4', 'mov', 'webm'],
  minLines: 480,
  maxBytes: 1_000,
}
const video: NonNullable<MediaFacts['video']> = {
  ...{ codec: 'h264', width: 1280, height: 720, rotationDegrees: 0 },
  ...{ frameRate: 25, variableFrameRate: false, frames: 7_500, seconds: 300, startsWhole: true },
}
const audio: NonNullable<MediaFacts['audio']> = {
  ...{ codec: 'aac', channels: 1, sampleRate: 48_000, seconds: 300 },
  loudness: { loudestDb: -20, silentShare: 0.1 },
}
const right: MediaFacts = {
  ...{ sizeBytes: 1_000, signature: { mediaType: 'video/mp4', extension: 'mp4' }, container: 'mp4', unreadable: null },
  ...{ cut: null, foreign: null, durationSeconds: 300, headerSeconds: 300, video, audio, otherTracks: 0 },
}

/** The outcome of one check. */
const outcome = (
  code: VideoCheckCode,
  change: Partial<MediaFacts>,
  fileName = 'a.mp4',
  round: Partial<VideoLimits> = {},
) => checkVideo({ ...right, ...change }, fileName, { ...limits, ...round }).find((one) => one.code === code)?.outcome

t.test('what is right passes every check', async (t) => {
  t.same(
    checkVideo(right, 'a.mp4', limits).filter(({ outcome: found }) => found !== 'pass'),
    [],
  )
})

t.test('just before, at and after each border', async (t) => {
  const lasting = (seconds: number) => outcome('duration', { durationSeconds: seconds })
  t.same([0.9, 1, 300, 300.02, 310, 310.99, 311].map(lasting), ['fail', 'pass', 'pass', 'pass', 'pass', 'pass', 'fail'])
  const strict = (seconds: number) =>
    outcome('duration', { durationSeconds: seconds }, 'a.mp4', { toleranceSeconds: 0 })
  t.same([300.9, 301].map(strict), ['pass', 'fail'])
  const saying = (header: number | null) => outcome('headerDuration', { headerSeconds: header })
  t.same([null, 294, 293.9, 306, 306.1, 60].map(saying), ['pass', 'pass', 'warn', 'pass', 'warn', 'warn'])
  t.same(
    [999, 1_000, 1_001].map((sizeBytes) => outcome('fileSize', { sizeBytes })),
    ['pass', 'pass', 'fail'],
  )
  const tall = (width: number, height: number) => outcome('resolution', { video: { ...video, width, height } })
  t.same([tall(640, 479), tall(640, 480), tall(480, 640), tall(479, 640)], ['fail', 'pass', 'pass', 'fail'])
  const turned = (width: number, height: number) => outcome('orientation', { video: { ...video, width, height } })
  t.same([turned(481, 480), turned(480, 480), turned(480, 481)], ['pass', 'pass', 'warn'])
  const rate = (frameRate: number | null, variableFrameRate = false) =>
    outcome('frameRate', { video: { ...video, frameRate, variableFrameRate } })
  t.same([rate(null), rate(14.9), rate(15), rate(30, true), rate(60)], ['warn', 'warn', 'pass', 'warn', 'pass'])
  const heard = (loudestDb: number | null, silentShare = 0) =>
    outcome('sound', { audio: { ...audio, loudness: { loudestDb, silentShare } } })
  t.same([heard(null, 1), heard(-60.1), heard(-60), heard(-40.1), heard(-40)], ['fail', 'fail', 'warn', 'warn', 'pass'])
  t.same([heard(-20, 0.5), heard(-20, 0.51)], ['pass', 'warn'])
})

t.test('what is not known never passes', async (t) => {
  t.equal(outcome('sound', { audio: { ...audio, loudness: null } }), 'warn')
  t.equal(outcome('sound', { audio: null }), 'fail')
  t.equal(outcome('videoCodec', { video: null }), 'fail')
  t.equal(outcome('completeness', { unreadable: 'damaged', durationSeconds: null }), 'fail')
  t.equal(outcome('completeness', { unreadable: 'overLimit', durationSeconds: null }), 'fail')
  t.equal(outcome('completeness', { video: { ...video, startsWhole: false } }), 'fail')
  t.equal(outcome('completeness', { cut: { part: 'mdat', missingBytes: 1 } }), 'fail')
  t.equal(outcome('foreignContent', { foreign: { kind: 'PDF', atByte: 40 } }), 'fail')
  t.same(
    checkVideo(undefined, 'a.mp4', limits).map(({ code, outcome: found }) => [code, found]),
    [['completeness', 'fail']],
  )
})

t.test('codecs and containers', async (t) => {
  const picture = (codec: string) => outcome('videoCodec', { video: { ...video, codec } })
  t.same(['h264', 'vp8', 'vp9', 'av1', 'h265', 'mp4v', 'prores'].map(picture), [
    'pass',
    'pass',
    'pass',
    'pass',
    'warn',
    'fail',
    'fail',
  ])
  const sound = (codec: string) => outcome('audioCodec', { audio: { ...audio, codec } })
  t.same(['aac', 'opus', 'mp3', 'vorbis', 'flac', 'pcm-s16', 'ac3'].map(sound), [
    'pass',
    'pass',
    'pass',
    'pass',
    'warn',
    'warn',
    'fail',
  ])
  t.equal(outcome('container', { container: 'mkv' }), 'fail')
  t.equal(outcome('container', { container: 'mkv' }, 'a.mkv', { containers: ['mkv'] }), 'pass')
  t.same(
    ['a.mp4', 'A.MP4', 'a.m4v', 'a', 'a.mov', 'a.pdf'].map((name) => outcome('fileName', {}, name)),
    ['pass', 'pass', 'pass', 'pass', 'warn', 'warn'],
  )
})

t.test('only a clean scan passes', async (t) => {
  t.equal(checkMalware({ status: 'clean', reason: null }).outcome, 'pass')
  t.match(checkMalware({ status: 'infected', reason: 'Eicar' }), { outcome: 'fail', message: /Eicar/ })
  for (const reason of [
    'notConfigured',
    'tooLarge',
    'scannerLimit',
    'scannerUnavailable',
    'timedOut',
    'scannerError',
    null,
  ])
    t.match(checkMalware({ status: 'notScanned', reason }), { outcome: 'warn', message: /was not scanned/ })
})

t.test('who is to be heard alone is not seen', async (t) => {
  const ofVoice = (change: Partial<MediaFacts>) =>
    checkVideo({ ...right, ...change }, 'a.mp4', limits, 'voiceOnly').filter(({ outcome: found }) => found !== 'pass')
  t.match(ofVoice({}), [{ code: 'picture', outcome: 'fail', measured: '1280 x 720' }])
  t.same(ofVoice({ video: null }), [])
  t.equal(outcome('picture', {}), undefined)
  t.equal(outcome('videoCodec', { video: null }), 'fail')
})
