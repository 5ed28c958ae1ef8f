import { once } from 'node:events'
import { request } from 'node:http'
import Fastify from 'fastify'
import t from 'tap'
import type { App } from '../../src/deps.ts'
import { addBodyTimeout } from '../../src/http/body-timeout.ts'
import { testApp } from '../support/app.ts'

t.test('a browser may upload from another origin', async (t) => {
  const origin = 'https://app.example.org'
  const { inject } = await testApp(t, { env: { CORS_ORIGINS: origin } })
  const ask = (url: string, headers: Record<string, string>) => inject({ method: 'OPTIONS' as 'GET', url, headers })
  const preflight = await ask('/v1/uploads/abc', {
    origin,
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'authorization,tus-resumable,upload-offset',
  })
  t.equal(preflight.statusCode, 204)
  t.match(preflight.headers, {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': /PATCH/,
    'access-control-allow-headers': 'authorization,tus-resumable,upload-offset',
  })
  const plain = await ask('/v1/uploads', {})
  t.equal(plain.statusCode, 204)
  t.match(plain.headers, { 'tus-version': '1.0.0', 'tus-resumable': '1.0.0' })
  t.equal((await ask('/v1/pre-sessions', {})).statusCode, 204)
  const read = await inject({ method: 'GET', url: '/v1/pre-sessions', headers: { origin } })
  t.match(read.headers['access-control-expose-headers'], /Upload-Offset/)
})

t.test('a body that does not come ends, an upload does not', async (t) => {
  const app = Fastify({ requestTimeout: 0 }) as unknown as App
  addBodyTimeout(app, 100)
  const read = async (asked: { raw: AsyncIterable<Buffer> }) => {
    let bytes = 0
    for await (const chunk of asked.raw) bytes += chunk.length
    return { bytes }
  }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.post('/short', read)
  app.post('/upload', { config: { takesLong: true } }, read)
  const base = await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const begin = (path: string) => {
    const sending = request(base + path, { method: 'POST', headers: { 'content-length': 10, 'content-type': 'x/y' } })
    sending.on('error', () => {})
    sending.write('12345')
    return { sending, answered: once(sending, 'response') }
  }
  const [long, short] = [begin('/upload'), begin('/short')]
  const [refusal] = await short.answered
  t.equal(refusal.statusCode, 408)
  t.match(refusal.headers, { 'content-type': /problem\+json/, connection: 'close' })
  refusal.resume()
  // It began before the other one, and goes on after that one's end.
  long.sending.end('67890')
  const [answer] = await long.answered
  t.equal(answer.statusCode, 200)
  answer.resume()
})
