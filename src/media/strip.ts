import {
  EncodedAudioPacketSource,
  type EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  FilePathTarget,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  MATROSKA,
  MP4,
  Mp4OutputFormat,
  Output,
  QTFF,
  WEBM,
  WebMOutputFormat,
} from 'mediabunny'
import { clearTimes } from './clear-times.ts'
import { mediaSource, openReader } from './reader.ts'
import { cleanHevcRecord, filterAv1, filterAvc, filterHevc, type PacketFilter } from './user-data.ts'

export type StripResult =
  | { done: true; mediaType: 'video/mp4' | 'video/webm' }
  /** Its codecs cannot be written anew. */
  | { done: false }

/**
 * Writes the samples of the picture and of the sound into a new file. Nothing else is carried over: no tags, places, devices, dates, comments, names
 * of tracks, chapters, subtitles, attachments or data tracks, and no user data inside the pictures.
 */
export async function stripMedia(path: string, target: string): Promise<StripResult> {
  const reader = await openReader(path)
  try {
    using input = new Input({ source: mediaSource(reader), formats: [MP4, QTFF, WEBM, MATROSKA] })
    const [video] = await input.getVideoTracks()
    const [audio] = await input.getAudioTracks()
    const format = input.getFormat().then((found) => (found === WEBM ? new WebMOutputFormat() : undefined))
    const copies = [await copyVideo(video), await copyAudio(audio)].filter((copy) => copy !== null)
    if (copies.length === 0 || copies.includes('unknown')) return { done: false }
    const webm = await format
    const output = new Output({
      format: webm ?? new Mp4OutputFormat({ fastStart: 'reserve' }),
      target: new FilePathTarget(target),
    })
    await copyAll(output, copies as Copy[])
    if (webm === undefined) await clearTimes(target)
    return { done: true, mediaType: webm === undefined ? 'video/mp4' : 'video/webm' }
  } finally {
    await reader.close()
  }
}

interface Copy {
  packets: () => AsyncGenerator<EncodedPacket, void, unknown>
  addTo(output: Output): Promise<void>
  add(packet: EncodedPacket): Promise<void>
}

async function copyVideo(track: InputVideoTrack | undefined): Promise<Copy | 'unknown' | null> {
  if (track === undefined) return null
  const codec = await track.getCodec()
  const config = await track.getDecoderConfig()
  if (codec === null || config === null) return 'unknown'
  const record = config.description === undefined ? undefined : bytesOf(config.description)
  const decoderConfig =
    codec === 'hevc' && record !== undefined ? { ...config, description: cleanHevcRecord(record) } : config
  const source = new EncodedVideoPacketSource(codec)
  const filter = filterOf(codec, record)
  return {
    packets: () => new EncodedPacketSink(track).packets(),
    async addTo(output) {
      const maximumPacketCount = (await track.computePacketStats()).packetCount
      output.addVideoTrack(source, { rotation: await track.getRotation(), maximumPacketCount })
    },
    async add(packet) {
      const data = filter(packet.data)
      if (data.length > 0) await source.add(data === packet.data ? packet : packet.clone({ data }), { decoderConfig })
    },
  }
}

const filterOf = (codec: string, record: Uint8Array | undefined): PacketFilter => {
  if (codec === 'avc' && record !== undefined) return filterAvc(record)
  if (codec === 'hevc' && record !== undefined) return filterHevc(record)
  return codec === 'av1' ? filterAv1 : (data) => data
}

async function copyAudio(track: InputAudioTrack | undefined): Promise<Copy | 'unknown' | null> {
  if (track === undefined) return null
  const codec = await track.getCodec()
  const decoderConfig = await track.getDecoderConfig()
  if (codec === null || decoderConfig === null) return 'unknown'
  const source = new EncodedAudioPacketSource(codec)
  return {
    packets: () => new EncodedPacketSink(track).packets(),
    async addTo(output) {
      output.addAudioTrack(source, { maximumPacketCount: (await track.computePacketStats()).packetCount })
    },
    add: (packet) => source.add(packet, { decoderConfig }),
  }
}

/** In the order of their times, so that neither track waits in memory for the other. */
async function copyAll(output: Output, copies: Copy[]): Promise<void> {
  for (const copy of copies) await copy.addTo(output)
  await output.start()
  const heads = await Promise.all(
    copies.map(async (copy) => {
      const packets = copy.packets()
      return { copy, packets, next: await packets.next() }
    }),
  )
  for (;;) {
    const open = heads.filter(({ next }) => !next.done)
    if (open.length === 0) break
    const first = open.reduce((a, b) => (timeOf(a.next) <= timeOf(b.next) ? a : b))
    await first.copy.add(first.next.value as EncodedPacket)
    first.next = await first.packets.next()
  }
  await output.finalize()
}

const timeOf = (next: IteratorResult<EncodedPacket, void>) => (next.value as EncodedPacket).timestamp

const bytesOf = (source: ArrayBufferView | ArrayBufferLike): Uint8Array =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
