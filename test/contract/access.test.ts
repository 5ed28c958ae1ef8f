import { readFile } from 'node:fs/promises'
import t from 'tap'
import { insertApiKey } from '../../src/api-keys/queries.ts'
import { hashOf } from '../../src/http/access.ts'
import { tryOperation } from '../access/checking.ts'
import { faultsOf, readPolicy } from '../access/policy.ts'
import { kindsOf, renderPolicy } from '../access/render.ts'
import type { Row } from '../access/rows.ts'
import { needle, sender } from '../access/sending.ts'
import { makeWorld } from '../access/world.ts'
import { adminKey, testApp } from '../support/app.ts'
import { type Place, readDocument } from '../support/document.ts'

const { operations, exampleOf } = await readDocument()
const policy = await readPolicy()

t.test('every operation has a row in the policy, which says the same as its route', async (t) => {
  t.same(faultsOf(policy, operations), [])
})

t.test('docs/access-policy.md is the policy', async (t) => {
  const committed = await readFile(new URL('../../docs/access-policy.md', import.meta.url), 'utf8').catch(() => '')
  t.ok(committed === renderPolicy(policy, operations), 'run `npm run access-policy` and commit the result')
})

const rowOf = ({ tags, operationId }: Place): Row | undefined => policy.get(tags[0] as string)?.[operationId]
/** Those who act come last: lists are looked at before there are copies. */
const order = ['list', 'whole', 'part', undefined, 'gate', 'act']
const guarded = operations
  .flatMap((place) => {
    const row = rowOf(place)
    return row === undefined || row.unguarded !== undefined ? [] : [{ place, row }]
  })
  .sort((a, b) => order.indexOf(a.row.as) - order.indexOf(b.row.as))

t.test('every cell of the policy', async (t) => {
  const world = await makeWorld(t, kindsOf(policy))
  const send = sender(world, exampleOf)
  for (const { place, row } of guarded)
    await t.test(place.operationId, async (t) => t.same(await tryOperation(world, send, place, row), []))

  await t.test('a credential reaches what its scopes name, and nothing else', async (t) => {
    const scopes = [...policy.keys()].flatMap((tag) => [`${tag}:read`, `${tag}:write`])
    for (const { place, row } of guarded) {
      const own = `${place.tags[0]}:${place.method === 'GET' ? 'read' : 'write'}`
      for (const role of ['admin', 'secretariat', 'reviewer', 'integration'] as const) {
        if (row.roles !== 'public' && !row.roles.includes(role)) continue
        const within = await send.with(await world.key(role, { scopes: [own] }), place, row, `${needle}=1`)
        if (within.statusCode !== 400) t.fail(`${role} ${place.operationId}: ${within.statusCode} within its scope`)
        const others = scopes.filter((scope) => scope !== own)
        const without = await send.with(await world.key(role, { scopes: others }), place, row, `${needle}=1`)
        const wanted = row.roles === 'public' || row.needsNoScope ? 400 : 403
        if (without.statusCode !== wanted)
          t.fail(`${role} ${place.operationId}: ${without.statusCode} without its scope instead of ${wanted}`)
      }
    }
  })
})

t.test('credentials that are none', async (t) => {
  const { db, ...service } = await testApp(t)
  const send = sender({ db, ...service } as never, exampleOf)
  const created_at = '2020-12-01T00:00:00Z'
  const ended = { name: 'ended', role: 'admin', created_at } as const
  await insertApiKey(db, { ...ended, key_hash: hashOf('revoked'), revoked_at: '2020-12-02T00:00:00Z' })
  await insertApiKey(db, { ...ended, key_hash: hashOf('expired'), expires_at: '2020-12-15T10:00:00Z' })
  for (const { place, row } of guarded) {
    const wrong = ['x', `${adminKey}x`, adminKey.slice(0, -1), adminKey.toUpperCase(), 'revoked', 'expired']
    for (const bearer of wrong) {
      const response = await send.with(bearer, place, row, `${needle}=1`)
      t.equal(response.statusCode, 401, `${place.operationId} ${bearer}`)
      t.match(response.headers['www-authenticate'], /error="invalid_token"/)
    }
    if (row.roles === 'public') continue
    t.match((await send.with(undefined, place, row)).headers['www-authenticate'], /^Bearer /, place.operationId)
  }
})
