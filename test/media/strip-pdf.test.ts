import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { PDFDocument, PDFRawStream } from '@cantoo/pdf-lib'
import t from 'tap'
import { withoutJpegMetadata } from '../../src/media/strip-jpeg.ts'
import { stripPdf } from '../../src/media/strip-pdf.ts'
import { aJpeg, aTellingPdf } from '../support/pdf.ts'

/** Every byte that a reader could find, packed or not. */
async function wordsOf(bytes: Buffer): Promise<string> {
  const document = await PDFDocument.load(bytes, { updateMetadata: false })
  const streams = document.context.enumerateIndirectObjects().flatMap(([, object]) => {
    if (!(object instanceof PDFRawStream)) return []
    try {
      return [inflateSync(object.contents).toString('latin1')]
    } catch {
      return [Buffer.from(object.contents).toString('latin1')]
    }
  })
  const objects = document.context.enumerateIndirectObjects().map(([, object]) => object.toString())
  return [bytes.toString('latin1'), ...streams, ...objects].join('\n')
}

t.test('pages are copied, and nothing that says who made them', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'pre-sessions-pdf-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const [path, output] = [join(folder, 'original.pdf'), join(folder, 'copy.pdf')]
  const strip = () => stripPdf(path, output)
  const original = await aTellingPdf()
  await writeFile(path, original)
  t.same(await strip(), { stripped: true })
  const copy = await readFile(output)
  t.match(await wordsOf(original), /canary/i)
  const left = await wordsOf(copy)
  for (const word of [
    'Producer-Canary',
    'Xmp-Canary',
    'Remark-Canary',
    'exif-canary',
    'Attachment-Canary',
    'CreationDate',
  ])
    t.notOk(left.includes(word), word)
  t.notMatch(left, /canary/i)
  const opened = await PDFDocument.load(copy, { updateMetadata: false })
  t.equal(opened.getPageCount(), 1)
  t.equal(opened.getAuthor(), undefined)
  t.equal(copy.subarray(0, 5).toString(), '%PDF-')

  await t.test('what cannot be read whole is not copied', async (t) => {
    await writeFile(path, Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(5000, 1), Buffer.from('%%EOF')]))
    t.same(await strip(), { stripped: false, reason: 'unreadable' })
    const locked = await PDFDocument.create()
    locked.addPage()
    locked.encrypt({ userPassword: 'x', ownerPassword: 'y' })
    await writeFile(path, await locked.save())
    t.same(await strip(), { stripped: false, reason: 'encrypted' })
  })
})

t.test('a picture keeps its picture alone', async (t) => {
  const clean = withoutJpegMetadata(aJpeg())
  t.notOk(Buffer.from(clean).includes('exif-canary'))
  t.ok(Buffer.from(clean).includes('JFIF'))
  t.same(Buffer.from(clean.slice(-2)), Buffer.from([0xff, 0xd9]))
  t.same(withoutJpegMetadata(clean), clean)
  const other = Buffer.from('no picture')
  t.equal(withoutJpegMetadata(other), other)
  const cut = aJpeg().subarray(0, 30)
  t.ok(withoutJpegMetadata(cut).length <= 30)
})
