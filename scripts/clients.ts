// Makes two client SDKs of the committed contract, compiles them strictly, and tells a story through each to a running service.
// npm run test:clients
import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { runScript, temporaryDirectory } from './support/run.ts'
import { newIdentity, startService } from './support/service.ts'

type Story = (baseUrl: string, key: string) => Promise<void>

const root = join(import.meta.dirname, '../clients/typescript')
const contract = join(import.meta.dirname, '../openapi/openapi.json')
const stories = ['openapi-fetch', 'hey-api']
const limitMs = 5 * 60_000
/** Half an hour before the deadline of round 38. */
const now = '2021-01-08T22:30:00Z'

const run = promisify(execFile)
const tool = (name: string, ...args: string[]) =>
  run(process.execPath, [join(root, 'node_modules/.bin', name), ...args], { cwd: root })

await runScript(limitMs, async (closing) => {
  await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root })
  for (const folder of ['generated', 'build']) await rm(join(root, folder), { recursive: true, force: true })
  await tool('openapi-typescript', contract, '-o', 'generated/types.ts')
  await tool('openapi-ts', '-i', contract, '-o', 'generated/sdk')
  const compiled = await tool('tsc').catch((error: { stdout: string }) => error.stdout)
  if (typeof compiled === 'string') {
    console.log(`The SDKs do not compile:\n${compiled}`)
    return false
  }
  console.log('ok   both SDKs compile, strictly')

  const identity = await newIdentity()
  const service = await startService(closing, {
    dataDir: await temporaryDirectory(closing, 'clients'),
    identity,
    env: { SANDBOX: 'true' },
  })
  const clock = await fetch(`${service.url}/v1/sandbox/clock`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${identity.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ now }),
  })
  if (!clock.ok) throw new Error(await clock.text())
  for (const name of stories) {
    const { tell } = (await import(join(root, 'build/stories', `${name}.js`))) as { tell: Story }
    await tell(service.url, identity.adminKey)
    console.log(`ok   the story through ${name}`)
  }
  return true
})
