import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** A row as Jotform serves it, plus `_edits` that are made later and never served. */
export interface JotformRow {
  id: string
  form_id: string
  created_at: string
  updated_at: string | null
  status: string
  answers: Record<string, Record<string, unknown>>
  _edits?: { at: string; updated_at: string; answers: Record<string, Record<string, unknown>> }[]
}

export interface JotformFaults {
  /** Every call is answered 401, as to a revoked key. */
  deadKey: boolean
  /** The same with HTTP 200 and the 401 in `responseCode`. */
  deadKeyInside200: boolean
  rateLimited: boolean
  /** Every call is answered with this status. */
  status: number | undefined
  slowMs: number
  /** The account does not ask for a log-in to view uploads. */
  publicFiles: boolean
  /** Uploads answer with an HTML page and status 200. */
  loginPageForFiles: boolean
  /** Uploads answer with this status. */
  fileStatus: number | undefined
  /** Bytes served instead of any file. */
  fileContent: Buffer | undefined
  /** Uploads redirect here. */
  fileRedirect: string | undefined
}

export interface LoggedRequest {
  method: string
  path: string
  query: Record<string, string>
  hasKey: boolean
}

export interface JotformApiOptions {
  /** Folders made like test/fixtures/jotform/round38: questions.json, submissions.json, files/. */
  dir: string | string[]
  apiKey?: string
  /** The double's own clock begins here and runs on; absent: the real time. */
  now?: string
  port?: number
}

export type JotformApi = Awaited<ReturnType<typeof startJotformApi>>

const idEpoch = 1_124_190_800

/** Jotform's API and upload host over a real socket: the same paths, envelope, zones and failures as the real one. */
export async function startJotformApi({ dir, apiKey = 'jotform-test-key', now, port = 0 }: JotformApiOptions) {
  const dirs = [dir].flat()
  const rows = new Map<string, JotformRow>()
  for (const one of dirs)
    for (const row of readJson(join(one, 'submissions.json')) as JotformRow[]) rows.set(row.id, row)
  const questions = structuredClone(
    (readJson(join(dirs[0] as string, 'questions.json')) as { content: Record<string, Record<string, string>> })
      .content,
  )
  const formId = [...rows.values()][0]?.form_id ?? ''

  let webhooks: string[] = []
  let limitLeft = 10_000
  let clock = { at: now === undefined ? Date.now() : Date.parse(now), set: Date.now() }
  let held: PromiseWithResolvers<void> | undefined
  const log: LoggedRequest[] = []
  const unlisted = new Set<string>()
  const faults: JotformFaults = {
    deadKey: false,
    deadKeyInside200: false,
    rateLimited: false,
    status: undefined,
    slowMs: 0,
    publicFiles: false,
    loginPageForFiles: false,
    fileStatus: undefined,
    fileContent: undefined,
    fileRedirect: undefined,
  }
  const nowMs = () => clock.at + (Date.now() - clock.set)

  /** The row as it stands now: stored already, with those edits whose time has come. */
  const served = (row: JotformRow): Omit<JotformRow, '_edits'> | undefined => {
    if (unlisted.has(row.id) || (Number(row.id.slice(0, 9)) + idEpoch) * 1000 > nowMs()) return undefined
    const { _edits: edits = [], ...rest } = row
    const made = edits.filter((edit) => Date.parse(edit.at) <= nowMs())
    const answers = Object.assign({}, row.answers, ...made.map((edit) => edit.answers))
    return { ...rest, answers, updated_at: made.at(-1)?.updated_at ?? rest.updated_at }
  }

  const routes: [string, RegExp, (match: string[], query: Record<string, string>, body: string) => Answer][] = [
    [
      'GET',
      /^\/user$/,
      () =>
        ok({
          username: 'upr_presessions',
          email: 'forms@example.org',
          status: 'ACTIVE',
          account_type: 'SILVER',
          euOnly: '0',
        }),
    ],
    [
      'GET',
      /^\/user\/usage$/,
      () => ok({ submissions: String(rows.size), uploads: '1048576', views: '100', api: String(10_000 - limitLeft) }),
    ],
    [
      'GET',
      /^\/form\/(\d+)$/,
      ([id]) =>
        id === formId
          ? ok({
              id,
              title: 'Application form',
              status: 'ENABLED',
              count: String(list({}).length),
              last_submission: null,
            })
          : unknownForm(id),
    ],
    ['GET', /^\/form\/(\d+)\/questions$/, ([id]) => (id === formId ? ok(questions) : unknownForm(id))],
    ['GET', /^\/form\/(\d+)\/submissions$/, ([id], query) => (id === formId ? page(query) : unknownForm(id))],
    ['GET', /^\/form\/(\d+)\/files$/, ([id]) => (id === formId ? ok(fileList()) : unknownForm(id))],
    ['GET', /^\/form\/(\d+)\/webhooks$/, ([id]) => (id === formId ? ok(numbered(webhooks)) : unknownForm(id))],
    [
      'POST',
      /^\/form\/(\d+)\/webhooks$/,
      (_match, _query, body) => {
        const url = new URLSearchParams(body).get('webhookURL')
        // The newest comes first, so every other id shifts.
        if (url !== null) webhooks = [url, ...webhooks]
        return ok(numbered(webhooks))
      },
    ],
    [
      'DELETE',
      /^\/form\/(\d+)\/webhooks\/(\d+)$/,
      ([, index]) => {
        webhooks = webhooks.filter((_url, at) => at !== Number(index))
        return ok(numbered(webhooks))
      },
    ],
    [
      'GET',
      /^\/submission\/(\w+)$/,
      ([id]) => {
        const row = rows.get(id as string)
        const found = row === undefined ? undefined : served(row)
        return found === undefined ? refused(401, "You're not authorized to use (/submission-id) ") : ok(found)
      },
    ],
  ]

  function list(query: Record<string, string>) {
    const filter = JSON.parse(query.filter ?? '{}') as Record<string, string>
    const sign = query.direction === 'ASC' ? 1 : -1
    const by = query.orderby ?? 'created_at'
    return [...rows.values()]
      .flatMap((row) => served(row) ?? [])
      .filter((row) => Object.entries(filter).every(([key, value]) => matches(row, key, value)))
      .sort((a, b) => sign * textOf(a, by).localeCompare(textOf(b, by)))
  }

  function page(query: Record<string, string>): Answer {
    const [offset, limit] = [Number(query.offset ?? 0), Math.min(Number(query.limit ?? 20), 1_000)]
    const content = list(query).slice(offset, offset + limit)
    return {
      status: 200,
      body: { ...(ok(content).body as object), resultSet: { offset, limit, count: content.length } },
    }
  }

  function fileList() {
    return list({}).flatMap((row) =>
      Object.values(row.answers)
        .filter(({ type, answer }) => type === 'control_fileupload' && Array.isArray(answer))
        .flatMap(({ answer }) => answer as string[])
        .map((url, index) => ({
          id: `${row.id}${index}`,
          name: decodeURIComponent(url.split('/').at(-1) ?? ''),
          type: 'application/pdf',
          size: '1024',
          form_id: formId,
          submission_id: row.id,
          date: row.created_at,
          url,
        })),
    )
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', 'http://double')
    const query = Object.fromEntries(url.searchParams)
    const hasKey = request.headers.apikey === apiKey
    log.push({ method: request.method ?? '', path: url.pathname, query, hasKey })
    let body = ''
    for await (const chunk of request) body += chunk
    await held?.promise
    if (faults.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, faults.slowMs).unref())
    if (url.pathname.startsWith('/uploads/')) return serveFile(url, hasKey, response)
    limitLeft -= 1
    sendJson(response, failure(hasKey) ?? route(request.method ?? '', url.pathname, query, body), limitLeft)
  }

  function failure(hasKey: boolean): Answer | undefined {
    if (faults.status !== undefined) return refused(faults.status, 'Something went wrong')
    if (faults.rateLimited) return refused(429, 'API-Limit exceeded')
    if (faults.deadKeyInside200)
      return { status: 200, body: { responseCode: 401, message: 'Invalid API key', content: null } }
    return faults.deadKey || !hasKey ? refused(401, 'Invalid API key') : undefined
  }

  function route(method: string, path: string, query: Record<string, string>, body: string): Answer {
    for (const [wanted, pattern, handle] of routes) {
      const match = pattern.exec(path)
      if (match !== null && wanted === method) return handle(match.slice(1), query, body)
    }
    return refused(404, `Requested URL (${path}) is not available!`)
  }

  function serveFile(url: URL, hasKey: boolean, response: ServerResponse) {
    const [, , , , submissionId = '', name = ''] = url.pathname.split('/').map(decodeURIComponent)
    if (faults.fileRedirect !== undefined) return void response.writeHead(302, { location: faults.fileRedirect }).end()
    if (faults.fileStatus !== undefined) return void response.writeHead(faults.fileStatus).end()
    if (faults.loginPageForFiles || !(hasKey || faults.publicFiles)) {
      return void response
        .writeHead(200, { 'content-type': 'text/html; charset=UTF-8' })
        .end('<!DOCTYPE html><html><head><title>Log in</title></head></html>')
    }
    const content = faults.fileContent ?? readFile(dirs, submissionId, name)
    if (content === undefined) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': content.length }).end(content)
  }

  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  server.unref()
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey,
    formId,
    rows,
    questions,
    faults,
    log,
    setNow: (instant: string) => {
      clock = { at: Date.parse(instant), set: Date.now() }
    },
    setLimitLeft: (calls: number) => {
      limitLeft = calls
    },
    /** Answers nothing until what it returns is called. */
    hold: () => {
      const own = Promise.withResolvers<void>()
      held = own
      return () => {
        held = undefined
        own.resolve()
      }
    },
    registerWebhook: (url: string) => {
      webhooks = [url, ...webhooks]
    },
    unregisterWebhooks: () => {
      webhooks = []
    },
    /** Deleted in Jotform: the row is gone from lists and details, or stays with the status DELETED. */
    /** Everybody else never wrote: for tests that are about these alone. */
    keepOnly: (...ids: string[]) => {
      for (const id of rows.keys()) if (!ids.includes(id)) rows.delete(id)
    },
    deleteSubmission: (id: string, how: 'gone' | 'marked' = 'gone') => {
      const row = rows.get(id)
      if (how === 'marked' && row !== undefined) row.status = 'DELETED'
      else unlisted.add(id)
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Answer {
  status: number
  body: unknown
}

function ok(content: unknown): Answer {
  return { status: 200, body: { responseCode: 200, message: 'success', content, duration: '38.89ms' } }
}

function refused(status: number, message: string): Answer {
  return {
    status,
    body: { responseCode: status, message, content: '', duration: '20.11ms', info: 'https://api.jotform.com/docs' },
  }
}

function unknownForm(id: string | undefined): Answer {
  return refused(404, `Requested URL (/form/${id}) is not available!`)
}

function sendJson(response: ServerResponse, { status, body }: Answer, limitLeft: number) {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ ...(body as object), 'limit-left': limitLeft }))
}

/** `gt` and `lt` compare Eastern wall times as they stand, to the second; a row without that time never matches. */
function matches(row: object, key: string, value: string): boolean {
  const [field = '', operator] = key.split(':')
  const own = (row as Record<string, unknown>)[field]
  if (typeof own !== 'string') return false
  if (operator === 'gt') return own > value
  if (operator === 'lt') return own < value
  return operator === 'ne' ? own !== value : own === value
}

function textOf(row: object, field: string): string {
  return String((row as Record<string, unknown>)[field] ?? '')
}

function numbered(urls: string[]): Record<string, string> | [] {
  return urls.length === 0 ? [] : Object.fromEntries(urls.map((url, index) => [String(index), url]))
}

function readFile(dirs: string[], submissionId: string, name: string): Buffer | undefined {
  for (const dir of dirs) {
    try {
      const folder = join(dir, 'files', submissionId.replace(/\D/g, ''))
      const file = readdirSync(folder).find((one) => one.normalize('NFC') === name.normalize('NFC'))
      if (file !== undefined) return readFileSync(join(folder, file))
    } catch {}
  }
  return undefined
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
