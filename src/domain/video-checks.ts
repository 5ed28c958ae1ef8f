import type { AudioFacts, Container, MediaFacts, VideoFacts } from './media-facts.ts'
import type { VideoCheck, VideoForm, VideoMedia, VideoScan } from './video.ts'

/** What a round asks of a recorded statement (R23). */
export interface VideoLimits {
  maxSeconds: number
  toleranceSeconds: number
  containers: readonly Container[]
  minLines: number
  maxBytes: number
}

export const videoCheckCodes = [
  'container',
  'fileName',
  'fileSize',
  'completeness',
  'foreignContent',
  'duration',
  'headerDuration',
  'picture',
  'videoCodec',
  'resolution',
  'orientation',
  'frameRate',
  'audioCodec',
  'sound',
  'malware',
  'cleanCopy',
] as const
export type VideoCheckCode = (typeof videoCheckCodes)[number]

type Result = Omit<VideoCheck, 'code'>
const pass = (message: string, measured: Result['measured'], limit: Result['limit'] = null): Result => ({
  outcome: 'pass',
  message,
  measured,
  limit,
})
const warn = (message: string, measured: Result['measured'], limit: Result['limit'] = null): Result => ({
  outcome: 'warn',
  message,
  measured,
  limit,
})
const fail = (message: string, measured: Result['measured'], limit: Result['limit'] = null): Result => ({
  outcome: 'fail',
  message,
  measured,
  limit,
})

const containerNames: Record<Container, string> = { mp4: 'MP4', mov: 'MOV', webm: 'WebM', mkv: 'Matroska' }
/** What common browsers show without help. */
const goodVideo = ['h264', 'vp8', 'vp9', 'av1']
const goodAudio = ['aac', 'opus', 'mp3', 'vorbis']
/** Shown by some only. */
const fairVideo = ['h265']
const isFairAudio = (codec: string) => codec === 'flac' || codec.startsWith('pcm-')
/** A loudest moment below this cannot be heard; below the other it is hard to hear. */
const silentDb = -60
const faintDb = -40
const mostlySilent = 0.5
const slowest = 15
/** A header may round, and sound ends in whole frames. */
const headerSlackSeconds = 1
const headerSlackShare = 0.02

/** R23: what was found in the file against what the round asks for; every check says what to do. Those that need what could not be read are left out. */
export function checkVideo(
  facts: MediaFacts | undefined,
  fileName: string,
  limits: VideoLimits,
  form: VideoForm = 'speakerOnVideo',
): VideoCheck[] {
  if (facts === undefined) return [{ code: 'completeness', ...tooMuch() }]
  const { video, audio } = facts
  const checks: [VideoCheckCode, Result | null][] = [
    ['container', checkContainer(facts, limits)],
    ['fileName', facts.container === null ? null : checkName(facts.container, fileName)],
    ['fileSize', checkSize(facts.sizeBytes, limits.maxBytes)],
    ['completeness', checkCompleteness(facts)],
    ['foreignContent', facts.container === null ? null : checkForeign(facts.foreign)],
    ['duration', facts.durationSeconds === null ? null : checkDuration(facts.durationSeconds, limits)],
    ['headerDuration', facts.durationSeconds === null ? null : checkHeader(facts.durationSeconds, facts.headerSeconds)],
  ]
  // Without a whole index nobody knows what the file lacks.
  if (isRead(facts)) {
    if (form === 'voiceOnly') checks.push(['picture', checkVoiceOnly(video)])
    else if (video === null) checks.push(['videoCodec', noPicture()])
    if (video !== null) {
      checks.push(['videoCodec', checkVideoCodec(video)])
      checks.push(['resolution', checkResolution(video, limits.minLines)])
      checks.push(['orientation', checkOrientation(video)])
      checks.push(['frameRate', checkFrameRate(video)])
    }
    if (audio !== null) checks.push(['audioCodec', checkAudioCodec(audio)])
    checks.push(['sound', checkSound(audio)])
  }
  return checks.flatMap(([code, result]) => (result === null ? [] : [{ code, ...result }]))
}

const isRead = ({ unreadable, durationSeconds }: MediaFacts) => unreadable === null && durationSeconds !== null

function checkContainer({ container, signature }: MediaFacts, { containers }: VideoLimits): Result {
  const names = containers.map((one) => containerNames[one])
  const limit = names.join(', ')
  if (container === null) {
    const measured = signature === null ? 'unknown' : signature.mediaType
    return fail(
      `This is not a video file${signature === null ? '' : `, but ${signature.mediaType}`}. Please send the recording itself, as ${orList(names)}.`,
      measured,
      limit,
    )
  }
  const name = containerNames[container]
  return containers.includes(container)
    ? pass(`The file is ${name}.`, name, limit)
    : fail(
        `The file is ${name}, which this round does not take. Please save it as ${orList(names)} and send it again.`,
        name,
        limit,
      )
}

const endings: Record<Container, string[]> = { mp4: ['mp4', 'm4v'], mov: ['mov', 'qt'], webm: ['webm'], mkv: ['mkv'] }

function checkName(container: Container, fileName: string): Result {
  const ending = /\.([a-z0-9]{1,8})$/i.exec(fileName)?.[1]?.toLowerCase() ?? null
  const limit = endings[container].join(', ')
  if (ending === null || endings[container].includes(ending)) return pass('The name fits the content.', ending, limit)
  return warn(
    `The name ends in .${ending}, but the file is ${containerNames[container]}. The content counts; you need not do anything.`,
    ending,
    limit,
  )
}

const checkSize = (bytes: number, limit: number): Result =>
  bytes <= limit
    ? pass(`The file has ${megabytes(bytes)} MB.`, bytes, limit)
    : fail(
        `The file has ${megabytes(bytes)} MB; at most ${megabytes(limit)} MB are taken. Please save it with a lower quality or a smaller picture.`,
        bytes,
        limit,
      )

const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(bytes < 100_000_000 ? 1 : 0)

const tooMuch = (): Result =>
  fail(
    'The file is built in a way that could not be read safely. Please export the recording again with common software and send that.',
    'not readable',
  )

function checkCompleteness({
  container,
  unreadable,
  cut,
  video,
  sizeBytes,
  durationSeconds,
}: MediaFacts): Result | null {
  if (sizeBytes === 0) return fail('The file is empty. Please send the recording again.', 0)
  if (unreadable === 'unknownFormat') return null
  if (cut !== null) {
    const missing = cut.missingBytes === null ? 'Its end is' : `${cut.missingBytes} bytes are`
    return fail(
      `The file stops before it is complete. ${missing} missing. Please check that it plays to the end on your device and send it again.`,
      cut.part,
    )
  }
  if (unreadable === 'overLimit') return tooMuch()
  if (unreadable !== null || container === null || durationSeconds === null || (video !== null && video.frames === 0))
    return fail(
      'The file is damaged and cannot be read. Please export the recording again and check that it plays.',
      'not readable',
    )
  if (video !== null && !video.startsWhole)
    return fail(
      'The pictures of the file are damaged. Please export the recording again and check that it plays.',
      'first picture not readable',
    )
  return pass('The file is complete.', 'complete')
}

const checkForeign = (foreign: MediaFacts['foreign']): Result =>
  foreign === null
    ? pass('The file holds nothing but a recording.', 'nothing')
    : fail(
        `Beside the recording the file holds something else (${foreign.kind}). Please export the recording anew and send that file.`,
        foreign.kind,
        'nothing',
      )

/** Whole seconds are compared, as players show them: sound ends in whole frames, some hundredths after the picture. */
function checkDuration(seconds: number, { maxSeconds, toleranceSeconds }: VideoLimits): Result {
  const limit = maxSeconds + toleranceSeconds
  const whole = Math.floor(seconds)
  const length = minutes(whole)
  if (whole < 1) return fail('The recording is shorter than a second. Please send the whole statement.', seconds, limit)
  if (whole <= maxSeconds) return pass(`The recording lasts ${length}.`, seconds, limit)
  if (whole <= limit)
    return pass(
      `The recording lasts ${length}, a little more than ${minutes(maxSeconds)}; this is within the tolerance.`,
      seconds,
      limit,
    )
  return fail(
    `The recording lasts ${length}; at most ${minutes(maxSeconds)} are allowed, with a tolerance of ${toleranceSeconds} seconds. Please shorten it.`,
    seconds,
    limit,
  )
}

const minutes = (seconds: number) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')} min`

function checkHeader(seconds: number, header: number | null): Result {
  if (header === null)
    return pass('The file names no length of its own, as live recordings do; its samples were measured.', null, seconds)
  if (Math.abs(seconds - header) <= Math.max(headerSlackSeconds, seconds * headerSlackShare))
    return pass('The length that the file names is right.', header, seconds)
  return warn(
    `The file says that it lasts ${minutes(header)}, but its content lasts ${minutes(seconds)}, which is what counts. Please export it anew if it does not play to the end.`,
    header,
    seconds,
  )
}

/** Contract §2, invariant 4: whoever asked to be heard alone may be in danger when seen. */
const checkVoiceOnly = (video: VideoFacts | null): Result =>
  video === null
    ? pass('The file is voice alone, as was said.', 'none', 'none')
    : fail(
        'The statement was to be voice alone, but the file has a picture, which others would see. Please send the sound alone, or ask the secretariat whether the picture shows nobody.',
        `${video.width} x ${video.height}`,
        'none',
      )

const noPicture = (): Result =>
  fail(
    'The file has sound but no picture. Please send a recording with a picture, or ask the secretariat whether sound alone will do.',
    'none',
    'one',
  )

function checkVideoCodec({ codec }: VideoFacts): Result {
  const limit = goodVideo.join(', ')
  if (goodVideo.includes(codec)) return pass(`The pictures are ${codec}.`, codec, limit)
  if (fairVideo.includes(codec))
    return warn(
      `The pictures are ${codec} (HEVC), which many browsers do not show. Please export as H.264 if you can; on an iPhone choose "Most Compatible".`,
      codec,
      limit,
    )
  return fail(
    `The pictures are ${codec}, which browsers do not show. Please export the recording as MP4 with H.264.`,
    codec,
    limit,
  )
}

function checkResolution({ width, height }: VideoFacts, minLines: number): Result {
  // Of an upright picture the shorter side is what its lines are when it is shown beside others.
  const lines = Math.min(width, height)
  const measured = `${width} × ${height}`
  return lines >= minLines
    ? pass(`The picture has ${measured} points.`, measured, minLines)
    : fail(
        `The picture has ${measured} points; at least ${minLines} lines are needed. Please record with a larger picture, such as 1280 × 720.`,
        measured,
        minLines,
      )
}

function checkOrientation({ width, height }: VideoFacts): Result {
  const measured = width >= height ? 'landscape' : 'portrait'
  return measured === 'landscape'
    ? pass('The picture lies across, as the screening needs it.', measured, 'landscape')
    : warn(
        'The picture stands upright, so most of the screen will be black. If you can, please record again with the camera turned sideways.',
        measured,
        'landscape',
      )
}

function checkFrameRate({ frameRate, variableFrameRate }: VideoFacts): Result {
  if (frameRate === null)
    return warn('The number of pictures per second could not be measured. You need not do anything.', null, slowest)
  if (frameRate < slowest)
    return warn(
      `There are ${frameRate} pictures per second, so movements look broken. If you can, please record with 25 or more.`,
      frameRate,
      slowest,
    )
  if (variableFrameRate)
    return warn(
      `The pictures come at uneven times (${frameRate} per second on average). Please check that lips and voice stay together to the end.`,
      frameRate,
      slowest,
    )
  return pass(`There are ${frameRate} pictures per second.`, frameRate, slowest)
}

function checkAudioCodec({ codec }: AudioFacts): Result {
  const limit = goodAudio.join(', ')
  if (goodAudio.includes(codec)) return pass(`The sound is ${codec}.`, codec, limit)
  if (isFairAudio(codec))
    return warn(
      `The sound is ${codec}, which some browsers do not play. Please export it as AAC if you can.`,
      codec,
      limit,
    )
  return fail(
    `The sound is ${codec}, which browsers do not play. Please export the recording with AAC sound.`,
    codec,
    limit,
  )
}

function checkSound(audio: AudioFacts | null): Result {
  if (audio === null)
    return fail('The file has no sound. Please check that the microphone was on and record again.', 'none', silentDb)
  const { loudness } = audio
  if (loudness === null)
    return warn(
      'Whether the sound can be heard was not measured. Please listen to the recording once yourself.',
      'not measured',
      silentDb,
    )
  const { loudestDb, silentShare } = loudness
  const measured = loudestDb === null ? 'silence' : `${loudestDb} dB`
  if (loudestDb === null || loudestDb < silentDb)
    return fail(
      'The sound is silent from beginning to end. Please check the microphone and record again.',
      measured,
      silentDb,
    )
  if (loudestDb < faintDb)
    return warn(
      'The sound is very faint. Please move nearer to the microphone and record again, or make it louder.',
      measured,
      silentDb,
    )
  if (silentShare > mostlySilent)
    return warn(
      `For ${Math.round(silentShare * 100)} % of its length nothing is heard. Please check that your whole statement is there.`,
      measured,
      silentDb,
    )
  return pass('The sound can be heard.', measured, silentDb)
}

const orList = (names: string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`

/** What is told of the content beside the checks. */
export const toMedia = ({ durationSeconds, container, video, audio }: MediaFacts): VideoMedia => ({
  durationSeconds,
  container,
  videoCodec: video?.codec ?? null,
  audioCodec: audio?.codec ?? null,
  width: video?.width ?? null,
  height: video?.height ?? null,
  frameRate: video?.frameRate ?? null,
})

const whyNotScanned: Record<string, string> = {
  notConfigured: 'there is no scanner here',
  tooLarge: 'it is larger than the scanner takes',
  scannerLimit: 'it is more than the scanner looks at',
  scannerUnavailable: 'the scanner could not be reached; this is tried again',
  timedOut: 'the scanner took too long; this is tried again',
  scannerError: 'the scanner failed',
}

/** R25: what is infected is shown to nobody; what was not scanned is told to be so, and never passes. */
export function checkMalware({ status, reason }: VideoScan): VideoCheck {
  const code: VideoCheckCode = 'malware'
  if (status === 'clean') return { code, ...pass('No malware was found in the file.', 'clean', 'clean') }
  if (status === 'infected')
    return {
      code,
      ...fail(
        `Malware was found in the file (${reason ?? 'unknown'}); nobody will be shown it. Please check your device, export the recording again and send that file.`,
        'infected',
        'clean',
      ),
    }
  const why = whyNotScanned[reason ?? ''] ?? whyNotScanned.scannerError
  return {
    code,
    ...warn(`The file was not scanned for malware: ${why}. You need not do anything.`, 'notScanned', 'clean'),
  }
}

/** R25: others get nothing but a copy that holds the samples alone. */
export const checkCopy = (isMade: boolean): VideoCheck => ({
  code: 'cleanCopy' satisfies VideoCheckCode,
  ...(isMade
    ? pass('A copy without names, places, devices and dates was made; others can get only that.', 'made', 'made')
    : fail(
        'No copy without names, places, devices and dates could be made, so nobody else can be shown the video. Please export it as MP4 with H.264 and AAC.',
        'not made',
        'made',
      )),
})
