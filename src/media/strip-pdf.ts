import { readFile, writeFile } from 'node:fs/promises'
import { PDFArray, PDFDict, PDFDocument, PDFName, PDFRawStream } from '@cantoo/pdf-lib'
import { withoutJpegMetadata } from './strip-jpeg.ts'

/** Who wrote it, with what and when; what other programs keep for themselves; what runs, and what is carried along. */
const personal = [
  'Metadata',
  'PieceInfo',
  'LastModified',
  'OpenAction',
  'AA',
  'AcroForm',
  'Names',
  'Collection',
  'Perms',
]
/** Remarks of readers, with their names. */
const remarks = [
  'Text',
  'FreeText',
  'Highlight',
  'Underline',
  'Squiggly',
  'StrikeOut',
  'Stamp',
  'Caret',
  'Ink',
  'Popup',
  'FileAttachment',
  'Redact',
]

export type PdfStripResult = { stripped: true } | { stripped: false; reason: 'encrypted' | 'unreadable' }

/** Writes the pages anew, without all that says who made them. What cannot be read whole is not copied. */
export async function stripPdf(path: string, output: string): Promise<PdfStripResult> {
  const bytes = await readFile(path)
  // Whatever its reader stumbles over is a fault of the file.
  const copy = await copyOf(bytes).catch(() => undefined)
  if (copy === undefined) return { stripped: false, reason: await reasonOf(bytes) }
  await writeFile(output, copy)
  return { stripped: true }
}

/** Pages and what they refer to are copied into a new document: nothing else comes along. */
async function copyOf(bytes: Uint8Array): Promise<Uint8Array> {
  const document = await PDFDocument.load(bytes, { updateMetadata: false, throwOnInvalidObject: true })
  for (const [, object] of document.context.enumerateIndirectObjects()) {
    if (object instanceof PDFDict) clean(object)
    if (object instanceof PDFRawStream) {
      clean(object.dict)
      if (isJpeg(object.dict)) object.updateContents(withoutJpegMetadata(object.contents))
    }
  }
  const copy = await PDFDocument.create({ updateMetadata: false })
  for (const page of await copy.copyPages(document, document.getPageIndices())) copy.addPage(page)
  delete copy.context.trailerInfo.Info
  return copy.save({ updateFieldAppearances: false })
}

const reasonOf = async (bytes: Uint8Array) => {
  const opened = await PDFDocument.load(bytes, { ignoreEncryption: true, updateMetadata: false }).catch(() => undefined)
  return opened?.isEncrypted === true ? 'encrypted' : 'unreadable'
}

function clean(dict: PDFDict): void {
  for (const name of personal) dict.delete(PDFName.of(name))
  const annotations = dict.lookup(PDFName.of('Annots'))
  if (annotations instanceof PDFArray) removeRemarks(annotations)
}

function removeRemarks(annotations: PDFArray): void {
  for (let index = annotations.size() - 1; index >= 0; index -= 1) {
    const annotation = annotations.lookup(index)
    const subtype = annotation instanceof PDFDict ? annotation.lookup(PDFName.of('Subtype')) : undefined
    if (subtype instanceof PDFName && remarks.includes(subtype.decodeText())) annotations.remove(index)
  }
}

function isJpeg(dict: PDFDict): boolean {
  const filter = dict.lookup(PDFName.of('Filter'))
  return filter instanceof PDFName && filter.decodeText() === 'DCTDecode'
}
