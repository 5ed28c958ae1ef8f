import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { setPriority } from 'node:os'
import { delimiter, join } from 'node:path'

/** Where the program is, if it is installed. Nothing but pictures and renditions needs it. */
export function findFfmpeg(path: string | undefined): string | undefined {
  for (const folder of (path ?? '').split(delimiter).filter((one) => one !== '')) {
    const candidate = join(folder, 'ffmpeg')
    try {
      accessSync(candidate, constants.X_OK)
      return candidate
    } catch {
      // Not in this folder.
    }
  }
  return undefined
}

export interface Ffmpeg {
  program: string
  signal?: AbortSignal | undefined
}

export interface Source {
  path: string
  mediaType: 'video/mp4' | 'video/webm'
}

/** One picture, from a third of the way, as JPEG of at most 1280 points across. */
export function drawPoster(
  ffmpeg: Ffmpeg,
  source: Source,
  { target, atSeconds }: { target: string; atSeconds: number },
): Promise<boolean> {
  const filter = "scale='min(1280,iw)':-2"
  const output = [
    '-frames:v',
    '1',
    '-vf',
    filter,
    '-c:v',
    'mjpeg',
    '-q:v',
    '4',
    '-f',
    'image2',
    '-update',
    '1',
    `file:${target}`,
  ]
  return run(ffmpeg, ['-ss', atSeconds.toFixed(3), ...input(source), '-an', ...bare, ...output], 60)
}

/** What every browser plays: H.264 and AAC in MP4, at most 720 lines and 30 pictures a second, the index in front. */
export function makeRendition(
  ffmpeg: Ffmpeg,
  source: Source,
  { target, seconds }: { target: string; seconds: number },
): Promise<boolean> {
  const video = ['-map', '0:v:0', '-vf', "scale=-2:'min(720,ih)',format=yuv420p", '-fpsmax', '30', '-c:v', 'libx264']
  const quality = ['-preset', 'veryfast', '-crf', '24', '-maxrate', '3M', '-bufsize', '6M', '-g', '60']
  const audio = ['-map', '0:a:0?', '-c:a', 'aac', '-b:a', '128k', '-ac', '2']
  const output = ['-movflags', '+faststart', '-f', 'mp4', `file:${target}`]
  return run(ffmpeg, [...input(source), ...video, ...quality, ...audio, ...bare, ...output], 120 + seconds * 10)
}

/** The format is ours to say, and nothing but this file is opened: a playlist inside a file must not fetch another. */
const input = ({ path, mediaType }: Source) => [
  ...['-protocol_whitelist', 'file', '-f', mediaType === 'video/mp4' ? 'mov' : 'matroska'],
  ...['-i', `file:${path}`],
]

/** Without tags, chapters, subtitles, data, and the names of the programs. */
const bare = [
  '-map_metadata',
  '-1',
  '-map_chapters',
  '-1',
  '-sn',
  '-dn',
  '-fflags',
  '+bitexact',
  '-flags:v',
  '+bitexact',
  '-flags:a',
  '+bitexact',
]

/** False where it failed or took too long; what it says of a file is of no use to anybody. */
function run({ program, signal }: Ffmpeg, args: string[], limitSeconds: number): Promise<boolean> {
  signal?.throwIfAborted()
  const limits = [
    '-timelimit',
    String(Math.ceil(limitSeconds * 2)),
    '-max_alloc',
    String(256 * 1024 * 1024),
    '-threads',
    '1',
  ]
  const child = spawn(program, ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...limits, ...args], {
    env: {},
    stdio: 'ignore',
    windowsHide: true,
  })
  return new Promise((resolve, reject) => {
    const kill = () => child.kill('SIGKILL')
    const timer = setTimeout(kill, limitSeconds * 1000)
    signal?.addEventListener('abort', kill, { once: true })
    if (child.pid !== undefined) {
      try {
        setPriority(child.pid, 15)
      } catch {
        // It has ended already, or the system does not let us.
      }
    }
    child.once('error', () => resolve(false))
    child.once('close', (code) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', kill)
      if (signal?.aborted) reject(signal.reason)
      else resolve(code === 0)
    })
  })
}
