import { type Question, readQuestions } from './drift.ts'
import { isRecord } from './text.ts'

/** One row of Jotform's submissions. Scalars are text; `updatedAt` is absent until the first edit; both times are US Eastern. */
export interface ApiSubmission {
  id: string
  formId: string
  createdAt?: string
  updatedAt?: string
  status: string
  answers: Record<string, unknown>
}

/** Why Jotform gave no answer: each kind asks for another reaction. */
export type JotformFailure = 'unauthorised' | 'notFound' | 'rateLimited' | 'unavailable'

export class JotformError extends Error {
  override name = 'JotformError'
  readonly failure: JotformFailure
  constructor(failure: JotformFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.failure = failure
  }
}

export interface JotformClient {
  /** Succeeds exactly when the key works: the one proof that a 401 elsewhere is about the id and not about the key. */
  getUser(): Promise<{ username: string }>
  /** `notFound` also for a submission of somebody else: Jotform answers 401 for both. */
  getSubmission(id: string): Promise<ApiSubmission>
  /** All rows of the window, page after page. Filter values are US Eastern, `gt` is exclusive to the second. */
  listSubmissions(formId: string, filter?: Record<string, string>): Promise<ApiSubmission[]>
  getQuestions(formId: string, options?: { timeoutMs?: number }): Promise<Question[]>
  /** Registered addresses; their position is no stable id. */
  getWebhooks(formId: string): Promise<string[]>
  getUsage(): Promise<Record<string, unknown>>
  /** Calls left today, as the last answer said. */
  limitLeft(): number | undefined
}

export interface JotformClientOptions {
  apiUrl: string
  apiKey: string
  timeoutMs?: number
}

/** Jotform answers in well under a second; a list of a thousand rows takes some. */
const defaultTimeoutMs = 20_000
/** The largest page Jotform gives. */
const pageSize = 1_000
/** No form of ours comes near; it ends a listing that would never end. */
const maxPages = 50
const maxAnswerBytes = 64 * 1024 * 1024

export function createJotformClient({
  apiUrl,
  apiKey,
  timeoutMs = defaultTimeoutMs,
}: JotformClientOptions): JotformClient {
  let limitLeft: number | undefined

  async function get(path: string, query: Record<string, string> = {}, waitMs = timeoutMs): Promise<unknown> {
    const url = new URL(`${apiUrl}${path}`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    const { status, text } = await fetchText(url, apiKey, waitMs)
    const envelope = readEnvelope(text)
    const left = Number(envelope['limit-left'])
    if (envelope['limit-left'] !== undefined && Number.isFinite(left)) limitLeft = left
    const failure = failureOf(status, Number(envelope.responseCode), String(envelope.message ?? ''))
    if (failure !== undefined) {
      throw new JotformError(
        failure,
        `Jotform answered ${status}/${envelope.responseCode} to GET ${path}: ${envelope.message ?? 'no message'}`,
      )
    }
    return envelope.content
  }

  return {
    limitLeft: () => limitLeft,
    async getUser() {
      const content = requireRecord(await get('/user'), '/user')
      return { username: String(content.username ?? '') }
    },
    async getSubmission(id) {
      try {
        const row = readSubmission(await get(`/submission/${encodeURIComponent(id)}`))
        if (row === undefined)
          throw new JotformError('unavailable', `Jotform answered without a submission to /submission/${id}`)
        return row
      } catch (error) {
        const isRefusal = error instanceof JotformError && error.failure === 'unauthorised'
        throw isRefusal ? new JotformError('notFound', error.message, { cause: error }) : error
      }
    },
    async listSubmissions(formId, filter) {
      const rows = new Map<string, ApiSubmission>()
      for (let page = 0; page < maxPages; page += 1) {
        const path = `/form/${encodeURIComponent(formId)}/submissions`
        const content = await get(path, {
          ...(filter === undefined ? {} : { filter: JSON.stringify(filter) }),
          orderby: 'created_at',
          direction: 'ASC',
          limit: String(pageSize),
          offset: String(page * pageSize),
        })
        if (!Array.isArray(content)) throw new JotformError('unavailable', `Jotform answered without a list to ${path}`)
        for (const row of content.map(readSubmission)) if (row !== undefined) rows.set(row.id, row)
        if (content.length < pageSize) return [...rows.values()]
      }
      throw new JotformError(
        'unavailable',
        `Jotform lists more than ${maxPages * pageSize} submissions for form ${formId}`,
      )
    },
    async getQuestions(formId, options = {}) {
      const path = `/form/${encodeURIComponent(formId)}/questions`
      return readQuestions(requireRecord(await get(path, {}, options.timeoutMs), path))
    },
    async getWebhooks(formId) {
      const path = `/form/${encodeURIComponent(formId)}/webhooks`
      const content = await get(path)
      // A form without webhooks answers with an empty list instead of an empty object.
      if (!isRecord(content) && !Array.isArray(content))
        throw new JotformError('unavailable', `Jotform answered without webhooks to ${path}`)
      return Object.values(content).filter((url): url is string => typeof url === 'string')
    },
    async getUsage() {
      return requireRecord(await get('/user/usage'), '/user/usage')
    },
  }
}

async function fetchText(url: URL, apiKey: string, timeoutMs: number): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, {
      headers: { APIKEY: apiKey },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    // A redirect could carry the key to another host; Jotform's API has none.
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel()
      throw new JotformError(
        'unavailable',
        `Jotform redirected ${url.pathname}; check JOTFORM_API_URL and the region of the account.`,
      )
    }
    if (Number(response.headers.get('content-length') ?? 0) > maxAnswerBytes) {
      await response.body?.cancel()
      throw new JotformError('unavailable', `Jotform's answer to ${url.pathname} is too large.`)
    }
    return { status: response.status, text: await response.text() }
  } catch (error) {
    if (error instanceof JotformError) throw error
    const reason =
      error instanceof Error && error.name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : 'no connection'
    throw new JotformError('unavailable', `Jotform could not be asked (${url.pathname}): ${reason}.`, { cause: error })
  }
}

function readEnvelope(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    return isRecord(parsed) ? parsed : {}
  } catch {
    return {}
  }
}

/** Jotform often says HTTP 200 and puts the failure into `responseCode`, quoted or not: both must be well. */
function failureOf(status: number, responseCode: number, message: string): JotformFailure | undefined {
  const codes = [status, responseCode]
  if (/limit exceeded/i.test(message) || codes.includes(429)) return 'rateLimited'
  if (codes.includes(401) || codes.includes(403)) return 'unauthorised'
  if (codes.includes(404)) return 'notFound'
  return codes.every((code) => code >= 200 && code < 300) ? undefined : 'unavailable'
}

function requireRecord(content: unknown, path: string): Record<string, unknown> {
  // PHP writes an empty object as an empty list.
  if (Array.isArray(content) && content.length === 0) return {}
  if (!isRecord(content)) throw new JotformError('unavailable', `Jotform answered without content to ${path}`)
  return content
}

export function readSubmission(row: unknown): ApiSubmission | undefined {
  if (!isRecord(row) || !isRecord(row.answers ?? {})) return undefined
  const [id, formId] = [String(row.id ?? ''), String(row.form_id ?? '')]
  if (!/^\d{5,25}$/.test(id)) return undefined
  const submission: ApiSubmission = {
    id,
    formId,
    status: typeof row.status === 'string' ? row.status : 'ACTIVE',
    answers: (row.answers ?? {}) as Record<string, unknown>,
  }
  if (typeof row.created_at === 'string' && row.created_at !== '') submission.createdAt = row.created_at
  if (typeof row.updated_at === 'string' && row.updated_at !== '') submission.updatedAt = row.updated_at
  return submission
}
