import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ensureAdminKey } from '../../src/api-keys/service.ts'
import { testApp } from '../support/app.ts'

t.test('a start that was killed before it wrote the admin key does not make the empty word a key', async (t) => {
  const { deps, as } = await testApp(t)
  const dataDir = await mkdtemp(join(tmpdir(), 'pre-sessions-key-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const file = join(dataDir, 'admin-api-key')
  await writeFile(file, '')
  const config = { ...deps.config, adminApiKey: undefined, dataDir }
  const made = await ensureAdminKey({ ...deps, config })
  t.match(made, { key: /^upr_[\w-]{43}$/, isNew: true, file })
  t.equal((await readFile(file, 'utf8')).trim(), made?.key)
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.same(await readdir(dataDir), ['admin-api-key'], 'nothing else is left')
  t.match(await ensureAdminKey({ ...deps, config }), { key: made?.key, isNew: false })
  t.equal((await as({ authorization: `Bearer ${made?.key}` }).get('/v1/api-keys')).statusCode, 200)
})
