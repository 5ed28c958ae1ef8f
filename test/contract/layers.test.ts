import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '../..')

/** [file, what it must not do, the rule that says so, or none where it is allowed] */
const cases: [string, string, string | undefined][] = [
  ['src/domain/a.ts', "import { sql } from 'kysely'\nexport const a = sql", 'noRestrictedImports'],
  ['src/domain/b.ts', "import { a } from '../clock.ts'\nexport const b = a", 'noRestrictedImports'],
  ['src/domain/c.ts', "import { readFile } from 'node:fs/promises'\nexport const c = readFile", 'noRestrictedImports'],
  ['src/domain/d.ts', "import type { Deps } from '../deps.ts'\nexport type D = Deps", 'noRestrictedImports'],
  ['src/domain/e.ts', 'export const e = () => new Date()', 'noRestrictedGlobals'],
  ['src/domain/f.ts', 'export const f = () => Date.now()', 'noRestrictedGlobals'],
  ['src/domain/g.ts', "export const g = () => fetch('/')", 'noRestrictedGlobals'],
  ['src/domain/h.ts', 'export const h = () => process.uptime()', 'noRestrictedGlobals'],
  [
    'src/domain/ok.ts',
    "import { DateTime } from 'luxon'\nimport { e } from './e.ts'\nexport const ok = [DateTime, e]",
    undefined,
  ],
  ['src/rounds/queries.ts', "import Fastify from 'fastify'\nexport const a = Fastify", 'noRestrictedImports'],
  ['src/rounds/queries-old.ts', "import { a } from './service.ts'\nexport const b = a", 'noRestrictedImports'],
  ['src/other/queries.ts', "import { a } from '../http/etag.ts'\nexport const b = a", 'noRestrictedImports'],
  [
    'src/rounds/service.ts',
    "import type { FastifyReply } from 'fastify'\nexport type A = FastifyReply",
    'noRestrictedImports',
  ],
  ['src/other/service.ts', "import { a } from './routes.ts'\nexport const b = a", 'noRestrictedImports'],
  ['src/third/service.ts', "import { a } from '../other/queries.ts'\nexport const b = a", undefined],
  ['src/rounds/routes.ts', "import { sql } from 'kysely'\nexport const a = sql", 'noRestrictedImports'],
  ['src/other/routes.ts', "import { a } from '../rounds/routes.ts'\nexport const b = a", 'noRestrictedImports'],
  ['src/rounds/schemas.ts', "import { a } from '../other/routes.ts'\nexport const b = a", 'noRestrictedImports'],
  ['src/applications/judge.ts', "import { a } from '../jotform/values.ts'\nexport const b = a", 'noRestrictedImports'],
  ['src/applications/views.ts', "import { a } from '../app.ts'\nexport const b = a", 'noRestrictedImports'],
  ['src/app.ts', "import { a } from './jotform/routes.ts'\nexport const b = a", undefined],
  ['src/jobs/list.ts', "import { a } from '../jotform/jobs.ts'\nexport const b = a", undefined],
  ['src/jotform/projection.ts', "import { a } from '../applications/service.ts'\nexport const b = a", undefined],
  ['src/db/page.ts', "import { a } from '../rounds/queries.ts'\nexport const b = a", 'noRestrictedImports'],
  ['src/http/etag.ts', "import { a } from '../db/database.ts'\nexport const b = a", 'noRestrictedImports'],
  ['src/http/access.ts', "import { a } from '../api-keys/queries.ts'\nexport const b = a", 'noRestrictedImports'],
  ['src/clock.ts', 'export const zone = process.env.TZ', 'noProcessEnv'],
  ['src/config.ts', 'export const zone = process.env.TZ', undefined],
  ['src/log.ts', 'const later = async () => {}\nexport const now = () => {\n  later()\n}', 'noFloatingPromises'],
  ['src/errors.ts', 'export default 1', 'noDefaultExport'],
  ['src/deps.ts', 'export const a = (b: any) => b', 'noExplicitAny'],
]

t.test('the linter refuses what would cross a layer, and only that', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'layers-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  await cp(join(root, 'biome.json'), join(dir, 'biome.json'))
  await cp(join(root, 'tsconfig.json'), join(dir, 'tsconfig.json'))
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'))
  for (const [file, content] of cases) {
    await mkdir(dirname(join(dir, file)), { recursive: true })
    await writeFile(join(dir, file), `${content}\n`)
  }
  const args = ['lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none']
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/biome'), args, { cwd: dir, encoding: 'utf8' })
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] }
  for (const [file, content, rule] of cases) {
    const found = diagnostics
      .filter(({ location }) => location.path === file)
      .map(({ category }) => category.split('/').at(-1))
    t.same(found, rule === undefined ? [] : [rule], `${file}: ${content.split('\n')[0]}`)
  }
})
