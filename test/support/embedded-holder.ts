// Runs the embedded PostgreSQL as a service would: one line of JSON when it is ready or refused, and it ends on SIGTERM.
import { startEmbeddedPostgres } from '../../src/db/embedded.ts'

const [, , dataDir = ''] = process.argv
try {
  const { url, adopted, stop } = await startEmbeddedPostgres({ dataDir, log: (line) => console.error(line) })
  console.log(JSON.stringify({ url, adopted }))
  process.once('SIGTERM', () => stop())
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message }))
}
