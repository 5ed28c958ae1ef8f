import { open } from 'node:fs/promises'
import { fileTypeFromFile } from 'file-type'

/** What a document may be, by its content: PDF and the common office formats. */
export const documentTypes: Record<string, string> = {
  'application/pdf': 'PDF',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'DOCX',
  'application/vnd.oasis.opendocument.text': 'ODT',
  'application/x-cfb': 'DOC',
  'application/rtf': 'RTF',
}

/** The media type found in the bytes, or undefined when they are none that is accepted. The sender's word and the file's name are not asked. */
export async function detectDocumentType(path: string): Promise<string | undefined> {
  const found = await fileTypeFromFile(path)
  if (found === undefined || documentTypes[found.mime] === undefined) return undefined
  if (found.mime === 'application/pdf' && !(await endsAsPdf(path))) return undefined
  return found.mime === 'application/x-cfb' ? 'application/msword' : found.mime
}

/** A PDF that was cut off lacks its end mark; readers look for it in the last kilobyte. */
async function endsAsPdf(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const length = Math.min(size, 2048)
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.includes('%%EOF')
  } finally {
    await file.close()
  }
}
