// tap comes built with its TypeScript plugin, which .taprc leaves out, and rebuilds itself at its first use: test files that start at the
// same time would all fail. So it is built before, once per installation; `npm test` calls this by itself.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const modules = join(import.meta.dirname, '../node_modules')

function isBuilt(): boolean {
  try {
    return !readFileSync(join(modules, '@tapjs/test/test-built/dist/esm/index.js'), 'utf8').includes(
      '@tapjs/typescript',
    )
  } catch {
    return false
  }
}

if (!isBuilt()) {
  const { status } = spawnSync(process.execPath, [join(modules, '.bin/tap'), 'build'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  process.exitCode = status ?? 1
}
