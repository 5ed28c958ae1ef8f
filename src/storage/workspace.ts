import { mkdir, mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'

const beatMs = 20_000
/** Whoever lives says so much oftener than this, even on a machine that is out of breath. */
const forgottenMs = 10 * 60_000

/** Under this directory of DATA_DIR lies what is worked at, and nothing else. */
const rootIn = (dataDir: string) => join(dataDir, 'work')

/** A directory of its own for as long as the work takes. Its time says that the process lives, so that others leave it. */
export async function withWorkspace<T>(dataDir: string, work: (folder: string) => Promise<T>): Promise<T> {
  const root = rootIn(dataDir)
  await mkdir(root, { recursive: true, mode: 0o700 })
  // Two that remove the same at once may be in each other's way; the tick tells of what stays.
  await removeForgotten(dataDir).catch(() => {})
  const folder = await mkdtemp(join(root, 'w-'))
  const beat = setInterval(() => {
    const now = new Date()
    utimes(folder, now, now).catch(() => {})
  }, beatMs).unref()
  try {
    return await work(folder)
  } finally {
    clearInterval(beat)
    await rm(folder, { recursive: true, force: true })
  }
}

/** Removes what processes left behind that were killed. In real time, as files are. */
export async function removeForgotten(dataDir: string): Promise<void> {
  const root = rootIn(dataDir)
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const before = Date.now() - forgottenMs
  for (const name of names) {
    const found = await stat(join(root, name)).catch(() => undefined)
    if (found !== undefined && found.mtimeMs < before) await rm(join(root, name), { recursive: true, force: true })
  }
}
