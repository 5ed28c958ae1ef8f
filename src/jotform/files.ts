import { fileTypeFromBuffer } from 'file-type'

/** `permanent`: no later try can help, a person must look. `transient`: try again later. */
export class FileFailure extends Error {
  override name = 'FileFailure'
  readonly permanent: boolean
  constructor(permanent: boolean, message: string) {
    super(message)
    this.permanent = permanent
  }
}

export interface FileSource {
  apiKey?: string | undefined
  /** The API's own host counts as Jotform's: Enterprise accounts serve files from it. */
  apiUrl?: string | undefined
  /** Sandbox only: an origin that stands in for Jotform's upload hosts. */
  filesUrl?: string | undefined
  timeoutMs?: number
}

export interface DownloadedFile {
  bytes: Buffer
  mediaType: string
}

export const uploadHosts = ['www.jotform.com', 'eu.jotform.com', 'hipaa.jotform.com']
export const maxFileBytes = 50 * 1024 * 1024
const maxRedirects = 3
const fileTimeoutMs = 60_000

const officeTypes = [
  'application/pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.oasis.opendocument.text',
  'application/msword',
  'application/rtf',
]

/** Undefined where the address is one that Jotform gives to uploads of this submission; else why it is not fetched. */
export function refuseUploadUrl(
  address: string,
  of: { formId: string; submissionId: string },
  source: FileSource = {},
): string | undefined {
  const url = URL.parse(address)
  if (url === null) return 'The address of the file cannot be read.'
  if (
    url.protocol !== 'https:' ||
    url.port !== '' ||
    url.username !== '' ||
    url.password !== '' ||
    !isJotformHost(url.hostname, source)
  ) {
    return `The file is not on Jotform (${url.protocol}//${url.hostname}) and is not fetched. Ask the applicant for it.`
  }
  const [empty, uploads, user, formId, submissionId, file, ...rest] = url.pathname.split('/')
  const isUpload =
    empty === '' && uploads === 'uploads' && user !== '' && file !== undefined && file !== '' && rest.length === 0
  if (!isUpload || formId !== of.formId || submissionId !== of.submissionId || /%2f|%5c|\\/i.test(url.pathname)) {
    return 'The address does not belong to this submission and is not fetched. Ask the applicant for the file.'
  }
  return undefined
}

/** One upload, copied into memory and checked by its content; throws `FileFailure`. */
export async function downloadUpload(
  address: string,
  of: { formId: string; submissionId: string },
  accept: readonly string[] | undefined,
  source: FileSource,
): Promise<DownloadedFile> {
  const refusal = refuseUploadUrl(address, of, source)
  if (refusal !== undefined) throw new FileFailure(true, refusal)
  const response = await request(new URL(address), source)
  const bytes = await readLimited(response)
  return { bytes, mediaType: await checkContent(bytes, accept) }
}

async function request(first: URL, source: FileSource): Promise<Response> {
  let url = first
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const response = await fetchOnce(url, source)
    if (response.status < 300 || response.status >= 400) return assertFound(response)
    await response.body?.cancel()
    const next = URL.parse(response.headers.get('location') ?? '', url.href)
    if (next === null || next.protocol !== 'https:' || next.port !== '' || !isJotformHost(next.hostname, source)) {
      throw new FileFailure(
        true,
        `Jotform sent us to another host (${next?.hostname ?? 'unknown'}) for this file, which is not followed. Download it in Jotform by hand.`,
      )
    }
    url = next
  }
  throw new FileFailure(true, 'Jotform redirected this file too often. Download it in Jotform by hand.')
}

async function fetchOnce(url: URL, source: FileSource): Promise<Response> {
  // The stand-in gets the key as Jotform would, so that a sandbox shows the whole exchange.
  const target = source.filesUrl === undefined ? url : new URL(`${source.filesUrl}${url.pathname}${url.search}`)
  const headers: Record<string, string> = source.apiKey === undefined ? {} : { APIKEY: source.apiKey }
  try {
    return await fetch(target, {
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(source.timeoutMs ?? fileTimeoutMs),
    })
  } catch {
    throw new FileFailure(false, 'Jotform did not answer when the file was fetched.')
  }
}

async function assertFound(response: Response): Promise<Response> {
  if (response.status >= 200 && response.status < 300) return response
  await response.body?.cancel()
  const permanent =
    response.status !== 404 && response.status !== 408 && response.status !== 429 && response.status < 500
  throw new FileFailure(permanent, `Jotform answered ${response.status} when the file was fetched.`)
}

async function readLimited(response: Response): Promise<Buffer> {
  const tooLarge = new FileFailure(
    true,
    `The file is larger than ${maxFileBytes / 1024 / 1024} MiB. Ask the applicant for a smaller one.`,
  )
  if (Number(response.headers.get('content-length') ?? 0) > maxFileBytes) {
    await response.body?.cancel()
    throw tooLarge
  }
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length
      if (size > maxFileBytes) throw tooLarge
      chunks.push(chunk)
    }
  } catch (error) {
    throw error === tooLarge
      ? error
      : new FileFailure(false, 'The connection to Jotform broke while the file was fetched.')
  }
  return Buffer.concat(chunks)
}

async function checkContent(bytes: Buffer, accept: readonly string[] | undefined): Promise<string> {
  if (bytes.length === 0) throw new FileFailure(false, 'Jotform sent an empty file.')
  if (isHtml(bytes)) {
    throw new FileFailure(
      true,
      'Jotform sent its login page instead of the file: the uploads need a log-in. Check JOTFORM_API_KEY, or download the file in Jotform.',
    )
  }
  const mediaType = (await fileTypeFromBuffer(bytes))?.mime ?? 'application/octet-stream'
  // file-type names the container of old office files, not the program that made it.
  const known = mediaType === 'application/x-cfb' ? 'application/msword' : mediaType
  const accepted = accept ?? officeTypes
  if (accepted.some((type) => type === known || (type.endsWith('/*') && known.startsWith(type.slice(0, -1)))))
    return known
  throw new FileFailure(
    true,
    `The file is ${known}, which is not accepted here (${accepted.join(', ')}). Ask the applicant for another one.`,
  )
}

function isHtml(bytes: Buffer): boolean {
  const start = bytes
    .subarray(0, 1_024)
    .toString('latin1')
    .replace(/^\ufeff|^ï»¿/, '')
    .trimStart()
    .toLowerCase()
  return (
    start.startsWith('<!doctype html') ||
    start.startsWith('<html') ||
    /^<!--[\s\S]*?-->\s*<(!doctype )?html/.test(start)
  )
}

/** Exact names only: `www.jotform.com.evil.example` ends in nothing of Jotform's. */
function isJotformHost(hostname: string, source: FileSource): boolean {
  return uploadHosts.includes(hostname) || hostname === enterpriseHost(source.apiUrl)
}

/** The host of `https://<own name>/API`; the shared API hosts serve no files. */
function enterpriseHost(apiUrl: string | undefined): string | undefined {
  const url = apiUrl === undefined ? null : URL.parse(apiUrl)
  return url !== null && /^\/api\/?$/i.test(url.pathname) ? url.hostname : undefined
}
