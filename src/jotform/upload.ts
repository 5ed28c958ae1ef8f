import { Busboy, type BusboyHeaders } from '@fastify/busboy'
import { invalidInput } from '../errors.ts'

/** The file of an import: the body itself, or the one part of a form that a browser sends. */
export async function readUpload(contentType: string, body: Buffer): Promise<string> {
  if (!/^multipart\/form-data/i.test(contentType)) return body.toString('utf8')
  const chunks: Buffer[] = []
  const done = Promise.withResolvers<void>()
  try {
    const headers: BusboyHeaders = { 'content-type': contentType }
    const parser = new Busboy({ headers, limits: { files: 1, fields: 5, parts: 10, fieldSize: 25 * 1024 * 1024 } })
    // A part that is cut off fails by itself, and an error that nobody listens to ends the service.
    parser.on('file', (_name, stream) => {
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', done.reject)
    })
    parser.on('field', (name, value) => {
      if (name === 'file' && chunks.length === 0) chunks.push(Buffer.from(value))
    })
    parser.on('error', done.reject)
    parser.on('finish', () => done.resolve())
    parser.end(body)
    await done.promise
  } catch {
    throw invalidInput('/file', 'unreadable', 'The multipart body could not be read.')
  }
  if (chunks.length === 0) throw invalidInput('/file', 'required', 'The part "file" is missing.')
  return Buffer.concat(chunks).toString('utf8')
}
