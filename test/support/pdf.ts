import { PDFDocument, PDFName, PDFString } from '@cantoo/pdf-lib'

const segment = (marker: number, content: Buffer) => {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(content.length + 2, 2)
  return Buffer.concat([head, content])
}

/** A JPEG of one dot as far as its frame says, with a place, a device and a comment in it. */
export const aJpeg = (words = 'exif-canary'): Buffer =>
  Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
    segment(0xe1, Buffer.from(`Exif\0\0${words}`, 'latin1')),
    segment(0xfe, Buffer.from(words)),
    segment(0xc0, Buffer.from([8, 0, 1, 0, 1, 1, 1, 0x11, 0])),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from([0x7f, 0xff, 0xd9]),
  ])

/** A PDF with a page of text, and with everything in it that says who made it. */
export async function aTellingPdf(text = 'Our statement', author = 'Author-Canary'): Promise<Buffer> {
  const document = await PDFDocument.create()
  const page = document.addPage([300, 200])
  page.drawText(text, { x: 20, y: 100, size: 12 })
  page.drawImage(await document.embedJpg(aJpeg('exif-canary')), { x: 0, y: 0, width: 10, height: 10 })
  document.setAuthor(author)
  document.setProducer('Producer-Canary')
  document.catalog.set(
    PDFName.of('Metadata'),
    document.context.register(document.context.stream('<xmp>Xmp-Canary</xmp>', { Type: 'Metadata', Subtype: 'XML' })),
  )
  const remark = document.context.obj({ Type: 'Annot', Subtype: 'Text', Rect: [0, 0, 10, 10] })
  remark.set(PDFName.of('T'), PDFString.of('Remark-Canary'))
  page.node.addAnnot(document.context.register(remark))
  await document.attach(Buffer.from('Attachment-Canary'), 'notes.txt')
  return Buffer.from(await document.save({ useObjectStreams: false }))
}
