// The baseline: Fastify and pg with nothing around them, doing the same statements as the service, prepared by name.
import Fastify from 'fastify'
import pg from 'pg'

interface Case {
  path: string
  method: 'GET' | 'POST'
  text: string
  values: unknown[]
}

const { url, cases } = JSON.parse(process.env.BENCH_BARE ?? '{}') as { url: string; cases: Case[] }
const pool = new pg.Pool({ connectionString: url, max: 10 })
pool.on('error', () => {})
const app = Fastify({ logger: false, bodyLimit: 25 * 1024 * 1024 })
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
for (const [index, { path, method, text, values }] of cases.entries()) {
  app.route({
    method,
    url: path,
    handler: async (request) => {
      const body = request.body as Buffer | undefined
      const parameters = body === undefined ? values : values.map((value) => (value === '$body' ? body : value))
      const { rows } = await pool.query({ name: `case-${index}`, text, values: parameters })
      return rows
    },
  })
}
await app.listen({ port: 0, host: '127.0.0.1' })
process.send?.({ port: (app.server.address() as { port: number }).port })
process.on('disconnect', () => process.exit(0))
