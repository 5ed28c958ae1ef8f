// A speaker uploads a statement of five minutes, the queue checks it, the secretariat accepts it, and a headless Chromium plays and seeks it with
// captions from examples/player, which stands on an origin of its own. Needs Chromium and ffmpeg. npm run test:player [-- --keep=FOLDER]
import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { Upload } from 'tus-js-client'
import { aCompleteApplication } from '../test/support/builders.ts'
import { openPage, type Page } from './support/browser.ts'
import { type ApiClient, apiClient } from './support/client.ts'
import { option } from './support/random.ts'
import { type Closing, runScript, temporaryDirectory } from './support/run.ts'
import { newIdentity, startService } from './support/service.ts'
import { waitFor } from './support/wait.ts'

const page = join(import.meta.dirname, '../examples/player')
const videos = '/v1/video-submissions'
const lineEverySeconds = 10
let failures = 0

await runScript(10 * 60_000, async (closing) => {
  const folder = await temporaryDirectory(closing, 'player')
  const files = { mp4: join(folder, 'statement.mp4'), webm: join(folder, 'statement.webm') }
  console.log('Recording two statements of five minutes …')
  await record(files)
  const origin = await servePage(closing)
  const identity = await newIdentity()
  const service = await startService(closing, {
    dataDir: await temporaryDirectory(closing, 'service'),
    identity,
    env: { SANDBOX: 'true', CORS_ORIGINS: origin, PUBLIC_URL: `http://127.0.0.1:${identity.port}` },
  })
  const client = apiClient(service.url, identity.adminKey)
  await client.put('/v1/sandbox/clock', { now: '2020-12-15T10:00:00Z' })
  const browser = await openPage(closing)
  for (const [index, [kind, path]] of Object.entries(files).entries()) {
    const country = ['BEL', 'DNK'][index] as string
    const id = await handIn(client, { path, country, url: service.url, key: identity.adminKey })
    await watch(browser, { client, id, kind, origin, url: service.url, key: identity.adminKey, path })
  }
  console.log(failures === 0 ? '\nEverything as expected' : `\n${failures} NOT as expected`)
  return failures === 0
})

/** Large enough that no browser loads it whole before it is asked to go to another place. */
async function record({ mp4, webm }: { mp4: string; webm: string }): Promise<void> {
  const ffmpeg = (...args: string[]) =>
    promisify(execFile)('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args])
  const source = [
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=640x480:r=15,noise=alls=30:allf=t',
    '-f',
    'lavfi',
    '-i',
    'sine=f=440:r=48000',
  ]
  const speaker = ['-t', '300', '-metadata', 'artist=A Speaker', '-metadata', 'location=+46.2044+006.1432/']
  const x264 = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-b:v',
    '1500k',
    '-pix_fmt',
    'yuv420p',
    '-g',
    '30',
    '-c:a',
    'aac',
    '-ac',
    '1',
  ]
  const vp8 = [
    '-c:v',
    'libvpx',
    '-deadline',
    'realtime',
    '-cpu-used',
    '16',
    '-b:v',
    '1000k',
    '-g',
    '30',
    '-c:a',
    'libopus',
    '-ac',
    '1',
  ]
  await ffmpeg(...source, ...speaker, ...x264, mp4)
  await ffmpeg(...source, ...speaker, ...vp8, webm)
}

/** The page stands elsewhere than the service, as it would. */
async function servePage(closing: Closing): Promise<string> {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://page').pathname.slice(1) || 'index.html'
    if (!/^[a-z]+\.(html|js)$/.test(name)) return response.writeHead(404).end()
    response.setHeader('content-type', types[extname(name)] as string)
    createReadStream(join(page, name))
      .on('error', () => response.writeHead(404).end())
      .pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.defer(async () => void server.close())
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

interface HandingIn {
  path: string
  country: string
  url: string
  key: string
}

/** From the application of a selected speaker to a video that was checked and waits for its review. */
async function handIn(client: ApiClient, { path, country, url, key }: HandingIn): Promise<string> {
  const body = { ...aCompleteApplication(), country }
  const { id: applicationId } = await client.post<{ id: string }>('/v1/applications', {
    ...body,
    speaker: { ...body.speaker, email: `${country.toLowerCase()}@speaker.example` },
    organisation: {
      ...body.organisation,
      name: `Organisation ${country}`,
      email: `${country.toLowerCase()}@organisation.example`,
    },
  })
  await client.post(`/v1/applications/${applicationId}/submission`)
  await client.post(`/v1/applications/${applicationId}/decisions`, { decision: 'selected', reason: 'For the script.' })
  await client.post(`/v1/pre-sessions/38/countries/${country}/release`, { at: '2020-12-15T09:00:00Z' })
  const { size } = await stat(path)
  const begun = await client.post<{ id: string; upload: { url: string } }>(videos, {
    ...{ applicationId, language: 'en', fileName: path.split('/').at(-1), sizeBytes: size },
  })
  const startedAt = performance.now()
  await send(path, { uploadUrl: begun.upload.url, size, key })
  const sentAt = performance.now()
  await putCaptions(url, key, begun.id)
  const { version } = await waitFor(
    'the video is checked',
    async () => {
      const submission = await client.get<{ status: string; version: { checks: { code: string; outcome: string }[] } }>(
        `${videos}/${begun.id}`,
      )
      return submission.status === 'needsReview' ? submission : undefined
    },
    { limitMs: 180_000, everyMs: 200 },
  )
  const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1)
  console.log(
    `\n${path.split('/').at(-1)}: ${(size / 1e6).toFixed(1)} MB, sent in ${seconds(startedAt, sentAt)} s, checked in ${seconds(sentAt, performance.now())} s`,
  )
  const notPassed = version.checks
    .filter(({ outcome }) => outcome !== 'pass')
    .map(({ code, outcome }) => `${code}: ${outcome}`)
  expect('all checks but the scan pass', notPassed.join(), 'malware: warn')
  return begun.id
}

function send(path: string, { uploadUrl, size, key }: { uploadUrl: string; size: number; key: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    new Upload(createReadStream(path), {
      uploadUrl,
      uploadSize: size,
      chunkSize: 16 * 1024 * 1024,
      headers: { authorization: `Bearer ${key}` },
      onSuccess: () => resolve(),
      onError: reject,
    }).start()
  })
}

/** A line every ten seconds, as SubRip. */
async function putCaptions(url: string, key: string, id: string): Promise<void> {
  const clock = (seconds: number) =>
    `00:${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')},000`
  const lines = Array.from({ length: 300 / lineEverySeconds }, (_, index) => {
    const from = index * lineEverySeconds
    return `${index + 1}\n${clock(from)} --> ${clock(from + lineEverySeconds - 1)}\nLine ${index + 1}\n`
  })
  const response = await fetch(`${url}${videos}/${id}/captions/en`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-subrip' },
    body: lines.join('\n'),
  })
  if (response.status !== 201) throw new Error(await response.text())
}

interface Watching {
  client: ApiClient
  id: string
  kind: string
  origin: string
  url: string
  key: string
  path: string
}

async function watch(browser: Page, { client, id, kind, origin, url, key, path }: Watching): Promise<void> {
  const ask = `${origin}/?service=${encodeURIComponent(url)}&submission=${id}`
  const press = "document.querySelector('#form').requestSubmit()"
  const message = () =>
    waitFor(
      'the page answers',
      async () => {
        const text = await browser.evaluate<string>("document.querySelector('#message').textContent")
        return text === '' || text.startsWith('Asking') ? undefined : text
      },
      { limitMs: 20_000, everyMs: 100 },
    )

  await browser.navigate(ask)
  await browser.evaluate(press)
  expect('the public sees nothing before it is accepted', await message(), 'No such video submission (404).')
  await client.post(`${videos}/${id}/reviews`, { decision: 'accept', reasons: ['As it should be.'] })
  const { applicationId } = await client.get<{ applicationId: string }>(`${videos}/${id}`)
  await browser.navigate(ask)
  await browser.evaluate(press)
  expect('nor without the consent of its person', await message(), 'No such video submission (404).')
  await consent(url, key, applicationId)

  await browser.navigate(ask)
  const before = browser.responses.length
  await browser.evaluate(press)
  expect('then it is there', /^These addresses work until/.test(await message()), true)
  const length = await browser.evaluate<number>(
    "new Promise((resolve) => { const p = document.querySelector('#player'); p.readyState > 0 ? resolve(p.duration) : p.addEventListener('loadedmetadata', () => resolve(p.duration), { once: true }) })",
  )
  expect('it lasts five minutes', Math.round(length), 300)
  const played = await browser.evaluate<number>(
    "(async () => { const p = document.querySelector('#player'); await p.play(); const from = p.currentTime; await new Promise((r) => setTimeout(r, 2500)); return p.currentTime - from })()",
  )
  expect(`it plays (${played.toFixed(2)} s of 2.5 s)`, played > 0.5 && played < 4, true)
  for (const to of [254, 33, 181]) {
    const at = await browser.evaluate<{ time: number; line: string }>(
      `(async () => { const p = document.querySelector('#player'); p.textTracks[0].mode = 'showing';
        const there = new Promise((r) => p.addEventListener('seeked', r, { once: true })); p.currentTime = ${to}; await there;
        await new Promise((r) => setTimeout(r, 800));
        return { time: p.currentTime, line: [...(p.textTracks[0].activeCues ?? [])].map((cue) => cue.text).join() } })()`,
    )
    expect(`it goes to ${to} s and plays on (${at.time.toFixed(2)})`, at.time > to && at.time < to + 3, true)
    expect('with the caption of that place', at.line, `Line ${Math.floor(to / lineEverySeconds) + 1}`)
  }
  const picture = await browser.evaluate<number>(
    "(() => { const p = document.querySelector('#player'); const c = document.createElement('canvas'); c.width = 64; c.height = 48; const x = c.getContext('2d'); x.drawImage(p, 0, 0, 64, 48); return new Set(x.getImageData(0, 0, 64, 48).data).size })()",
  )
  expect(`and shows a picture (${picture} values)`, picture > 20, true)
  const kept = option('keep')
  if (kept !== undefined) await writeFile(join(kept, `player-${kind}.png`), await browser.screenshot())
  const parts = browser.responses.slice(before).filter(({ url: of }) => of.includes('/content'))
  for (const { status, range, contentRange } of parts)
    console.log(`   ${status} ${range ?? 'no range'} → ${contentRange ?? 'whole'}`)
  expect(
    'it was read in parts, from several places',
    new Set(parts.filter(({ status }) => status === 206).map(({ range }) => range)).size > 2,
    true,
  )
  await isClean(url, id, path)
}

async function consent(url: string, key: string, applicationId: string): Promise<void> {
  const response = await fetch(`${url}/v1/applications/${applicationId}/consents`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify({ consents: ['publishVideo'] }),
  })
  if (!response.ok) throw new Error(await response.text())
}

/** What the public gets tells nothing of its maker. */
async function isClean(url: string, id: string, path: string): Promise<void> {
  const got = Buffer.from(await (await fetch(`${url}${videos}/${id}/content`)).arrayBuffer()).toString('latin1')
  expect('the original names its maker', (await readFile(path, 'latin1')).includes('A Speaker'), true)
  expect('what the public gets does not', /A Speaker|46\.2044/.test(got), false)
}

function expect<T>(what: string, found: T, wanted: T): void {
  const right = found === wanted
  if (!right) failures += 1
  console.log(`${right ? '✓' : '✗'} ${what}${right ? '' : `: ${found} instead of ${wanted}`}`)
}
