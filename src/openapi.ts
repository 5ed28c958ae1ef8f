// Writes the contract's files in openapi/, or with --check fails when they differ from the code. `npm run openapi`
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import pino from 'pino'
import { buildApp } from './app.ts'
import { systemClock } from './clock.ts'
import { readConfig } from './config.ts'
import { deriveKeys } from './crypto/data-key.ts'
import { createDb, createPool } from './db/database.ts'
import type { Deps } from './deps.ts'
import { errorCodes } from './error-codes.ts'
import { contractOf } from './http/openapi.ts'
import { openStorage } from './storage/storage.ts'

const folder = new URL('../openapi/', import.meta.url)

/** The files of openapi/ by name. No database is needed: nothing connects. */
export async function contractFiles(): Promise<Record<string, string>> {
  // The sandbox's own operations are part of the contract: it says where they exist.
  const config = readConfig({ SANDBOX: 'true', DATABASE_URL: 'postgres://nobody@localhost/none' })
  const pool = createPool({ url: config.database.url ?? '', max: 1 })
  const deps: Deps = {
    config,
    clock: systemClock,
    db: createDb(pool),
    pool,
    intakePool: pool,
    storage: await openStorage(config.storage),
    keys: deriveKeys(Buffer.alloc(32)),
    log: pino({ level: 'silent' }),
  }
  const app = await buildApp(deps)
  await app.ready()
  const document = contractOf(app)
  await app.close()
  return {
    'openapi.json': `${JSON.stringify(document, null, 2)}\n`,
    'operations.txt': operations(document),
    'errors.md': errorPage(),
  }
}

interface Operation {
  operationId: string
  tags: string[]
  'x-access': string[]
}

/** One line per operation, so that a reviewer sees a change of the API in a few lines. */
function operations(document: Record<string, unknown>): string {
  const lines = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) =>
      [
        operation.tags[0] ?? '',
        operation.operationId,
        method.toUpperCase(),
        path,
        operation['x-access'].join(','),
      ].join(' · '),
    ),
  )
  return `${lines.sort().join('\n')}\n`
}

function errorPage(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { status, title, advice }]) => `| \`${code}\` | ${status} | ${title} | ${advice} |`,
  )
  return `# Error codes\n\nEvery answer of 400 and above is a problem document (RFC 9457) with one of these codes. A code is never reworded.\n\n| code | status | meaning | what to do |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
}

async function main(): Promise<void> {
  const files = await contractFiles()
  if (!process.argv.includes('--check')) {
    await mkdir(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) await writeFile(new URL(name, folder), text)
    return
  }
  const stale: string[] = []
  for (const [name, text] of Object.entries(files)) {
    if ((await readFile(new URL(name, folder), 'utf8').catch(() => '')) !== text) stale.push(`openapi/${name}`)
  }
  if (stale.length > 0) {
    console.error(`Out of date: ${stale.join(', ')}. Run \`npm run openapi\` and commit the result.`)
    process.exitCode = 1
  }
}

if (import.meta.main) await main()
