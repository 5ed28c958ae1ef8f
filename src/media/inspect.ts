import { fileTypeFromBuffer } from 'file-type'
import {
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  QTFF,
  WEBM,
} from 'mediabunny'
import type { AudioFacts, Container, MediaFacts, VideoFacts } from '../domain/media-facts.ts'
import { findForeign } from './foreign.ts'
import { readTimes, type TrackTimes } from './frame-times.ts'
import { measureLoudness } from './loudness.ts'
import { mediaSource, OverLimit, openReader, type RangeReader } from './reader.ts'
import { readExtent } from './sections.ts'

// What the library has to say about a file is in the answer.
Logging.level = LogLevel.Silent

/** Media types by magic bytes that are worth opening; nothing else is given to the media library. */
const families: Record<string, 'iso' | 'webm'> = {
  'video/mp4': 'iso',
  'video/x-m4v': 'iso',
  'audio/x-m4a': 'iso',
  'audio/mp4': 'iso',
  'video/quicktime': 'iso',
  'video/3gpp': 'iso',
  'video/3gpp2': 'iso',
  'video/webm': 'webm',
  'video/matroska': 'webm',
  'video/x-matroska': 'webm',
}

/** Reads what a media file is, from its content and by ranges. Whatever is wrong with the file is an answer; only a failing disk throws. */
export async function inspectMedia(path: string): Promise<MediaFacts> {
  const reader = await openReader(path)
  try {
    const found = await fileTypeFromBuffer(await reader.read(0, 4_100))
    const signature = found === undefined ? null : { mediaType: found.mime, extension: found.ext }
    const facts: MediaFacts = { ...nothing, sizeBytes: reader.sizeBytes, signature }
    const family = families[found?.mime ?? '']
    if (family === undefined) return { ...facts, unreadable: 'unknownFormat' }
    try {
      const { cut, skipped } = await readExtent(reader, family)
      const foreign = await findForeign(reader, skipped)
      const tracks = await readTracks(reader, family)
      return { ...facts, ...tracks, cut: cut ?? tracks.cut ?? null, foreign }
    } catch (error) {
      if (isOfDisk(error)) throw error
      return { ...facts, container: null, unreadable: error instanceof OverLimit ? 'overLimit' : 'damaged' }
    }
  } finally {
    await reader.close()
  }
}

const nothing: Omit<MediaFacts, 'sizeBytes'> = {
  signature: null,
  container: null,
  unreadable: null,
  cut: null,
  foreign: null,
  durationSeconds: null,
  headerSeconds: null,
  video: null,
  audio: null,
  otherTracks: 0,
}

const isOfDisk = (error: unknown) => (error as NodeJS.ErrnoException).syscall !== undefined

async function readTracks(reader: RangeReader, family: 'iso' | 'webm'): Promise<Partial<MediaFacts>> {
  using input = new Input({
    source: mediaSource(reader),
    formats: family === 'iso' ? [MP4, QTFF] : [WEBM, MATROSKA],
  })
  const container = await containerOf(input)
  if (container === null) return { unreadable: 'damaged' }
  try {
    const [video, ...otherVideo] = await input.getVideoTracks()
    const [audio, ...otherAudio] = await input.getAudioTracks()
    const tracks = await input.getTracks()
    const videoTimes = video === undefined ? undefined : await readTimes(video)
    const audioTimes = audio === undefined ? undefined : await readTimes(audio)
    const times = [videoTimes, audioTimes].filter((one) => one !== undefined)
    const start = Math.min(...times.map(({ startSeconds }) => startSeconds))
    const end = Math.max(...times.map(({ endSeconds }) => endSeconds))
    const missing = [videoTimes, audioTimes].find((one) => one?.lastIsMissing)
    return {
      container,
      durationSeconds: times.some(({ samples }) => samples > 0) ? round(end - start) : null,
      headerSeconds: roundOrNull(await input.getDurationFromMetadata().catch(() => null)),
      video: video === undefined ? null : await videoFacts(video, videoTimes!),
      audio: audio === undefined ? null : await audioFacts(audio, audioTimes!),
      otherTracks:
        otherVideo.length + otherAudio.length + tracks.filter((t) => !t.isVideoTrack() && !t.isAudioTrack()).length,
      ...(missing === undefined
        ? {}
        : { cut: { part: missing === videoTimes ? 'picture' : 'sound', missingBytes: null } }),
    }
  } catch (error) {
    if (isOfDisk(error)) throw error
    return { container, unreadable: error instanceof OverLimit ? 'overLimit' : 'damaged' }
  }
}

async function containerOf(input: Input): Promise<Container | null> {
  if (!(await input.canRead())) return null
  const format = await input.getFormat()
  return format === MP4 ? 'mp4' : format === QTFF ? 'mov' : format === WEBM ? 'webm' : 'mkv'
}

/** Names that people know; the library's own are those of WebCodecs. */
const codecNames: Record<string, string> = { avc: 'h264', hevc: 'h265' }

async function codecOf(track: InputVideoTrack | InputAudioTrack): Promise<string> {
  const known = await track.getCodec()
  if (known !== null) return codecNames[known] ?? known
  const own = await track.getInternalCodecId()
  return typeof own === 'string' ? own.replace(/[^\x21-\x7e]/g, '').slice(0, 40) || 'unknown' : 'unknown'
}

async function videoFacts(track: InputVideoTrack, times: TrackTimes): Promise<VideoFacts> {
  return {
    codec: await codecOf(track),
    width: await track.getDisplayWidth(),
    height: await track.getDisplayHeight(),
    rotationDegrees: await track.getRotation(),
    frameRate: times.frameRate === null ? null : Math.round(times.frameRate * 100) / 100,
    variableFrameRate: times.variable,
    frames: times.samples,
    seconds: round(times.endSeconds - times.startSeconds),
    startsWhole: await startsWhole(track),
  }
}

async function startsWhole(track: InputVideoTrack): Promise<boolean> {
  // The library knows nothing of the pictures of a codec that it does not know.
  if ((await track.getCodec()) === null) return true
  const first = await new EncodedPacketSink(track).getFirstPacket()
  return first !== null && (await track.determinePacketType(first)) === 'key'
}

async function audioFacts(track: InputAudioTrack, times: TrackTimes): Promise<AudioFacts> {
  return {
    codec: await codecOf(track),
    channels: await track.getNumberOfChannels(),
    sampleRate: await track.getSampleRate(),
    seconds: round(times.endSeconds - times.startSeconds),
    loudness: times.samples === 0 ? null : await measureLoudness(track).catch(() => null),
  }
}

const round = (seconds: number) => Math.round(seconds * 1000) / 1000
const roundOrNull = (seconds: number | null) => (seconds === null || !Number.isFinite(seconds) ? null : round(seconds))
