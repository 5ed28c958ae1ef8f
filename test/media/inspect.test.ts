import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { MediaFacts } from '../../src/domain/media-facts.ts'
import { checkVideo } from '../../src/domain/video-checks.ts'
import { inspectMedia } from '../../src/media/inspect.ts'
import { inspectIsolated } from '../../src/media/isolated.ts'
import { defaultSettings } from '../../src/pre-sessions/settings.ts'
import { breaksItsReader, expected } from './expected.ts'

const folder = join(import.meta.dirname, '../fixtures/media')
const inspect = (name: string): Promise<MediaFacts | undefined> =>
  breaksItsReader.includes(name)
    ? inspectIsolated(join(folder, name), { timeLimitSeconds: 2 })
    : inspectMedia(join(folder, name))

t.test('every file of the folder gets exactly the expected checks', async (t) => {
  t.same(readdirSync(folder).sort(), Object.keys(expected).sort(), 'no file without an expectation')
  for (const [name, wanted] of Object.entries(expected)) {
    const checks = checkVideo(await inspect(name), name, defaultSettings.video)
    t.same(
      Object.fromEntries(
        checks.filter(({ outcome }) => outcome !== 'pass').map(({ code, outcome }) => [code, outcome]),
      ),
      wanted,
      name,
    )
    t.ok(checks.length > 0 && checks.every(({ message }) => message.endsWith('.')))
  }
})

t.test('what is measured is told with its limit and with what to do', async (t) => {
  const check = async (name: string, code: string) =>
    checkVideo(await inspect(name), name, defaultSettings.video).find((one) => one.code === code)
  t.match(await check('5-11.mp4', 'duration'), {
    measured: 311,
    limit: 310,
    message: /5:11 min.*at most 5:00 min.*shorten/,
  })
  t.match(await check('5-10.webm', 'duration'), { outcome: 'pass', measured: 310.007, message: /tolerance/ })
  t.match(await check('says-1-00.mp4', 'headerDuration'), { measured: 60, limit: 311, message: /1:00 min.*5:11 min/ })
  t.match(await check('portrait.mp4', 'orientation'), { measured: 'portrait', message: /camera turned sideways/ })
  t.match(await check('silent.mp4', 'sound'), { measured: 'silence', message: /microphone/ })
  t.match(await check('ac3.mp4', 'sound'), { outcome: 'warn', measured: 'not measured', message: /listen/ })
  t.match(await check('pdf-named.mp4', 'container'), { measured: 'application/pdf', limit: 'MP4, MOV, WebM' })
  t.match(await check('truncated-before-index.mp4', 'completeness'), {
    measured: 'mdat',
    message: /4227 bytes are missing/,
  })
})

t.test('the facts are those of the content', async (t) => {
  t.match(await inspect('right.mp4'), {
    container: 'mp4',
    durationSeconds: 3,
    headerSeconds: 3,
    video: { codec: 'h264', width: 640, height: 480, frameRate: 25, variableFrameRate: false, frames: 75 },
    audio: { codec: 'aac', channels: 1, sampleRate: 48000, loudness: { silentShare: 0 } },
  })
  t.match(await inspect('rotated.mov'), { video: { width: 480, height: 640, rotationDegrees: 270 } })
  t.match(await inspect('variable-frame-rate.mp4'), { video: { frameRate: 10, variableFrameRate: true } })
  t.match(await inspect('recorder.webm'), { headerSeconds: null, durationSeconds: 3.007, video: { codec: 'vp8' } })
})

t.test('a process of its own finds the same', async (t) => {
  for (const name of ['right.webm', 'pcm.mov', 'right.mp4'])
    t.same(await inspectIsolated(join(folder, name), { timeLimitSeconds: 20 }), await inspect(name))
  await t.rejects(inspectIsolated(join(folder, 'missing.mp4'), { timeLimitSeconds: 20 }), /ENOENT/)
})

t.test('a service that ends takes its reader along', async (t) => {
  const ending = new AbortController()
  const reading = inspectIsolated(join(folder, 'deep-nesting.webm'), { timeLimitSeconds: 60, signal: ending.signal })
  ending.abort(new Error('ending'))
  await t.rejects(reading, { message: 'ending' })
})
