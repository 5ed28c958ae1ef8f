import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { adminKey } from './support/app.ts'
import { testDatabase } from './support/database.ts'
import { startScript } from './support/process.ts'

const root = join(import.meta.dirname, '..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const readme = read('README.md')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true }).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'))
const section = (title: string) => (readme.split(`## ${title}\n`)[1] ?? '').split('\n## ')[0] ?? ''
const bashOf = (text: string) => [...text.matchAll(/```bash\n([\s\S]*?)```/g)].map((match) => match[1] as string)

/** Runs the text as a shell would, stopping at the first command that fails. */
async function bash(script: string, cwd: string, env: Record<string, string>) {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}

t.test('the first application works as it is written', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'pre-sessions-readme-'))
  const service = startScript('src/server.ts', {
    SANDBOX: 'true',
    DATABASE_URL: await testDatabase(t),
    DATA_DIR: dir,
    PORT: '0',
    ADMIN_API_KEY: adminKey,
  })
  t.teardown(async () => {
    await service.stop()
    await rm(dir, { recursive: true, force: true })
  })
  const [script = ''] = bashOf(section('First application'))
  const { code, output } = await bash(script, dir, { BASE: await service.address(), KEY: adminKey })
  t.equal(code, 0, output)
  t.match(output, '"outcome":"incomplete"', 'before the file')
  t.match(output, '"missing":["/uprSubmission"]')
  t.match(output, '"fileName":"submission.pdf"')
  t.match(output, '"status":"submitted"')
  t.match(output, '"outcome":"eligible"', 'after it')
  t.match(output, /29 minutes \d+(\.\d+)? seconds before the deadline closed/)
})

t.test('the two lines are those of CI', async (t) => {
  t.same(bashOf(readme.split('## ')[0] as string), ['npm ci && npm start\n', 'npm ci && npm test\n'])
  t.match(read('.ci/run'), 'npm ci && npm test')
})

t.test('every npm command that a page names exists', async (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = new Set(
    pages.flatMap((page) => [...read(page).matchAll(/npm run ([\w:-]*\w)/g)].map((match) => match[1] as string)),
  )
  /** Announced, not made yet. This list may only shrink. */
  const announced: string[] = []
  t.same(
    [...named].filter((name) => !(name in scripts) && !announced.includes(name)),
    [],
  )
  t.same(
    announced.filter((name) => name in scripts),
    [],
    'these exist now: remove them from the list',
  )
})

t.test('the configuration table is the configuration', async (t) => {
  const listed = [...section('Configuration').matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1])
  const known = [...read('src/config.ts').matchAll(/\('([A-Z][A-Z_]+)'/g)].map((match) => match[1])
  t.same([...listed].sort(), [...new Set(known)].sort())
})

t.test('the map names every folder of src', async (t) => {
  const mapped = [...section('Where things are').matchAll(/^\| `([^`]+)\/` \|/gm)].map((match) => match[1] as string)
  t.same(
    mapped.filter((name) => !existsSync(join(root, name))),
    [],
  )
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `src/${name}`)
  t.same(
    folders.filter((name) => !mapped.includes(name)),
    [],
  )
})

t.test('every link and every path that a page names leads somewhere', async (t) => {
  for (const page of pages) {
    const text = read(page)
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map((match) =>
      join(dirname(page), match[1] as string),
    )
    const paths = [...text.matchAll(/`((?:src|test|docs|scripts|migrations|openapi|bench)\/[\w./-]*)`/g)].map(
      (match) => match[1] as string,
    )
    t.same(
      [...links, ...paths].filter((name) => !existsSync(join(root, name))),
      [],
      page,
    )
  }
})
