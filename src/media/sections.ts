import { isoSections } from './iso-sections.ts'
import type { RangeReader } from './reader.ts'
import { webmSections } from './webm-sections.ts'

/** A stretch of a container, from its first byte to the one behind its last. */
export interface Section {
  type: string
  start: number
  contentStart: number
  end: number
}

export interface Extent {
  /** What players skip: free space, parts of unknown kind, bytes behind the end. */
  skipped: Section[]
  /** The part that claims more bytes than the file has. */
  cut: { part: string; missingBytes: number | null } | null
}

/** Walks the outermost parts of the file by their headers, without reading what is in them. */
export const readExtent = (reader: RangeReader, family: 'iso' | 'webm'): Promise<Extent> =>
  family === 'iso' ? isoSections(reader) : webmSections(reader)
