import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportSPKI, importJWK } from 'jose'
import pino from 'pino'
import t, { type Test } from 'tap'
import { settableClock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { tokenResolver } from '../../src/oidc/service.ts'
import { testApp } from '../support/app.ts'
import { audience, newSigningKey, sign, startIssuer } from '../support/oidc.ts'

const clients = {
  boss: { roles: ['reviewer', 'admin', 'janitor'] },
  office: { roles: 'secretariat openid' },
  reader: { roles: ['reviewer'] },
  embassy: { roles: ['mission'], state: 'che' },
  stateless: { roles: ['mission'] },
  utopia: { roles: ['mission'], state: 'UTO' },
  nobody: { roles: ['janitor'] },
  silent: {},
}

const lifetimeSeconds = 600
const first = await newSigningKey('first')
const second = await newSigningKey('second', 'ES256')
/** The provider wants a key of this kind for its ID tokens. */
const spare = await newSigningKey('spare')
const others = [await newSigningKey('edwards', 'EdDSA'), await newSigningKey('padded', 'PS256')]

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const secondsOf = (instant: string) => Math.floor(Date.parse(instant) / 1000)
const later = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

/** The provider's clock is the machine's; ours stands beside it until a test moves it. */
async function start(t: Test, env: Record<string, string> = {}) {
  const provider = await startIssuer(t, { keys: [first], clients, lifetimeSeconds })
  const oidc = { OIDC_ISSUER: provider.issuer, OIDC_AUDIENCE: audience, ...env }
  const service = await testApp(t, { env: oidc, now: new Date().toISOString() })
  const as = (token: string) => service.as({ authorization: `Bearer ${token}` })
  return { ...service, provider, asToken: as }
}

/** The answer to a guarded read: 200 for staff. */
const probe = '/v1/pre-sessions/38/history'

t.test('tokens of the provider', async (t) => {
  const { provider, asToken, clock } = await start(t)
  const claims = () => ({
    iss: provider.issuer,
    aud: audience,
    sub: 'anna',
    roles: ['admin'],
    exp: secondsOf(later(600)),
  })
  const refused = async (token: string, name: string) => {
    const response = await asToken(token).get(probe)
    t.equal(response.statusCode, 401, name)
    t.match(response.headers['www-authenticate'], /error="invalid_token"/, name)
  }

  await t.test('the highest known role counts', async (t) => {
    const cases: [keyof typeof clients, string, number][] = [
      ['boss', '/v1/api-keys', 200],
      ['office', '/v1/api-keys', 403],
      ['office', probe, 200],
      ['reader', probe, 403],
      ['embassy', probe, 403],
      ['embassy', '/v1/pre-sessions/38', 200],
    ]
    for (const [client, path, status] of cases)
      t.equal((await asToken(await provider.token(client)).get(path)).statusCode, status, `${client} ${path}`)
  })

  await t.test('a valid token that names no role, or a mission of no State, is known but may nothing', async (t) => {
    for (const client of ['nobody', 'silent', 'stateless', 'utopia'] as const) {
      const response = await asToken(await provider.token(client)).get(probe)
      t.match(response.json(), { status: 403, detail: /claim "(roles|state)"/ }, client)
    }
  })

  await t.test('what a token makes is signed with its subject', async (t) => {
    const response = await asToken(await provider.token('boss')).post('/v1/api-keys', { name: 'x', role: 'reviewer' })
    t.equal(response.json().owner, 'oidc:boss')
  })

  await t.test('a token for somebody else', async () => {
    await refused(await provider.token('boss', 'https://another.example'), 'another audience')
    await refused(
      await sign({ ...claims(), aud: 'boss', nonce: 'x' }, { key: first, header: { typ: 'JWT' } }),
      'ID token',
    )
    await refused(
      await sign({ ...claims(), at_hash: 'x' }, { key: first, header: { typ: 'JWT' } }),
      'ID token for our audience',
    )
    await refused(await sign({ ...claims(), iss: 'https://login.example' }, { key: first }), 'another issuer')
    await refused(await sign({ ...claims(), iss: `${provider.issuer}/` }, { key: first }), 'nearly the issuer')
    for (const typ of ['logout+jwt', 'dpop+jwt', 'secevent+jwt'])
      await refused(await sign(claims(), { key: first, header: { typ } }), typ)
  })

  await t.test('a signature that is none', async () => {
    const unsigned = [base64url({ alg: 'none', kid: 'first', typ: 'at+jwt' }), base64url(claims()), ''].join('.')
    await refused(unsigned, 'alg none')
    await refused(
      unsigned.replace(base64url({ alg: 'none', kid: 'first', typ: 'at+jwt' }), base64url({ alg: 'NoNe' })),
      'alg NoNe',
    )
    // The public key, taken for a shared secret.
    const publicKey = await importJWK(first.publicJwk, 'RS256', { extractable: true })
    const pem = new TextEncoder().encode(await exportSPKI(publicKey as Parameters<typeof exportSPKI>[0]))
    for (const secret of [pem, new TextEncoder().encode(JSON.stringify(first.publicJwk))])
      await refused(await sign(claims(), { key: first, secret, header: { alg: 'HS256' } }), 'HS256 with the public key')
    const good = await provider.token('boss')
    const [header, payload, signature] = good.split('.') as [string, string, string]
    await refused([header, base64url(claims()), signature].join('.'), 'another payload')
    await refused([header, payload, `${signature.slice(0, -4)}AAAA`].join('.'), 'another signature')
    await refused(`${header}.${payload}.`, 'no signature')
    for (const odd of ['..', 'a.b.c', `${base64url({})}.${base64url([])}.x`, `${base64url(null)}.${base64url(null)}.x`])
      await refused(odd, odd)
  })

  await t.test('a key of another signer', async () => {
    const stranger = await newSigningKey('first')
    await refused(await sign(claims(), { key: stranger }), 'the id of a known key')
    await refused(await sign(claims(), { key: await newSigningKey('unknown') }), 'an unknown id')
  })

  await t.test('a token brings no key of its own, and nothing that it names is fetched', async (t) => {
    let asked = 0
    const stranger = await newSigningKey('stranger')
    const server = createServer((_request, response) => {
      asked += 1
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [stranger.publicJwk] }))
    }).listen(0, '127.0.0.1')
    t.teardown(() => server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
    for (const header of [{ jku: address }, { x5u: address }, { jwk: stranger.publicJwk }])
      await refused(
        await sign({ ...claims(), iss: provider.issuer }, { key: stranger, header }),
        Object.keys(header)[0] as string,
      )
    await refused(await sign({ ...claims(), iss: address }, { key: stranger }), 'an issuer of its own')
    t.equal(asked, 0)
  })

  await t.test('a token that lacks what it needs', async () => {
    const { sub: _sub, ...noSubject } = claims()
    const { exp: _exp, ...endless } = claims()
    await refused(await sign(noSubject, { key: first }), 'no subject')
    await refused(await sign(endless, { key: first }), 'no end')
  })

  await t.test('its end is told, whatever it says of it', async (t) => {
    for (const [exp, told] of [
      [1_893_456_000.7, '2030-01-01T00:00:00Z'],
      [1e15, '9999-12-31T00:00:00Z'],
    ] as const) {
      const token = await sign({ ...claims(), exp }, { key: first })
      t.equal((await asToken(token).get('/v1/sessions/current')).json().expiresAt, told)
    }
  })

  await t.test('begin and end are read from the clock of the service, with thirty seconds to spare', async (t) => {
    const token = await provider.token('boss')
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString())
    const at = (seconds: number) => clock.set(new Date((exp + seconds) * 1000).toISOString())
    const early = await sign({ ...claims(), nbf: exp, exp: exp + 600 }, { key: first })
    for (const [seconds, status] of [
      [28, 200],
      [31, 401],
    ] as const) {
      at(seconds)
      t.equal((await asToken(token).get(probe)).statusCode, status, `${seconds} s after the end`)
    }
    for (const [seconds, status] of [
      [-32, 401],
      [-28, 200],
    ] as const) {
      at(seconds)
      t.equal((await asToken(early).get(probe)).statusCode, status, `${seconds} s before the begin`)
    }
  })
})

t.test('a new key of the provider is found, an old one is forgotten', async (t) => {
  const provider = await startIssuer(t, { keys: [first], clients, lifetimeSeconds })
  const env = { SANDBOX: 'true', OIDC_ISSUER: provider.issuer, OIDC_AUDIENCE: audience }
  const parts = { config: readConfig(env), clock: settableClock(), log: pino({ level: 'silent' }) }
  const eager = tokenResolver(parts, { cooldownMs: 0 })
  const patient = tokenResolver(parts, { cooldownMs: 60_000 })
  const before = await provider.token('boss')
  for (const resolve of [eager, patient]) t.match(await resolve?.(before), { role: 'admin', id: 'oidc:boss' })
  await provider.order({ keys: [second, spare, ...others], clients, lifetimeSeconds })
  const after = await provider.token('boss')
  t.match(await eager?.(after), { role: 'admin' })
  t.equal(await eager?.(before), undefined)
  for (const key of [second, spare, ...others]) {
    const token = await sign(
      { iss: provider.issuer, aud: audience, sub: 'x', roles: ['reviewer'], exp: secondsOf(later(60)) },
      { key },
    )
    t.match(await eager?.(token), { role: 'reviewer' }, key.alg)
  }

  const asked = (await provider.asked())['/jwks'] ?? 0
  const tokens = Array.from({ length: 50 }, async (_, index) =>
    sign(
      { iss: provider.issuer, aud: audience, sub: 'x', exp: secondsOf(later(60)) },
      { key: { ...first, kid: `made-up-${index}` } },
    ),
  )
  for (const token of await Promise.all(tokens)) t.equal(await patient?.(token), undefined)
  t.equal((await provider.asked())['/jwks'], asked, 'made-up key ids make nobody ask before the cooldown is over')
})

t.test('without its issuer tokens wait, and nothing else does', async (t) => {
  const { provider, asToken, admin, anyone } = await start(t)
  const token = await provider.token('boss')
  const begun = await start(t, { OIDC_ISSUER: provider.issuer })
  t.equal((await asToken(token).get(probe)).statusCode, 200)
  await provider.stop()
  t.equal((await asToken(token).get(probe)).statusCode, 200, 'the keys are known already')
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const response = await begun.asToken(token).get(probe)
    t.equal(response.json().code, 'unavailable')
    t.ok(response.headers['retry-after'])
  }
  t.equal((await begun.asToken('a.b.c').get(probe)).statusCode, 401, 'what is no token is refused all the same')
  t.equal((await begun.admin.get(probe)).statusCode, 200)
  t.equal((await admin.get(probe)).statusCode, 200)
  t.equal((await anyone.get('/v1/pre-sessions/38')).statusCode, 200)
})

t.test('an issuer that answers something else is as good as none', async (t) => {
  const answers: [string, number, string][] = [
    ['another issuer', 200, '{"issuer":"https://login.example","jwks_uri":"https://login.example/keys"}'],
    ['no address', 200, '{"issuer":"ISSUER"}'],
    ['an odd address', 200, '{"issuer":"ISSUER","jwks_uri":"file:///etc/passwd"}'],
    ['no JSON', 200, '<html>'],
    ['nothing', 404, ''],
    ['a redirection', 302, ''],
    ['keys that are none', 200, '{"issuer":"ISSUER","jwks_uri":"ISSUER/x","keys":"none"}'],
  ]
  for (const [name, status, body] of answers) {
    const server = createServer((_request, response) => {
      response.writeHead(status, { location: 'https://login.example/' }).end(body.replaceAll('ISSUER', issuer))
    }).listen(0, '127.0.0.1')
    t.teardown(() => server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const config = readConfig({ SANDBOX: 'true', OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience })
    const resolve = tokenResolver({ config, clock: settableClock(), log: pino({ level: 'silent' }) })
    const token = await sign({ iss: issuer, aud: audience, sub: 'x', exp: secondsOf(later(60)) }, { key: first })
    await t.rejects(async () => resolve?.(token), { code: 'unavailable' }, name)
  }
})

t.test('roles and State come from the claims that are configured', async (t) => {
  const { issuer } = await startIssuer(t, { keys: [first], clients, lifetimeSeconds })
  const env = { OIDC_ROLES_CLAIM: 'realm_access.roles', OIDC_STATE_CLAIM: 'https://example.org/state' }
  const config = readConfig({ SANDBOX: 'true', OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, ...env })
  const resolve = tokenResolver({ config, clock: settableClock(), log: pino({ level: 'silent' }) })
  const claims = { iss: issuer, aud: [audience, 'account'], sub: 'auth|1', exp: secondsOf(later(60)), roles: ['admin'] }
  const token = (extra: object) => sign({ ...claims, ...extra }, { key: first })
  t.match(await resolve?.(await token({ realm_access: { roles: ['mission'] }, 'https://example.org/state': 'BEL' })), {
    role: 'mission',
    id: 'oidc:auth|1',
    state: 'BEL',
  })
  for (const extra of [{}, { realm_access: 'admin' }, { realm_access: { roles: { length: 1 } } }])
    await t.rejects(async () => resolve?.(await token(extra)), { code: 'forbidden' })
})
