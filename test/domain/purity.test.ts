import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'

const folder = new URL('../../src/domain/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))

/** What would let the machine's clock, zone or network into a rule. */
const forbidden = [
  /\bDate\b/,
  /\.now\(/,
  /\.local\(/,
  /\.utc\(\)/,
  /\bSettings\b/,
  /\bprocess\b/,
  /\bfetch\(/,
  /\bimport\(/,
  /Math\.random/,
]

for (const name of files) {
  t.test(`${name} reads no clock and imports luxon and its own files only`, async (t) => {
    const source = readFileSync(new URL(name, folder), 'utf8').replaceAll(/\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    for (const pattern of forbidden) t.notMatch(source, pattern)
    for (const [, from] of source.matchAll(/from '([^']+)'/g)) t.match(from, /^(luxon|\.\/[\w-]+\.ts)$/)
  })
}

t.ok(files.length > 15)
