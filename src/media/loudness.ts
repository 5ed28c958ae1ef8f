import { decoder as createAacDecoder } from '@audio/decode-aac'
import { AudioSampleSink, type EncodedPacket, EncodedPacketSink, type InputAudioTrack } from 'mediabunny'
import { OpusDecoder } from 'opus-decoder'
import type { Loudness } from '../domain/media-facts.ts'

const inaudibleDb = -60
const batch = 64

/** Decodes the sound and measures it in tenths of a second. Null where nothing here decodes it, or where most of it cannot be decoded. */
export async function measureLoudness(track: InputAudioTrack): Promise<Loudness | null> {
  const codec = await track.getCodec()
  const config = await track.getDecoderConfig()
  if (config === null) return null
  const meter = createMeter(config.sampleRate)
  if (codec === 'aac' && config.description !== undefined) {
    const decoder = await createAacDecoder({ asc: toBytes(config.description) })
    return measure(track, meter, decoder, (packets) => decoder.decode(packets.map(({ data }) => data)))
  }
  if (codec === 'opus' && config.numberOfChannels <= 2) {
    const decoder = new OpusDecoder({ channels: config.numberOfChannels })
    await decoder.ready
    return measure(track, createMeter(48_000), decoder, (packets) =>
      decoder.decodeFrames(packets.map(({ data }) => data)),
    )
  }
  if (codec?.startsWith('pcm-')) return measurePcm(track, meter)
  return null
}

interface Decoded {
  channelData: Float32Array[]
  errors?: number | unknown[]
}

async function measure(
  track: InputAudioTrack,
  meter: Meter,
  decoder: { free(): void },
  decode: (packets: EncodedPacket[]) => Decoded,
): Promise<Loudness | null> {
  let waiting: EncodedPacket[] = []
  let packets = 0
  let errors = 0
  const flush = () => {
    const decoded = decode(waiting)
    errors += Array.isArray(decoded.errors) ? decoded.errors.length : ((decoded.errors as number | undefined) ?? 0)
    meter.add(decoded.channelData)
    waiting = []
  }
  try {
    for await (const packet of new EncodedPacketSink(track).packets()) {
      packets += 1
      waiting.push(packet)
      if (waiting.length === batch) flush()
    }
    if (waiting.length > 0) flush()
  } finally {
    decoder.free()
  }
  return errors > packets / 2 ? null : meter.result()
}

async function measurePcm(track: InputAudioTrack, meter: Meter): Promise<Loudness | null> {
  if (!(await track.canDecode())) return null
  for await (const sample of new AudioSampleSink(track).samples()) {
    const channels = Array.from({ length: sample.numberOfChannels }, (_, planeIndex) => {
      const plane = new Float32Array(sample.numberOfFrames)
      sample.copyTo(plane, { planeIndex, format: 'f32-planar' })
      return plane
    })
    sample.close()
    meter.add(channels)
  }
  return meter.result()
}

interface Meter {
  add(channels: Float32Array[]): void
  result(): Loudness | null
}

/** The mean power of each tenth of a second, of its loudest channel. */
function createMeter(sampleRate: number): Meter {
  const length = Math.max(1, Math.round(sampleRate / 10))
  const limit = 10 ** (inaudibleDb / 10)
  let powers: number[] = []
  let filled = 0
  let windows = 0
  let silent = 0
  let loudest = 0
  const close = () => {
    const power = Math.max(...powers) / filled
    windows += 1
    if (power < limit) silent += 1
    loudest = Math.max(loudest, power)
    powers = []
    filled = 0
  }
  return {
    add(channels) {
      const samples = channels[0]?.length ?? 0
      for (let from = 0; from < samples; ) {
        const to = Math.min(samples, from + length - filled)
        for (const [index, channel] of channels.entries()) {
          let sum = 0
          for (let i = from; i < to; i++) sum += (channel[i] as number) ** 2
          powers[index] = (powers[index] ?? 0) + (Number.isFinite(sum) ? sum : 0)
        }
        filled += to - from
        from = to
        if (filled === length) close()
      }
    },
    result() {
      if (windows === 0 && filled > 0) close()
      if (windows === 0) return null
      const db = 10 * Math.log10(loudest)
      return {
        loudestDb: db < -120 ? null : Math.round(db * 10) / 10,
        silentShare: Math.round((silent / windows) * 100) / 100,
      }
    },
  }
}

const toBytes = (source: ArrayBufferView | ArrayBufferLike): Uint8Array =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source)
