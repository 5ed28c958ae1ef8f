import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { adminKey } from '../support/app.ts'
import { testDatabase } from '../support/database.ts'
import { type Service, startScript } from '../support/process.ts'
import { sized } from '../support/sizes.ts'

const kills = sized(6, 50)
const lanes = 6

/** Stands between the service and its database, and can keep the news of a commit from the service. */
async function commitHolder(t: Test, databaseUrl: string) {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let commitsUntilHeld = Number.POSITIVE_INFINITY
  let isHolding = false
  let held = Promise.withResolvers<void>()
  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname)
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    client.on('data', (chunk) => database.write(chunk))
    database.on('data', (chunk) => {
      if (chunk.includes('COMMIT\0') && --commitsUntilHeld < 0) {
        isHolding = true
        held.resolve()
      }
      if (!isHolding) client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`
  return {
    url: url.href,
    /** Settled once a commit is done and the service has not been told. */
    holdAfter: (commits: number) => {
      commitsUntilHeld = commits
      return held.promise
    },
    release: () => {
      isHolding = false
      commitsUntilHeld = Number.POSITIVE_INFINITY
      held = Promise.withResolvers()
    },
  }
}

interface Post {
  name: string
  key: string
  answer?: string
  replayed?: boolean
  /** The effect was there when the process had been killed and no answer had come. */
  wasDone?: boolean
}

t.test('killed between effect and answer: the retry gets the first answer, and there is one effect', async (t) => {
  t.setTimeout(600_000)
  const databaseUrl = await testDatabase(t)
  const holder = await commitHolder(t, databaseUrl)
  const dataDir = await mkdtemp(join(tmpdir(), 'pre-sessions-kill-'))
  const direct = new pg.Client({ connectionString: databaseUrl })
  await direct.connect()
  let service: Service | undefined
  t.teardown(async () => {
    await service?.stop('SIGKILL')
    await direct.end()
    await rm(dataDir, { recursive: true, force: true })
  })
  const env = { DATABASE_URL: holder.url, DATA_DIR: dataDir, ADMIN_API_KEY: adminKey, PORT: '0', WORKER: 'off' }
  let address = Promise.withResolvers<string>()
  const start = async () => {
    service = startScript('src/server.ts', { ...env, RATE_LIMIT_PER_MINUTE: '1000000' })
    address.resolve(await service.address())
  }
  const kill = async () => {
    address = Promise.withResolvers()
    await service?.stop('SIGKILL')
    holder.release()
  }

  const posts: Post[] = []
  const inFlight = new Set<Post>()
  let answered = 0
  let isOver = false
  const send = async ({ name, key }: Post) =>
    fetch(`${await address.promise}/v1/applications`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${adminKey}`,
        'content-type': 'application/json',
        'idempotency-key': `"${key}"`,
      },
      body: JSON.stringify({ preSession: 38, country: 'BEL', organisation: { name } }),
    })
  const attempt = async (post: Post): Promise<boolean> => {
    const response = await send(post).catch(() => undefined)
    const body = await response?.text().catch(() => undefined)
    if (response?.status !== 201 || body === undefined) return false
    post.answer = body
    post.replayed = response.headers.get('idempotent-replayed') === 'true'
    return true
  }
  const lane = async () => {
    while (!isOver) {
      const post: Post = { name: `Kill ${posts.length}`, key: randomUUID() }
      posts.push(post)
      inFlight.add(post)
      while (!(await attempt(post))) await delay(20)
      inFlight.delete(post)
      answered += 1
    }
  }
  const idsOf = async ({ name }: Post): Promise<string[]> => {
    const { rows } = await direct.query(`select id from application where body -> 'organisation' ->> 'name' = $1`, [
      name,
    ])
    return rows.map(({ id }) => id)
  }

  await start()
  const running = Array.from({ length: lanes }, lane)
  for (let n = 0; n < kills; n += 1) {
    // Every other time at any moment, else exactly between the commit and the answer.
    if (n % 2 === 0) await holder.holdAfter(n % 7)
    else for (const until = answered + n; answered < until; ) await delay(1)
    await kill()
    for (const post of inFlight) post.wasDone ||= (await idsOf(post)).length > 0
    await start()
  }
  isOver = true
  await Promise.all(running)

  const between = posts.filter(({ wasDone }) => wasDone)
  t.comment(`${posts.length} requests, ${kills} kills, ${between.length} killed between effect and answer`)
  t.ok(between.length >= kills / 2)
  t.ok(
    between.every(({ replayed }) => replayed),
    'each of these was answered from what was kept',
  )
  for (const post of posts) {
    const ids = await idsOf(post)
    t.same(ids, [JSON.parse(post.answer as string).id], `${post.name}: one effect, and the answer is about it`)
  }
  for (const post of posts) t.equal(await (await send(post)).text(), post.answer, `${post.name}: and again`)
})
