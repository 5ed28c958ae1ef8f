import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { errorCodes } from '../../src/error-codes.ts'
import { testApp } from '../support/app.ts'
import { readDocument } from '../support/document.ts'

const source = join(import.meta.dirname, '../../src')

/** Codes of the table that nothing answers with yet. This list may only shrink. */
const unused: string[] = []

async function readSource(): Promise<string> {
  const names = (await readdir(source, { recursive: true })).filter(
    (name) => name.endsWith('.ts') && name !== 'error-codes.ts' && name !== 'errors.ts',
  )
  return (await Promise.all(names.map((name) => readFile(join(source, name), 'utf8')))).join('\n')
}

t.test('every code that is used is in the table, and the other way round', async (t) => {
  const text = await readSource()
  const thrown = [...text.matchAll(/new AppError\(\s*'([^']+)'/g)].map((match) => match[1] as string)
  t.ok(thrown.length > 20)
  t.same(
    [...new Set(thrown)].filter((code) => !(code in errorCodes)),
    [],
  )
  const never = Object.keys(errorCodes).filter((code) => code !== 'invalid_request' && !text.includes(`'${code}'`))
  t.same(never, unused)
})

t.test('the table is well-formed', async (t) => {
  for (const [code, { status, title, advice }] of Object.entries(errorCodes)) {
    t.match(code, /^[a-z]+(_[a-z]+)*$/)
    t.ok(Number.isInteger(status) && status >= 400 && status < 600, code)
    t.match(title, /^[A-Z].*[^.]$/, code)
    t.match(advice, /^[A-Z].*\.$/, code)
  }
})

t.test('the published page and the contract name every code', async (t) => {
  const { files, document } = await readDocument()
  const listed = [...(files['errors.md'] ?? '').matchAll(/^\| `([a-z_]+)` \| (\d+) \|/gm)].map((match) => [
    match[1],
    Number(match[2]),
  ])
  t.same(
    listed,
    Object.entries(errorCodes).map(([code, { status }]) => [code, status]),
  )
  t.same(document.components.schemas.Problem?.properties?.code?.enum, Object.keys(errorCodes))
})

t.test('every type of a problem leads to a page', async (t) => {
  const { anyone } = await testApp(t)
  for (const [code, { title, status }] of Object.entries(errorCodes)) {
    const response = await anyone.get(`/problems/${code}`)
    t.equal(response.statusCode, 200, code)
    t.match(response.headers['content-type'], 'text/html')
    t.ok(response.body.includes(`<h1>${title}</h1>`) && response.body.includes(String(status)), code)
  }
  for (const other of ['no_such_code', '__proto__', 'constructor', 'toString', '%00', 'a'.repeat(299)]) {
    const response = await anyone.get(`/problems/${other}`)
    t.ok([400, 404].includes(response.statusCode), other)
    t.match(response.headers['content-type'], 'application/problem+json')
  }
})
