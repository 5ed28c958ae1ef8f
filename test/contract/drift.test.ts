import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import t from 'tap'
import { readDocument } from '../support/document.ts'

const folder = join(import.meta.dirname, '../../openapi')
const { files, document } = await readDocument()

t.test('the committed contract is the one that the code makes', async (t) => {
  t.same((await readdir(folder)).sort(), Object.keys(files).sort(), 'run `npm run openapi` and commit the result')
  for (const [name, text] of Object.entries(files)) {
    const committed = await readFile(join(folder, name), 'utf8').catch(() => '')
    t.ok(committed === text, `openapi/${name} is current: run \`npm run openapi\` and commit the result`)
  }
})

t.test('the contract is valid OpenAPI 3.1', async (t) => {
  const { valid, errors } = await new Validator().validate(
    structuredClone(document) as unknown as Record<string, unknown>,
  )
  t.ok(valid, JSON.stringify(errors))
  t.match(document.openapi, /^3\.1\./)
})

t.test('every component is used', async (t) => {
  const text = JSON.stringify(document)
  const unused = Object.keys(document.components.schemas).filter(
    (name) => !text.includes(`"#/components/schemas/${name}"`),
  )
  t.same(unused, [])
})
