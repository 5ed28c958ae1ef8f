import { once } from 'node:events'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'

/** Stands before the S3 server and answers what it does not know: which objects are being put together, and to give one up. */
export async function beforeS3(t: Test, { directory, port }: { directory: string; port: number }): Promise<number> {
  const root = join(directory, 'pre-sessions', '._S3rver_uploads')
  const server = createServer(async (asked, answer) => {
    const { pathname, searchParams } = new URL(asked.url ?? '/', 'http://s3')
    const uploadId = searchParams.get('uploadId')
    if (asked.method === 'GET' && searchParams.has('uploads')) {
      const ids = (await readdir(root).catch(() => [])).sort()
      // One a page, so that whoever asks has to ask again.
      const marker = searchParams.get('upload-id-marker')
      const [id, ...more] = marker === null ? ids : ids.filter((one) => one > marker)
      const entry =
        id === undefined
          ? ''
          : `<Upload><Key>${await readFile(join(root, id, 'key'), 'utf8')}</Key><UploadId>${id}</UploadId>
             <Initiated>${(await stat(join(root, id))).mtime.toISOString()}</Initiated></Upload>`
      answer.setHeader('content-type', 'application/xml')
      answer.end(`<?xml version="1.0"?><ListMultipartUploadsResult><IsTruncated>${more.length > 0}</IsTruncated>
        <NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>${id ?? ''}</NextUploadIdMarker>${entry}</ListMultipartUploadsResult>`)
    } else if (asked.method === 'DELETE' && uploadId !== null) {
      await rm(join(root, uploadId), { recursive: true, force: true })
      answer.writeHead(204).end()
    } else {
      const { method, headers } = asked
      const passed = request({
        host: '127.0.0.1',
        port,
        method,
        path: pathname + (asked.url ?? '').slice(pathname.length),
        headers,
      })
      passed.on('response', (response) => {
        answer.writeHead(response.statusCode ?? 500, response.headers)
        response.pipe(answer)
      })
      passed.on('error', () => answer.destroy())
      asked.pipe(passed)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
