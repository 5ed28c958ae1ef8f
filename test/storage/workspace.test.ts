import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { mock } from 'node:test'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { removeForgotten, withWorkspace } from '../../src/storage/workspace.ts'

t.test('a place to work at is there for as long as the work takes', async (t) => {
  const dataDir = t.testdir()
  const names = () => readdir(join(dataDir, 'work'))
  await removeForgotten(dataDir)
  const made = await withWorkspace(dataDir, async (folder) => {
    await writeFile(join(folder, 'file'), 'x')
    // Another one beside it, of the same work in another process.
    await withWorkspace(dataDir, async () => t.equal((await names()).length, 2))
    return (await names()).length
  })
  t.equal(made, 1)
  await t.rejects(
    withWorkspace(dataDir, async () => Promise.reject(new Error('Failed.'))),
    /Failed/,
  )
  t.same(await names(), [])
})

t.test('what a killed process left goes, what a living one holds stays', async (t) => {
  const dataDir = t.testdir()
  const root = join(dataDir, 'work')
  const long = new Date(Date.now() - 3_600_000)
  for (const name of ['w-dead', 'w-living']) {
    await mkdir(join(root, name), { recursive: true })
    await writeFile(join(root, name, 'original'), 'A face.')
    // An original of an hour ago says nothing: whoever lives, says so of the directory.
    await utimes(join(root, name, 'original'), long, long)
  }
  await utimes(join(root, 'w-dead'), long, long)
  await removeForgotten(dataDir)
  t.same(await readdir(root), ['w-living'])
})

t.test('a process that is killed leaves its work to others', async (t) => {
  const dataDir = t.testdir()
  const module = pathToFileURL(join(import.meta.dirname, '../../src/storage/workspace.ts')).href
  const script = `const { withWorkspace } = await import(${JSON.stringify(module)})
    await withWorkspace(${JSON.stringify(dataDir)}, async (folder) => {
      console.log(folder)
      await new Promise(() => setInterval(() => {}, 1000))
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  const folder = String(said).trim()
  child.kill('SIGKILL')
  await once(child, 'close')
  await removeForgotten(dataDir)
  t.same(await readdir(join(dataDir, 'work')), [basename(folder)], 'it may be a living one that says so soon')
  const later = new Date(Date.now() - 601_000)
  await utimes(folder, later, later)
  await withWorkspace(dataDir, async () => t.equal((await readdir(join(dataDir, 'work'))).length, 1))
  t.same(await readdir(join(dataDir, 'work')), [])
})

t.test('whoever works long says that it lives', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const long = new Date(Date.now() - 3_600_000)
  await withWorkspace(t.testdir(), async (folder) => {
    await utimes(folder, long, long)
    mock.timers.tick(60_000)
    while ((await stat(folder)).mtimeMs <= long.getTime());
    t.ok((await stat(folder)).mtimeMs > Date.now() - 60_000)
  })
})
