// Drives a Chromium that is installed, over its DevTools protocol.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Closing, temporaryDirectory } from './run.ts'

const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const startLimitMs = 60_000

export interface Page {
  navigate(url: string): Promise<void>
  /** Runs an expression in the page and waits for what it promises. */
  evaluate<T>(expression: string): Promise<T>
  screenshot(): Promise<Buffer>
  /** Every response so far, in order. */
  responses: BrowserResponse[]
}

export interface BrowserResponse {
  url: string
  status: number
  type: string
  range: string | undefined
  contentRange: string | undefined
}

export async function openPage(closing: Closing): Promise<Page> {
  const program = programs.find((path) => existsSync(path))
  if (program === undefined) throw new Error('No Chromium here: apt-get install chromium')
  const profile = await temporaryDirectory(closing, 'chromium')
  const child = spawn(program, [
    ...[
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--mute-audio',
      '--window-size=1024,1100',
    ],
    ...['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ...['--autoplay-policy=no-user-gesture-required', '--remote-debugging-port=0', `--user-data-dir=${profile}`],
    'about:blank',
  ])
  closing.defer(() => end(child))
  const browser = await connect(await addressOf(child))
  closing.defer(async () => browser.close())
  const { targetId } = await browser.call<{ targetId: string }>('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await browser.call<{ sessionId: string }>('Target.attachToTarget', { targetId, flatten: true })
  const call = <T>(method: string, params: object = {}) => browser.call<T>(method, params, sessionId)
  const responses = watchNetwork(browser)
  await Promise.all([call('Page.enable'), call('Runtime.enable'), call('Network.enable')])
  return {
    responses,
    async navigate(url) {
      const loaded = browser.once('Page.loadEventFired')
      await call('Page.navigate', { url })
      await loaded
    },
    async evaluate<T>(expression: string) {
      const { result, exceptionDetails } = await call<{
        result: { value: T }
        exceptionDetails?: { text: string; exception?: { description?: string } }
      }>('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true, userGesture: true })
      if (exceptionDetails !== undefined)
        throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
      return result.value
    },
    async screenshot() {
      const { data } = await call<{ data: string }>('Page.captureScreenshot', { format: 'png' })
      return Buffer.from(data, 'base64')
    },
  }
}

function watchNetwork(browser: Connection): BrowserResponse[] {
  const responses: BrowserResponse[] = []
  const ranges = new Map<string, string>()
  browser.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) =>
    ranges.set(requestId, headerOf(headers, 'range') ?? ''),
  )
  browser.on('Network.responseReceived', ({ requestId, type, response: { url, status, headers, requestHeaders } }) =>
    responses.push({
      url,
      status,
      type,
      range: headerOf(requestHeaders ?? {}, 'range') ?? (ranges.get(requestId) || undefined),
      contentRange: headerOf(headers, 'content-range'),
    }),
  )
  return responses
}

const headerOf = (headers: Record<string, string>, name: string): string | undefined =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('Chromium does not start.')), startLimitMs)
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      const [, address] = /^DevTools listening on (ws:\S+)$/.exec(line) ?? []
      if (address === undefined) return
      clearTimeout(limit)
      resolve(address)
    })
    child.once('exit', () => reject(new Error('Chromium ended at once.')))
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

interface Connection {
  call<T>(method: string, params: object, sessionId?: string): Promise<T>
  // biome-ignore lint/suspicious/noExplicitAny: an event has the fields of its kind
  on(method: string, listener: (params: any) => void): void
  once(method: string): Promise<void>
  close(): void
}

interface Message {
  id?: number
  method?: string
  params?: unknown
  result?: unknown
  error?: { message: string }
}

async function connect(address: string): Promise<Connection> {
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', reject, { once: true })
  })
  let last = 0
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  const listeners = new Map<string, ((params: never) => void)[]>()
  const on: Connection['on'] = (method, listener) => listeners.set(method, [...(listeners.get(method) ?? []), listener])
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params, result, error } = JSON.parse(String(data)) as Message
    if (id !== undefined) {
      const call = waiting.get(id)
      waiting.delete(id)
      if (error === undefined) call?.resolve(result as never)
      else call?.reject(new Error(error.message))
    } else for (const listener of listeners.get(method ?? '') ?? []) listener(params as never)
  })
  return {
    call(method, params, sessionId) {
      last += 1
      const id = last
      socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }))
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
    },
    on,
    once: (method) => new Promise((resolve) => on(method, () => resolve())),
    close: () => socket.close(),
  }
}
