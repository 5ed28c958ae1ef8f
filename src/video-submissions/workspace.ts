import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

const forgottenMs = 24 * 3600 * 1000

/** A directory for what is made of one version; it goes when the work ends, and that of a killed process when the next work begins. */
export async function withWorkspace<T>(
  dataDir: string,
  { name, now }: { name: string; now: number },
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const root = join(dataDir, 'media-work')
  const folder = join(root, name)
  await mkdir(root, { recursive: true, mode: 0o700 })
  await removeForgotten(root, now)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { mode: 0o700 })
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function removeForgotten(root: string, now: number): Promise<void> {
  for (const name of await readdir(root)) {
    const found = await stat(join(root, name)).catch(() => undefined)
    if (found !== undefined && found.mtimeMs < now - forgottenMs)
      await rm(join(root, name), { recursive: true, force: true })
  }
}
