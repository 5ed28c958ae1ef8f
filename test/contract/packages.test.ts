import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

interface Package {
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  resolved?: string
  hasInstallScript?: boolean
  optional?: boolean
}

const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, '../..', name), 'utf8'))
const { packages } = read('package-lock.json') as { packages: Record<string, Package> }
const manifest = read('package.json') as Package & {
  allowScripts: Record<string, boolean>
  scripts: Record<string, string>
}

t.test('the lock file names every optional package of every system, or a clean installation stops', async (t) => {
  const wanted = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map((name) => ({ place, name })),
  )
  t.ok(wanted.length > 10)
  const missing = wanted.filter(
    ({ place, name }) => !(`${place}/node_modules/${name}` in packages || `node_modules/${name}` in packages),
  )
  t.same(missing, [])
})

t.test('the lock file holds no address of a registry', async (t) => {
  t.same(
    Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined),
    [],
  )
})

t.test('every version is exact, and the lock file agrees', async (t) => {
  const inexact = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
  )
  t.same(inexact, [])
  t.same(packages['']?.dependencies, manifest.dependencies)
  t.same(packages['']?.devDependencies, manifest.devDependencies)
})

t.test('what runs at installation is allowed by name', async (t) => {
  t.same(
    Object.keys(manifest.allowScripts).filter((name) => !(`node_modules/${name}` in packages)),
    [],
  )
})
