// The entry: code that an earlier start compiled is read from a cache in DATA_DIR, which halves the time to ready and saves memory.
import { mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { resolve } from 'node:path'

const dataDir = resolve(process.env.DATA_DIR?.trim() || './data')
try {
  // As root, the embedded database runs under another account, which must be able to pass through; nobody else reads what lies inside.
  mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  enableCompileCache(resolve(dataDir, 'compile-cache'))
} catch {
  // Without a cache the start takes longer; what is wrong with DATA_DIR is told by the start itself.
}
await import('./process.ts')
