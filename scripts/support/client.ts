/** A client of the service's API with an admin key. Whatever is not a success throws. */
export interface ApiClient {
  get<T>(path: string): Promise<T>
  put<T>(path: string, body: unknown): Promise<T>
  post<T>(path: string, body?: unknown): Promise<T>
  /** Every item of a list, page after page. */
  list<T>(path: string): Promise<T[]>
  /** Jobs of the queue by state (`ready`, `running`, `scheduled`, `failed`), of one task or of all. */
  countJobs(task?: string): Promise<Record<string, number>>
}

interface Page<T> {
  data: T[]
  nextCursor: string | null
}

const timeoutMs = 60_000

export function apiClient(baseUrl: string, adminKey: string): ApiClient {
  async function call(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (!response.ok) throw new Error(`${method} ${path} → ${response.status} ${await response.text()}`)
    return response
  }
  const read = async <T>(response: Promise<Response>) => (await (await response).json()) as T
  const get = <T>(path: string) => read<T>(call('GET', path))

  return {
    get,
    put: (path, body) => read(call('PUT', path, body)),
    post: (path, body) => read(call('POST', path, body)),
    async list<T>(path: string) {
      const items: T[] = []
      const first = `${path}${path.includes('?') ? '&' : '?'}limit=100`
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: Page<T> = await get(cursor === '' ? first : `${first}&cursor=${cursor}`)
        items.push(...page.data)
        cursor = page.nextCursor
      }
      return items
    },
    async countJobs(task) {
      const text = await (await call('GET', '/metrics')).text()
      const counts: Record<string, number> = { ready: 0, running: 0, scheduled: 0, failed: 0 }
      for (const [, of, state = '', count] of text.matchAll(/^queue_jobs\{task="(.*?)",state="(\w+)"\} (\d+)$/gm)) {
        if (task === undefined || task === of) counts[state] = (counts[state] ?? 0) + Number(count)
      }
      return counts
    },
  }
}
