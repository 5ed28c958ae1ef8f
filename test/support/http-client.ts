export interface Answer<T = Record<string, unknown>> {
  status: number
  headers: Headers
  body: T
  text: string
}

/** A client of a running service, as a frontend would have one: a bearer, JSON both ways. */
export function httpClient(address: string, bearer?: string) {
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const isText = typeof body === 'string' || body instanceof Uint8Array
    const response = await fetch(new URL(path, address), {
      method,
      headers: {
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? (body as string) : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
  }
  /** Sends and insists on the status; what came instead is told whole. */
  const expect =
    (method: string) => async (status: number, path: string, body?: unknown, headers?: Record<string, string>) => {
      const answer = await send(method, path, body, headers)
      if (answer.status !== status)
        throw new Error(`${method} ${path} answered ${answer.status} instead of ${status}: ${answer.text}`)
      // biome-ignore lint/suspicious/noExplicitAny: answers are held against the contract elsewhere.
      return answer as Answer<any>
    }
  return {
    bearer,
    send,
    get: (path: string, headers?: Record<string, string>) => expect('GET')(200, path, undefined, headers),
    refused: (status: number, path: string) => expect('GET')(status, path),
    post: expect('POST'),
    put: expect('PUT'),
    patch: expect('PATCH'),
    delete: expect('DELETE'),
  }
}

export type HttpClient = ReturnType<typeof httpClient>
