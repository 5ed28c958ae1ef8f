// Writes docs/access-policy.md from the policy in test/access/, or with --check fails where it is out of date. An operation without a row
// fails either way, with what to add. `npm run access-policy`
import { readFile, writeFile } from 'node:fs/promises'
import { faultsOf, readPolicy } from '../test/access/policy.ts'
import { renderPolicy } from '../test/access/render.ts'
import { readDocument } from '../test/support/document.ts'

const page = new URL('../docs/access-policy.md', import.meta.url)

const { operations } = await readDocument()
const policy = await readPolicy()
const faults = faultsOf(policy, operations)
const text = renderPolicy(policy, operations)
if (process.argv.includes('--check')) {
  if ((await readFile(page, 'utf8').catch(() => '')) !== text)
    faults.push('docs/access-policy.md is out of date: run `npm run access-policy` and commit the result.')
} else {
  await writeFile(page, text)
}
for (const fault of faults) console.error(fault)
process.exitCode = faults.length === 0 ? 0 : 1
