import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { inspectMedia } from '../../src/media/inspect.ts'
import { stripIsolated } from '../../src/media/isolated.ts'
import { stripMedia } from '../../src/media/strip.ts'

const folder = join(import.meta.dirname, '../fixtures/media')
const scratch = t.testdir()

async function strip(name: string): Promise<Buffer> {
  const target = join(scratch, name)
  t.match(await stripMedia(join(folder, name), target), { done: true })
  return readFile(target)
}

const personal = ['personal.mp4', 'personal.mov', 'personal.webm']

t.test('nothing that tells of a person, a place, a device or a time is in the copy', async (t) => {
  for (const name of personal) {
    const before = await readFile(join(folder, name), 'latin1')
    const after = (await strip(name)).toString('latin1')
    for (const canary of new Set(before.match(/CANARY-[a-z-]+/g))) t.notMatch(after, canary, `${name}: ${canary}`)
    t.match(before, 'CANARY')
    // Whole words that stand for a kind of box or element; their bytes would be there with any content.
    for (const box of ['udta', 'meta', 'uuid', 'loci', '\xa9xyz', 'chpl', 'tmcd', 'text', 'tx3g', 'mdta', 'ilst'])
      t.notOk(after.includes(box), `${name}: ${box}`)
    t.notOk(after.includes('46.2044'), `${name}: place`)
    t.notOk(/Lavf|x264|libvpx/.test(after), `${name}: software`)
    t.notOk(hasDates(Buffer.from(after, 'latin1')), `${name}: dates`)
  }
})

/** A date in the boxes of MP4; the original has one. */
const hasDates = (bytes: Buffer) =>
  ['mvhd', 'tkhd', 'mdhd'].some((type) => {
    const at = bytes.indexOf(type)
    return at !== -1 && (bytes.readUInt32BE(at + 8) !== 0 || bytes.readUInt32BE(at + 12) !== 0)
  })

t.test('the search for dates finds those of the original', async (t) => {
  t.ok(hasDates(await readFile(join(folder, 'personal.mp4'))))
})

t.test('tags, attachments, chapters and subtitles of WebM are gone', async (t) => {
  const before = await readFile(join(folder, 'personal.webm'))
  const after = await strip('personal.webm')
  // Tags, Attachments, Chapters, DateUTC, Title.
  for (const id of ['1254c367', '1941a469', '1043a770', '4461', '7ba9']) {
    const bytes = Buffer.from(id, 'hex')
    if (id.length === 8) t.ok(before.includes(bytes), `the original has ${id}`)
    if (id.length === 8) t.notOk(after.includes(bytes), `the copy has no ${id}`)
  }
  t.notOk(/S_TEXT|D_WEBVTT/.test(after.toString('latin1')))
})

t.test('picture and sound are all there', async (t) => {
  const names = [
    'right.mp4',
    'right.mov',
    'right.webm',
    'recorder.webm',
    'fragmented.mp4',
    'hevc.mov',
    'rotated.mov',
    'pcm.mov',
    '5-10.webm',
  ]
  for (const name of [...names, ...personal]) {
    await strip(name)
    const before = await inspectMedia(join(folder, name))
    const after = await inspectMedia(join(scratch, name))
    t.equal(after.video?.frames, before.video?.frames, name)
    t.same(
      [after.video?.width, after.video?.height, after.video?.rotationDegrees],
      [before.video?.width, before.video?.height, before.video?.rotationDegrees],
    )
    t.same(after.audio?.loudness, before.audio?.loudness, name)
    t.ok(Math.abs((after.durationSeconds ?? 0) - (before.durationSeconds ?? 0)) < 0.1, name)
    t.equal(after.otherTracks, 0)
    t.same([after.unreadable, after.cut, after.foreign], [null, null, null])
  }
})

t.test('what hides beside the media does not come along', async (t) => {
  for (const name of ['polyglot-pdf.mp4', 'polyglot-zip.mp4', 'polyglot-html.mp4']) {
    t.notOk(/%PDF|PK\x03\x04|<script/.test((await strip(name)).toString('latin1')), name)
  }
})

t.test('a file whose codecs cannot be written anew has no copy', async (t) => {
  t.same(await stripMedia(join(folder, 'mpeg4-part2.mp4'), join(scratch, 'none.mp4')), { done: false })
})

t.test('a process of its own writes the same and can write nowhere else', async (t) => {
  const target = join(scratch, 'isolated.mp4')
  await writeFile(target, '')
  t.same(await stripIsolated(join(folder, 'personal.mp4'), target, { timeLimitSeconds: 20 }), {
    done: true,
    mediaType: 'video/mp4',
  })
  t.same(await readFile(target), await strip('personal.mp4'))
})

t.test('another reader finds nothing either, where it is installed', async (t) => {
  if (!existsSync('/usr/bin/ffprobe')) return t.pass('no ffprobe here')
  for (const name of personal) {
    await strip(name)
    const args = ['-v', 'error', '-show_format', '-show_streams', '-show_chapters', '-of', 'json', join(scratch, name)]
    const { stdout } = await promisify(execFile)('/usr/bin/ffprobe', args)
    const found = JSON.parse(stdout)
    t.same(found.chapters, [])
    t.same(
      found.streams.map((one: { codec_type: string }) => one.codec_type),
      ['video', 'audio'],
    )
    const tags = [found.format, ...found.streams].flatMap(({ tags = {} }) => Object.keys(tags))
    const harmless = [
      'major_brand',
      'minor_version',
      'compatible_brands',
      'handler_name',
      'vendor_id',
      'language',
      'encoder',
      'ENCODER',
      'DURATION',
    ]
    t.same(
      tags.filter((tag) => !harmless.includes(tag)),
      [],
      name,
    )
  }
})
