declare module 'webvtt-parser' {
  interface ParsedCue {
    startTime: number
    endTime: number
    direction: 'horizontal' | 'rl' | 'lr'
    snapToLines: boolean
    linePosition: number | 'auto'
    lineAlign: string
    textPosition: number | 'auto'
    positionAlign: string
    size: number
    alignment: string
  }
  type OnError = (message: string, column: number) => void

  export class WebVTTParser {
    constructor(entities?: Record<string, string>)
    parse(
      input: string,
      mode?: 'metadata' | 'chapters',
    ): { cues: ParsedCue[]; errors: { message: string; line: number; col?: number }[] }
  }
  export class WebVTTCueTimingsAndSettingsParser {
    constructor(line: string, onError: OnError)
    parse(cue: Partial<ParsedCue>, previousCueStart: number): true | undefined
  }
  export class WebVTTCueTextParser {
    constructor(text: string, onError: OnError, mode: string | undefined, entities: Record<string, string>)
    parse(start: number, end: number): unknown
  }
}
