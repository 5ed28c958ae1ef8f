import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { readConfig } from '../../src/config.ts'
import {
  type AppendingInput,
  type AppendState,
  type FileStorage,
  openStorage,
  ShorterThanKnownError,
} from '../../src/storage/storage.ts'
import { startS3 } from '../support/s3-server.ts'
import { beforeS3 } from '../support/s3-uploads.ts'

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const newKey = () => `videos/${randomBytes(12).toString('hex')}`

async function* inChunks(bytes: Buffer, { size = 64 * 1024, breakAt = Number.POSITIVE_INFINITY } = {}) {
  for (let at = 0; at < bytes.length; at += size) {
    if (at >= breakAt) throw new Error('The line broke.')
    yield bytes.subarray(at, at + size)
  }
}

/** What the row of an upload would say. */
function anUpload(storage: FileStorage, key = newKey()) {
  const row = { key, offset: 0, state: {} as AppendState }
  const append = (source: AsyncIterable<Buffer>, more: Partial<AppendingInput> = {}) =>
    storage.appendable.append(key, {
      offset: row.offset,
      state: row.state,
      source,
      keep: async ({ offset, state }) => {
        row.offset = offset
        row.state = state
      },
      ...more,
    })
  return { row, append }
}

/** Every storage keeps to this. `namesLeft` tells what lies in it. */
async function keepsFiles(t: Test, storage: FileStorage, namesLeft: () => Promise<string[]>) {
  await t.test('a document is found by its content', async (t) => {
    const bytes = randomBytes(100_000)
    const seen: number[] = []
    const stored = await storage.put(Readable.from(inChunks(bytes)), async (path) => {
      seen.push((await readFile(path)).length)
    })
    t.same(stored, { sha256: sha256(bytes), sizeBytes: bytes.length })
    t.same(seen, [bytes.length])
    const found = await storage.read(stored.sha256)
    t.equal(found?.sizeBytes, bytes.length)
    t.same(await buffer(found?.stream as Readable), bytes)
    await storage.put(Readable.from(inChunks(bytes)))
    await storage.remove(stored.sha256)
    t.equal(await storage.read(stored.sha256), undefined)
    await storage.remove(stored.sha256)
  })

  await t.test('documents are listed with when they were stored, and nothing else is', async (t) => {
    const before = Date.now() - 2_000
    const { sha256: name } = await storage.put(Readable.from([randomBytes(100)]))
    const key = newKey()
    await storage.write(key, Readable.from([randomBytes(100)]))
    t.same([await storage.has(name), await storage.has(key), await storage.has('0'.repeat(64))], [true, true, false])
    const listed = await Array.fromAsync(storage.listDocuments())
    t.same(
      listed.map(({ sha256 }) => sha256),
      [name],
    )
    t.ok((listed[0]?.storedAt ?? 0) >= before)
    t.equal(await storage.removeUnfinished(before), 0)
    await storage.remove(name)
    await storage.remove(key)
    t.same(await Array.fromAsync(storage.listDocuments()), [])
  })

  await t.test('names are listed with when they were stored, those of pieces too, and nothing else is', async (t) => {
    const before = Date.now() - 2_000
    const { sha256: document } = await storage.put(Readable.from([randomBytes(100)]))
    const whole = `${newKey()}.copy`
    await storage.write(whole, Readable.from([randomBytes(100)]))
    const { row, append } = anUpload(storage)
    await append(inChunks(randomBytes(100)))
    const listed = (await Array.fromAsync(storage.listNamed('videos'))).sort((a, b) => a.key.localeCompare(b.key))
    const isOfUpload = (key: string) => key === row.key || key.startsWith(`${row.key}.`)
    t.equal(listed.length, 2)
    t.ok(listed.some(({ key }) => key === whole) && listed.some(({ key }) => isOfUpload(key)))
    t.ok(listed.every(({ storedAt }) => storedAt >= before && storedAt <= Date.now() + 1_000))
    for (const { key } of listed) await storage.remove(key)
    t.same(await Array.fromAsync(storage.listNamed('videos')), [])
    await storage.remove(document)
  })

  await t.test('what is refused or breaks off is not there', async (t) => {
    const bytes = randomBytes(1000)
    await t.rejects(
      storage.put(Readable.from(inChunks(bytes)), async () => {
        throw new Error('No such kind.')
      }),
      /No such kind/,
    )
    t.equal(await storage.read(sha256(bytes)), undefined)
    const key = newKey()
    await t.rejects(storage.write(key, Readable.from(inChunks(bytes, { size: 100, breakAt: 500 }))), /line broke/)
    t.equal(await storage.read(key), undefined)
  })

  await t.test('a named file is read whole, in part, and as a file of this machine', async (t) => {
    const bytes = randomBytes(20 * 1024 * 1024 + 17)
    const key = newKey()
    t.same(await storage.write(key, Readable.from(inChunks(bytes))), { sha256: sha256(bytes), sizeBytes: bytes.length })
    const part = await storage.read(key, { start: 10_000_000, end: 10_000_099 })
    t.equal(part?.sizeBytes, bytes.length)
    t.same(await buffer(part?.stream as Readable), bytes.subarray(10_000_000, 10_000_100))
    const local = await storage.withLocalFile(key, (path) => readFile(path))
    t.ok(local?.equals(bytes))
    await storage.remove(key)
    t.equal(await storage.withLocalFile(key, async () => 'there'), undefined)
  })

  await t.test('a name that a person made leads nowhere', async (t) => {
    for (const key of ['../../etc/passwd', '/etc/passwd', 'videos/../x', 'videos/a b', 'VIDEOS/0123456789abcdef', ''])
      await t.rejects(storage.read(key), /no key of the storage/)
  })

  await t.test('bytes that come in pieces are one file in the end', async (t) => {
    const bytes = randomBytes(25 * 1024 * 1024 + 3)
    const { row, append } = anUpload(storage)
    await t.rejects(append(inChunks(bytes, { breakAt: 9_000_000 })), /line broke/)
    t.ok(row.offset >= 9_000_000, 'what came before the break is kept')
    await t.rejects(append(inChunks(bytes.subarray(row.offset), { breakAt: 100 })), /line broke/)
    await append(inChunks(bytes.subarray(row.offset, row.offset + 1)))
    t.equal(await append(inChunks(bytes.subarray(row.offset))), bytes.length)
    const whole = { sha256: sha256(bytes), sizeBytes: bytes.length }
    t.same(await storage.appendable.finish(row.key, row.state), whole)
    t.same(await storage.appendable.finish(row.key, row.state), whole, 'again')
    t.ok((await buffer((await storage.read(row.key))?.stream as Readable)).equals(bytes))
    t.equal((await namesLeft()).filter((name) => name.includes(row.key.slice(7))).length, 1, 'in one piece')
    await storage.remove(row.key)
  })

  await t.test('a refused request takes nothing away that another holder has kept meanwhile', async (t) => {
    const bytes = randomBytes(60_000)
    const { row, append } = anUpload(storage)
    const refused = {
      update() {},
      verify() {
        throw new Error('Not these bytes.')
      },
    }
    async function* overtaken() {
      yield bytes.subarray(0, 10_000)
      await append(inChunks(bytes, { size: 10_000 }))
    }
    await t.rejects(append(overtaken(), { checksum: refused }), /Not these bytes/)
    t.same(await storage.appendable.finish(row.key, row.state), { sha256: sha256(bytes), sizeBytes: bytes.length })
    await storage.remove(row.key)
  })

  await t.test('nothing of a request counts whose checksum is not right', async (t) => {
    const bytes = randomBytes(18 * 1024 * 1024)
    const { row, append } = anUpload(storage)
    await append(inChunks(bytes.subarray(0, 1000)))
    const refused = { update: () => {}, verify: () => assertNever() }
    await t.rejects(append(inChunks(bytes.subarray(1000)), { checksum: refused }), /Not these bytes/)
    t.equal(row.offset, 1000)
    await t.rejects(append(inChunks(bytes.subarray(1000), { breakAt: 2000 }), { checksum: refused }), /line broke/)
    t.equal(row.offset, 1000)
    await append(inChunks(bytes.subarray(1000)))
    t.equal((await storage.appendable.finish(row.key, row.state)).sha256, sha256(bytes))
    await storage.remove(row.key)
  })

  await t.test('who lost the lock writes nothing down', async (t) => {
    const { row, append } = anUpload(storage)
    const lost = async () => {
      throw new Error('Somebody else goes on with it.')
    }
    await t.rejects(append(inChunks(randomBytes(100)), { keep: lost }), /Somebody else/)
    t.equal(row.offset, 0)
    const bytes = randomBytes(50)
    await append(inChunks(bytes))
    t.equal((await storage.appendable.finish(row.key, row.state)).sha256, sha256(bytes))
    await storage.remove(row.key)
  })

  await t.test('bytes that are gone are told', async (t) => {
    const { row, append } = anUpload(storage)
    await append(inChunks(randomBytes(100)))
    await storage.appendable.discard(row.key, row.state)
    await t.rejects(storage.appendable.finish(row.key, row.state))
  })

  await t.test('nothing is left of what was discarded', async (t) => {
    const { row, append } = anUpload(storage)
    await t.rejects(append(inChunks(randomBytes(20_000_000), { breakAt: 19_000_000 })), /line broke/)
    await t.rejects(
      append(inChunks(randomBytes(100)), {
        keep: async () => {
          throw new Error('Died.')
        },
      }),
    )
    await storage.appendable.discard(row.key, row.state)
    await storage.appendable.discard(row.key, row.state)
    t.same(
      (await namesLeft()).filter((name) => name.includes(row.key.slice(7))),
      [],
    )
  })

  await t.test('it says whether it can be used', async () => storage.check())
}

const assertNever = () => {
  throw new Error('Not these bytes.')
}

t.test('in a directory', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'pre-sessions-storage-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const storage = await openStorage({ kind: 'file', directory })
  await keepsFiles(t, storage, () => readdir(directory, { recursive: true }))
  await t.test('a file that is shorter than known says where to go on', async (t) => {
    const { row, append } = anUpload(storage)
    await append(inChunks(randomBytes(100)))
    row.offset = 150
    await t.rejects(append(inChunks(randomBytes(10))), new ShorterThanKnownError(100))
  })
})

t.test('in a bucket of an S3 server', async (t) => {
  const s3 = await startS3(t)
  const storage = await openStorage(readConfig(s3.env).storage)
  await keepsFiles(t, storage, async () =>
    (await readdir(s3.directory, { recursive: true })).filter((name) => name.endsWith('_object')),
  )
  await t.test('a server without a list of unfinished objects has none to tell', async (t) => {
    t.equal(await storage.removeUnfinished(Date.now()), 0)
  })
  await t.test(
    'parts of objects that were never put together are given up, those of one under way are not',
    async (t) => {
      const port = await beforeS3(t, s3)
      const config = { STORAGE_URL: `s3://pre-sessions/files?endpoint=http://127.0.0.1:${port}` }
      const storage = await openStorage(readConfig({ ...s3.env, ...config }).storage)
      const uploads = join(s3.directory, 'pre-sessions', '._S3rver_uploads')
      const bytes = randomBytes(18 * 1024 * 1024)
      const key = newKey()
      const { promise: resumed, resolve: resume } = Promise.withResolvers<void>()
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
      async function* slowly() {
        yield* inChunks(bytes.subarray(0, 17 * 1024 * 1024))
        begin()
        await resumed
        yield bytes.subarray(17 * 1024 * 1024)
      }
      const writing = storage.write(key, Readable.from(slowly()))
      await begun
      // Two that a killed process left, and one under a prefix that is somebody else's.
      for (const [id, of] of [
        ['a', 'files/videos/x'],
        ['c', 'files/videos/y'],
        ['b', 'others/z'],
      ] as const) {
        await mkdir(join(uploads, id), { recursive: true })
        await writeFile(join(uploads, id, 'key'), of)
        await utimes(join(uploads, id), new Date(0), new Date(0))
      }
      t.equal(await storage.removeUnfinished(Date.now() - 60_000), 2)
      const left = await readdir(uploads)
      t.same([left.length, left.includes('b')], [2, true])
      resume()
      t.equal((await writing).sha256, sha256(bytes))
      await storage.remove(key)
    },
  )
  await t.test('a server that is away is trouble, and no file that is missing', async (t) => {
    const key = newKey()
    await storage.write(key, Readable.from([Buffer.from('x')]))
    await s3.stop()
    await t.rejects(storage.read(key))
    await t.rejects(storage.check())
    await s3.start()
    t.equal((await storage.read(key))?.sizeBytes, 1)
  })
})
