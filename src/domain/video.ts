/** How a statement is given (domain.md §8.2): people at risk need not show themselves. */
export const videoForms = ['speakerOnVideo', 'voiceOnly', 'readByAnother', 'textOnly'] as const
export type VideoForm = (typeof videoForms)[number]

/** One check of a video or its captions: what was measured against which limit, and a sentence that says what to do. */
export interface VideoCheck {
  code: string
  outcome: 'pass' | 'warn' | 'fail'
  message: string
  measured: string | number | boolean | null
  limit: string | number | boolean | null
}

/** What the content says of itself, read from the bytes. */
export interface VideoMedia {
  durationSeconds: number | null
  container: string | null
  videoCodec: string | null
  audioCodec: string | null
  width: number | null
  height: number | null
  frameRate: number | null
}

export interface VideoScan {
  status: 'clean' | 'infected' | 'notScanned'
  reason: string | null
}
