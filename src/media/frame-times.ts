import { EncodedPacketSink, type InputTrack } from 'mediabunny'
import { OverLimit } from './reader.ts'

/** Two hours at sixty pictures a second, four times over. */
const mostSamples = 2_000_000
/** Steps that differ by more than this from the usual one are uneven. */
const unevenBy = 0.2
const unevenShare = 0.05

export interface TrackTimes {
  samples: number
  startSeconds: number
  endSeconds: number
  frameRate: number | null
  variable: boolean
  /** The last sample lies beyond the end of the file. */
  lastIsMissing: boolean
}

/** The times of all samples of a track, from the samples themselves. */
export async function readTimes(track: InputTrack): Promise<TrackTimes> {
  const sink = new EncodedPacketSink(track)
  const starts: number[] = []
  let startSeconds = Number.POSITIVE_INFINITY
  let endSeconds = 0
  for await (const { timestamp, duration } of sink.packets(undefined, undefined, { metadataOnly: true })) {
    if (starts.length === mostSamples) throw new OverLimit('The file claims too many samples.')
    starts.push(timestamp)
    startSeconds = Math.min(startSeconds, timestamp)
    endSeconds = Math.max(endSeconds, timestamp + duration)
  }
  // What lies before zero is heard and seen by nobody.
  startSeconds = Number.isFinite(startSeconds) ? Math.max(0, startSeconds) : 0
  const seconds = endSeconds - startSeconds
  return {
    samples: starts.length,
    startSeconds,
    endSeconds,
    frameRate: starts.length > 0 && seconds > 0 ? starts.length / seconds : null,
    variable: isUneven(starts),
    lastIsMissing: starts.length > 0 && !(await hasLast(sink)),
  }
}

async function hasLast(sink: EncodedPacketSink): Promise<boolean> {
  try {
    const last = await sink.getPacket(Number.POSITIVE_INFINITY)
    return last !== null && last.data.length === last.byteLength
  } catch {
    return false
  }
}

function isUneven(starts: number[]): boolean {
  const sorted = Float64Array.from(starts).sort()
  const steps = sorted.subarray(1).map((time, index) => time - (sorted[index] as number))
  if (steps.length < 3) return false
  const usual = steps.slice().sort()[Math.floor(steps.length / 2)] as number
  const uneven = steps.filter((step) => Math.abs(step - usual) > usual * unevenBy + 0.002).length
  return uneven > steps.length * unevenShare
}
