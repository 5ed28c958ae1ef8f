/** What was found in a media file by reading its content. Null: it could not be told. */
export interface MediaFacts {
  sizeBytes: number
  /** By the first bytes, whatever the name says; null when they are of no known kind. */
  signature: { mediaType: string; extension: string } | null
  container: Container | null
  /** Why nothing is known of tracks and times. */
  unreadable: Unreadable | null
  /** The part of the file that its end cuts off, and how many bytes are missing where that can be told. */
  cut: { part: string; missingBytes: number | null } | null
  /** Content of another kind, hidden where players do not look. */
  foreign: { kind: string; atByte: number } | null
  /** From the first sample to the end of the last one. */
  durationSeconds: number | null
  /** What the header says. */
  headerSeconds: number | null
  video: VideoFacts | null
  audio: AudioFacts | null
  /** Tracks that are neither the picture nor the sound. */
  otherTracks: number
}

export type Container = 'mp4' | 'mov' | 'webm' | 'mkv'
/** `unknownFormat`: no container that is read here; `damaged`: its index cannot be read; `overLimit`: reading it would take more than is granted. */
export type Unreadable = 'unknownFormat' | 'damaged' | 'overLimit'

export interface VideoFacts {
  /** Short name, such as `h264`; the container's own code when it is none that is known. */
  codec: string
  /** As shown: after pixel shape and rotation. */
  width: number
  height: number
  rotationDegrees: number
  /** Pictures by length. */
  frameRate: number | null
  variableFrameRate: boolean
  frames: number
  seconds: number
  /** Whether the first picture is a whole one, as its own bytes tell. */
  startsWhole: boolean
}

export interface AudioFacts {
  codec: string
  channels: number
  sampleRate: number
  seconds: number
  loudness: Loudness | null
}

export interface Loudness {
  /** The loudest tenth of a second, in decibels below full scale; null for nothing but zeros. */
  loudestDb: number | null
  /** Share of the sound, from 0 to 1, that cannot be heard. */
  silentShare: number
}
