// A real tus client sends a large file over a line that breaks, through restarts and to another replica; then memory and speed against a bare server.
// npm run upload:soak [-- --mebibytes=1024 --cuts=30 --rounds=3 --seed=1]
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Upload } from 'tus-js-client'
import { startEmbeddedPostgres } from '../src/db/embedded.ts'
import { freePort } from '../src/db/embedded-cluster.ts'
import { migrate } from '../src/db/migrate.ts'
import { aCompleteApplication } from '../test/support/builders.ts'
import { type ApiClient, apiClient } from './support/client.ts'
import { cuttingProxy } from './support/cutting-proxy.ts'
import { option, seededRandom } from './support/random.ts'
import { type Closing, runScript, temporaryDirectory } from './support/run.ts'
import { newIdentity, residentMemory, type Service, startService } from './support/service.ts'
import { waitFor } from './support/wait.ts'

const MiB = 2 ** 20
const sizeBytes = Number(option('mebibytes') ?? 1024) * MiB
const cuts = Number(option('cuts') ?? 30)
const rounds = Number(option('rounds') ?? 3)
const seed = Number(option('seed') ?? 1)
const limitMs = 30 * 60_000
const aim = { growthMiB: 64, ratio: 0.7 }
/** Bytes of the start at which memory is looked at first: code is compiled by then. */
const sampleMs = 50

interface Submission {
  id: string
  status: string
  upload: { url: string; state: string } | null
  version: { sha256: string } | null
}

await runScript(limitMs, async (closing) => {
  const dir = await temporaryDirectory(closing, 'upload-soak')
  const source = join(dir, 'source.mp4')
  const sha256 = await makeSource(source)
  console.log(`${sizeBytes / MiB} MiB, ${cuts} cuts, seed ${seed}`)

  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'database'), log: () => {} })
  closing.defer(() => postgres.stop())
  await migrate(postgres.url)
  const replicas = await startReplicas(closing, dir, postgres.url)
  const memory = watchMemory(closing, replicas)
  const api = apiClient(replicas[0].url(), replicas[0].identity.adminKey)

  // Once through everything, so that what is measured is not the first time.
  await sendWhole(api, replicas[0], await begin(api, 32 * MiB), { path: source, bytes: 32 * MiB })

  memory.begin()
  const stored = await sendOverBadLine(closing, api, { replicas, source, memory })
  const grown = memory.end()
  console.log(`SHA-256 of what was sent:  ${sha256}`)
  console.log(`SHA-256 of what is stored: ${stored}`)
  console.log(`memory grew by at most ${grown.toFixed(0)} MiB in any replica (aim: under ${aim.growthMiB})`)

  const ratio = await compareSpeed(closing, api, { dir, replica: replicas[0], source })
  return stored === sha256 && grown < aim.growthMiB && ratio >= aim.ratio
})

/** Bytes that nothing can compress or guess. */
async function makeSource(path: string): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'w')
  for (let written = 0; written < sizeBytes; written += 16 * MiB) {
    const piece = randomBytes(Math.min(16 * MiB, sizeBytes - written))
    hash.update(piece)
    await file.writeFile(piece)
  }
  await file.close()
  return hash.digest('hex')
}

interface Replica {
  identity: Awaited<ReturnType<typeof newIdentity>>
  url(): string
  pid(): number
  restart(how: 'kill' | 'stop'): Promise<void>
}

async function startReplicas(closing: Closing, dir: string, url: string): Promise<[Replica, Replica]> {
  const identity = await newIdentity()
  const dataKey = randomBytes(32).toString('base64url')
  const start = async (name: string): Promise<Replica> => {
    const own = { ...identity, port: await freePort() }
    const dataDir = join(dir, name)
    await mkdir(dataDir)
    const env = { DATABASE_URL: url, STORAGE_URL: `file://${join(dir, 'files')}`, DATA_ENCRYPTION_KEY: dataKey }
    let service: Service = await startService(closing, { dataDir, identity: own, env })
    return {
      identity: own,
      url: () => service.url,
      pid: () => service.pid,
      async restart(how) {
        await service[how]()
        service = await startService(closing, { dataDir, identity: own, env })
      },
    }
  }
  return [await start('one'), await start('two')]
}

/** A selected speaker and a video of so many bytes. */
async function begin(api: ApiClient, bytes: number): Promise<Submission> {
  const { speaker, ...application } = aCompleteApplication()
  const email = `${randomBytes(6).toString('hex')}@mail.example`
  const { id } = await api.post<{ id: string }>('/v1/applications', { ...application, speaker: { ...speaker, email } })
  await api.post(`/v1/applications/${id}/submission`)
  // The real clock is long past the deadline of 2021.
  const decision = { outcome: 'eligible', decision: 'selected', reason: 'A measurement.' }
  await api.post(`/v1/applications/${id}/decisions`, decision)
  return api.post('/v1/video-submissions', { applicationId: id, language: 'en', fileName: 'x.mp4', sizeBytes: bytes })
}

function received(api: ApiClient, { id }: Submission): Promise<Submission> {
  const ask = async () => {
    const now = await api.get<Submission>(`/v1/video-submissions/${id}`)
    if (now.upload?.state === 'refused') throw new Error('The upload was refused.')
    return now.upload?.state === 'received' ? now : undefined
  }
  return waitFor('the version is made', ask, { limitMs: 60_000, everyMs: 100 })
}

interface BadLine {
  replicas: [Replica, Replica]
  source: string
  memory: ReturnType<typeof watchMemory>
}

/** Cut at random bytes; restarted in order and by force, and led to another replica, each after some of the cuts. */
async function sendOverBadLine(closing: Closing, api: ApiClient, { replicas, source, memory }: BadLine) {
  const [one, two] = replicas
  const random = seededRandom(seed)
  const cutAt = Array.from({ length: cuts }, () => Math.floor(random() * sizeBytes)).sort((a, b) => a - b)
  const events: Record<number, () => Promise<void>> = {
    [Math.ceil(cuts / 4)]: () => one.restart('stop'),
    [Math.ceil(cuts / 2)]: async () => proxy.leadTo(two.identity.port),
    [Math.ceil((3 * cuts) / 4)]: () => two.restart('kill'),
  }
  const under: Promise<void>[] = []
  const begunAt = performance.now()
  const proxy = await cuttingProxy(closing, {
    port: one.identity.port,
    cutAt,
    onCut: (cut) => {
      const event = events[cut]
      if (event !== undefined) under.push(event().then(() => memory.again()))
    },
  })
  const submission = await begin(api, sizeBytes)
  await sendByTus(proxy.url + new URL(submission.upload?.url ?? '').pathname, source, one.identity.adminKey)
  await Promise.all(under)
  const seconds = (performance.now() - begunAt) / 1000
  const again = (proxy.passed() - sizeBytes) / MiB
  console.log(
    `sent by tus-js-client in ${seconds.toFixed(1)} s, ${proxy.cuts()} cuts, 2 restarts, 1 other replica; ${again.toFixed(1)} MiB sent again`,
  )
  return (await received(apiClient(two.url(), two.identity.adminKey), submission)).version?.sha256
}

function sendByTus(url: string, path: string, adminKey: string): Promise<void> {
  return new Promise((resolve, reject) => {
    new Upload(createReadStream(path), {
      uploadUrl: url,
      headers: { authorization: `Bearer ${adminKey}` },
      uploadSize: sizeBytes,
      retryDelays: Array.from({ length: 60 }, () => 250),
      onSuccess: () => resolve(),
      onError: reject,
    }).start()
  })
}

/** In one request, without anything in between. */
async function sendWhole(
  api: ApiClient,
  { identity }: Replica,
  submission: Submission,
  { path, bytes }: { path: string; bytes: number },
): Promise<number> {
  const ms = await patch(
    { port: identity.port, path: new URL(submission.upload?.url ?? '').pathname },
    { authorization: `Bearer ${identity.adminKey}`, 'tus-resumable': '1.0.0', 'upload-offset': '0' },
    { path, bytes },
  )
  await received(api, submission)
  await api.post(`/v1/video-submissions/${submission.id}/withdrawal`, {})
  return ms
}

async function patch(
  where: { port: number; path: string },
  headers: Record<string, string>,
  { path, bytes }: { path: string; bytes: number },
): Promise<number> {
  const begunAt = performance.now()
  const sending = request({
    ...where,
    host: '127.0.0.1',
    method: 'PATCH',
    headers: { ...headers, 'content-type': 'application/offset+octet-stream', 'content-length': bytes },
  })
  const answered = once(sending, 'response')
  await pipeline(createReadStream(path, { end: bytes - 1, highWaterMark: MiB }), sending)
  const [response] = await answered
  if (response.statusCode !== 204) throw new Error(`PATCH → ${response.statusCode}`)
  response.resume()
  return performance.now() - begunAt
}

/** The same sender, by turns to a bare server and to the service; the disk is the same, and what else it does meanwhile. */
async function compareSpeed(
  closing: Closing,
  api: ApiClient,
  { dir, replica, source }: { dir: string; replica: Replica; source: string },
): Promise<number> {
  const target = join(dir, 'bare')
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support/bare-receiver.ts'), target], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  closing.defer(async () => void child.kill('SIGKILL'))
  const [port] = await once(child.stdout, 'data')
  const speeds = { bare: [] as number[], ours: [] as number[] }
  const perSecond = (ms: number) => sizeBytes / MiB / (ms / 1000)
  const whole = { path: source, bytes: sizeBytes }
  for (let round = 1; round <= rounds; round += 1) {
    const bare = perSecond(await patch({ port: Number(port), path: '/' }, {}, whole))
    await rm(target, { force: true })
    const ours = perSecond(await sendWhole(api, replica, await begin(api, sizeBytes), whole))
    console.log(`round ${round}: bare ${bare.toFixed(0)} MiB/s, service ${ours.toFixed(0)} MiB/s`)
    speeds.bare.push(bare)
    speeds.ours.push(ours)
  }
  const ratio = median(speeds.ours) / median(speeds.bare)
  console.log(`median: ${ratio.toFixed(2)} of the bare server (aim: ${aim.ratio} at least)`)
  return ratio
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.trunc((values.length - 1) / 2)] as number
}

/** The largest growth of the resident memory of any replica since it was looked at first. */
function watchMemory(closing: Closing, replicas: Replica[]) {
  const first = new Map<number, number>()
  let most = 0
  let timer: NodeJS.Timeout | undefined
  const look = async () => {
    for (const pid of replicas.map((replica) => replica.pid())) {
      const bytes = await residentMemory(pid)
      if (bytes === undefined) continue
      const before = first.get(pid) ?? bytes
      first.set(pid, before)
      most = Math.max(most, (bytes - before) / MiB)
    }
  }
  closing.defer(async () => clearInterval(timer))
  return {
    begin() {
      timer = setInterval(() => void look(), sampleMs)
    },
    /** A process that has just started is another one. */
    again: () => look(),
    end() {
      clearInterval(timer)
      return most
    },
  }
}
