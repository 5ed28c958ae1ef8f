// Opens each hole of test/leaks/holes.ts in a copy of the tree and runs the test that must find it. A hole that no test finds fails.
// `npm run holes`, or with numbers: `npm run holes -- 3 4`
import { spawn } from 'node:child_process'
import { copyFile, mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Hole, holes } from '../test/leaks/holes.ts'
import { type Closing, runScript, temporaryDirectory } from './support/run.ts'

const root = join(import.meta.dirname, '..')

function run(command: string, args: string[], cwd: string, closing?: Closing): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (text += chunk))
    child.on('error', reject)
    child.on('close', () => resolve(text))
    closing?.defer(() => void child.kill())
  })
}

/** What the repository holds, with the installed libraries beside it. */
async function copyTree(directory: string): Promise<void> {
  const files = (await run('git', ['ls-files', '-z'], root)).split('\0').filter(Boolean)
  for (const file of files) {
    await mkdir(dirname(join(directory, file)), { recursive: true })
    await copyFile(join(root, file), join(directory, file))
  }
  await symlink(await realpath(join(root, 'node_modules')), join(directory, 'node_modules'))
}

async function apply(directory: string, { opens, edits }: Hole): Promise<() => Promise<void>> {
  const before = new Map<string, string>()
  for (const { file, find, replace } of edits) {
    const text = await readFile(join(directory, file), 'utf8')
    if (text.split(find).length !== 2) throw new Error(`"${opens}": ${file} does not hold once: ${find}`)
    if (!before.has(file)) before.set(file, text)
    await writeFile(
      join(directory, file),
      text.replace(find, () => replace),
    )
  }
  return async () => {
    for (const [file, text] of before) await writeFile(join(directory, file), text)
  }
}

/** The names of the tests that failed. */
const failedIn = (output: string): string[] =>
  [...output.matchAll(/^not ok - \S+: (.*)$/gm)].flatMap(([, names]) => (names as string).split(' > '))

await runScript(3_600_000, async (closing) => {
  const chosen = process.argv.slice(2).map(Number)
  const directory = await temporaryDirectory(closing, 'holes')
  await copyTree(directory)
  let missed = 0
  console.log('| # | what was opened | test | found |\n| --- | --- | --- | --- |')
  for (const [index, hole] of holes.entries()) {
    if (chosen.length > 0 && !chosen.includes(index + 1)) continue
    const close = await apply(directory, hole)
    const begun = performance.now()
    const output = await run(process.execPath, ['scripts/test.ts', hole.test], directory, closing)
    await close()
    const failed = failedIn(output)
    const isFound = failed.some((name) => name.startsWith(hole.finds))
    if (!isFound) missed += 1
    const seconds = Math.round((performance.now() - begun) / 1000)
    const result = isFound
      ? `yes, by "${hole.finds}" (${seconds} s)`
      : `NO: ${failed.join('; ').slice(0, 300) || output.slice(-300)}`
    console.log(`| ${index + 1} | ${hole.opens} | ${hole.test} | ${result} |`)
  }
  console.log(missed === 0 ? '\nEvery hole was found.' : `\n${missed} holes were not found.`)
  return missed === 0
})
