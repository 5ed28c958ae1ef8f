// A real OpenID Connect provider in a process of its own. It listens on any free port and takes its orders over the parent's channel.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK } from 'jose'
// @ts-expect-error: the package has no types.
import { Provider as UntypedProvider } from 'oidc-provider'

const Provider = UntypedProvider as new (
  issuer: string,
  options: object,
) => {
  callback(): (request: IncomingMessage, response: ServerResponse) => void
  on(name: string, listener: () => void): void
}

export interface Orders {
  keys: JWK[]
  /** What the tokens of each client say beside the standard claims. */
  clients: Record<string, Record<string, unknown>>
  lifetimeSeconds: number
}

/** The only secret of every client: the provider lives for one test on this machine. */
export const clientSecret = 'a-secret-of-a-test-client-0123456789'

function main(): void {
  let handle: ReturnType<InstanceType<typeof Provider>['callback']> = (_request, response) => void response.end()
  const asked: Record<string, number> = {}
  const server: Server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    asked[path] = (asked[path] ?? 0) + 1
    handle(request, response)
  })
  server.listen(0, '127.0.0.1', () => {
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    process.on('message', (message: Orders | 'asked') => {
      if (message === 'asked') return void process.send?.({ asked })
      handle = createProvider(issuer, message).callback()
      process.send?.({ ready: true })
    })
    process.send?.({ issuer })
  })
  process.on('disconnect', () => process.exit())
}

function createProvider(issuer: string, { keys, clients, lifetimeSeconds }: Orders) {
  return new Provider(issuer, {
    jwks: { keys },
    clients: Object.keys(clients).map((id) => ({
      client_id: id,
      client_secret: clientSecret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          audience: resource,
          scope: 'use',
          accessTokenFormat: 'jwt',
          accessTokenTTL: lifetimeSeconds,
          jwt: { sign: { alg: keys[0]?.alg } },
        }),
      },
    },
    extraTokenClaims: (_context: unknown, token: { clientId: string }) => clients[token.clientId],
  })
}

if (import.meta.main) main()
