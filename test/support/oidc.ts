import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import type { Test } from 'tap'
import { clientSecret, type Orders } from './oidc-issuer.ts'

export const audience = 'https://pre-sessions.example'

export interface SigningKey {
  kid: string
  alg: string
  privateKey: CryptoKey
  publicJwk: JWK
  jwk: JWK
}

export async function newSigningKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const common = { kid, alg, use: 'sig' }
  return {
    kid,
    alg,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), ...common },
    jwk: { ...(await exportJWK(privateKey)), ...common },
  }
}

/** A provider in a process of its own, with the clients and keys that the test orders. */
export async function startIssuer(t: Test, orders: { keys: SigningKey[] } & Omit<Orders, 'keys'>) {
  const child = fork(join(import.meta.dirname, 'oidc-issuer.ts'), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  t.teardown(stop)
  const next = async <T>() => (await once(child, 'message'))[0] as T
  const { issuer } = await next<{ issuer: string }>()
  const order = async ({ keys, ...rest }: typeof orders) => {
    child.send({ ...rest, keys: keys.map((key) => key.jwk) })
    await next()
  }
  await order(orders)
  return {
    issuer,
    stop,
    order,
    /** How often each of its addresses was asked for. */
    asked: async () => {
      child.send('asked')
      return (await next<{ asked: Record<string, number> }>()).asked
    },
    /** A token by client credentials, for one audience. */
    token: async (client: string, resource = audience): Promise<string> => {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${client}:${clientSecret}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'use', resource }),
      })
      const { access_token: token } = (await response.json()) as { access_token?: string }
      if (token === undefined) throw new Error(`The provider made no token: ${response.status}`)
      return token
    },
  }
}

/** A token made by hand: whatever an attacker, or a careless provider, might sign. */
export function sign(
  payload: JWTPayload,
  { key, secret, header }: { key: SigningKey; secret?: Uint8Array; header?: Record<string, unknown> },
): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(secret ?? key.privateKey)
}
