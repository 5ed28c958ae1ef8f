import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { drawPoster, findFfmpeg, makeRendition } from '../../src/media/ffmpeg.ts'
import { inspectMedia } from '../../src/media/inspect.ts'

const folder = join(import.meta.dirname, '../fixtures/media')
const scratch = t.testdir({ bin: { ffmpeg: '' } })
const program = findFfmpeg(process.env.PATH)

t.test('it is found where it is installed, and only there', async (t) => {
  t.equal(findFfmpeg(undefined), undefined)
  t.equal(findFfmpeg(`/nowhere:${join(scratch, 'bin')}`), undefined, 'a file that is no program')
  if (program !== undefined) t.match(program, /ffmpeg$/)
})

t.test('without the program there is neither picture nor rendition', async (t) => {
  const source = { path: join(folder, 'right.mp4'), mediaType: 'video/mp4' as const }
  t.equal(
    await drawPoster({ program: '/nowhere/ffmpeg' }, source, { target: join(scratch, 'a.jpg'), atSeconds: 1 }),
    false,
  )
})

if (program !== undefined) {
  t.test('a picture and a rendition tell nothing of where they come from', async (t) => {
    for (const [name, mediaType] of [
      ['personal.mov', 'video/mp4'],
      ['personal.webm', 'video/webm'],
    ] as const) {
      const source = { path: join(folder, name), mediaType }
      const [poster, rendition] = [join(scratch, `${name}.jpg`), join(scratch, `${name}.mp4`)]
      t.equal(await drawPoster({ program }, source, { target: poster, atSeconds: 1 }), true)
      t.equal(await makeRendition({ program }, source, { target: rendition, seconds: 3 }), true)
      const picture = await readFile(poster, 'latin1')
      t.ok(picture.startsWith('\xff\xd8\xff'))
      const facts = await inspectMedia(rendition)
      t.match(facts, {
        container: 'mp4',
        video: { codec: 'h264', height: 480 },
        audio: { codec: 'aac' },
        cut: null,
        otherTracks: 0,
      })
      for (const bytes of [picture, await readFile(rendition, 'latin1')])
        t.notOk(/CANARY|46\.2044|Lavf/.test(bytes), name)
    }
  })

  t.test('a playlist opens no file and no connection', async (t) => {
    let connections = 0
    const canary = createServer(() => {
      connections += 1
    }).listen(0, '127.0.0.1')
    await once(canary, 'listening')
    t.teardown(() => canary.close())
    const { port } = canary.address() as { port: number }
    const secret = join(scratch, 'secret.ts')
    await writeFile(secret, 'secret')
    const playlist = join(scratch, 'playlist.mp4')
    await writeFile(
      playlist,
      `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://${secret}\n#EXTINF:1,\nhttp://127.0.0.1:${port}/a.ts\n#EXT-X-ENDLIST\n`,
    )
    for (const mediaType of ['video/mp4', 'video/webm'] as const)
      t.equal(
        await drawPoster({ program }, { path: playlist, mediaType }, { target: join(scratch, 'p.jpg'), atSeconds: 0 }),
        false,
      )
    t.equal(connections, 0)
    t.notOk(existsSync(join(scratch, 'p.jpg')))
  })
}
