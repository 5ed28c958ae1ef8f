import { resolve } from 'node:path'
import t from 'tap'
import { ConfigError, readConfig } from '../src/config.ts'

const key = 'k'.repeat(43)

function problemsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems
  }
}

t.test('nothing needs to be set', async (t) => {
  const config = readConfig({})
  t.match(config, {
    production: false,
    sandbox: false,
    dataDir: resolve('data'),
    http: {
      host: '127.0.0.1',
      port: 3000,
      publicUrl: 'http://localhost:3000',
      trustProxy: false,
      corsOrigins: [],
      rateLimitPerMinute: 600,
    },
    storage: { directory: resolve('data/files') },
    log: { level: 'info' },
    worker: 'inline',
    jotform: { apiUrl: 'https://api.jotform.com', hookSecrets: [] },
  })
  for (const value of [config.database.url, config.adminApiKey, config.jotform.apiKey, config.jotform.filesUrl])
    t.equal(value, undefined)
})

t.test('clamd is reached by its host or its socket', async (t) => {
  const maxBytes = 100 * 1024 * 1024
  t.equal(readConfig({}).clamd, undefined)
  t.same(readConfig({ CLAMD_URL: 'tcp://clamd' }).clamd, { address: { host: 'clamd', port: 3310 }, maxBytes })
  t.same(readConfig({ CLAMD_URL: 'tcp://[::1]:1234?maxBytes=5' }).clamd, {
    address: { host: '::1', port: 1234 },
    maxBytes: 5,
  })
  t.same(readConfig({ CLAMD_URL: 'unix:/run/clamd.ctl' }).clamd, { address: { socket: '/run/clamd.ctl' }, maxBytes })
  for (const value of [
    'clamd:3310',
    'http://clamd:3310',
    'unix:clamd',
    'tcp://clamd?maxBytes=2147483648',
    'tcp://clamd?maxBytes=x',
  ])
    t.match(problemsOf({ CLAMD_URL: value }), [/^CLAMD_URL/], value)
})

t.test('files are kept in a directory or in a bucket', async (t) => {
  t.same(readConfig({ STORAGE_URL: 'file:///srv/files' }).storage, { kind: 'file', directory: '/srv/files' })
  t.same(readConfig({ STORAGE_URL: 's3://bucket', AWS_REGION: 'eu-central-1' }).storage, {
    kind: 's3',
    bucket: 'bucket',
    prefix: '',
    region: 'eu-central-1',
    endpoint: undefined,
    credentials: undefined,
    dataDir: resolve('data'),
  })
  t.same(
    readConfig({
      STORAGE_URL: 's3://bucket/a/b/?region=x&endpoint=https://minio.example.org',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
    }).storage,
    {
      kind: 's3',
      bucket: 'bucket',
      prefix: 'a/b/',
      region: 'x',
      endpoint: 'https://minio.example.org',
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      dataDir: resolve('data'),
    },
  )
})

t.test('an empty or blank variable is as good as none', async (t) => {
  t.same(
    readConfig({ PORT: '', DATABASE_URL: ' ', ADMIN_API_KEY: '', CORS_ORIGINS: ',', WORKER: '  ' }),
    readConfig({}),
  )
})

t.test('what is set is taken', async (t) => {
  const config = readConfig({
    DATA_DIR: '/var/lib/x',
    HOST: '0.0.0.0',
    PORT: '8080',
    PUBLIC_URL: 'https://api.example.org/',
    TRUST_PROXY: '10.0.0.0/8',
    CORS_ORIGINS: 'https://a.example.org, http://localhost:5173',
    DATABASE_URL: 'postgresql://u:p@db/x',
    STORAGE_URL: 'file:///srv/some%20files',
    LOG_LEVEL: 'warn',
    WORKER: 'only',
    JOTFORM_API_URL: 'https://eu-api.jotform.com',
    JOTFORM_API_KEY: 'jot',
    JOTFORM_HOOK_SECRETS: 'first-secret-0000, second-secret-000',
    ADMIN_API_KEY: key,
    RATE_LIMIT_PER_MINUTE: '5',
  })
  t.match(config, {
    dataDir: '/var/lib/x',
    http: {
      host: '0.0.0.0',
      port: 8080,
      publicUrl: 'https://api.example.org',
      trustProxy: '10.0.0.0/8',
      corsOrigins: ['https://a.example.org', 'http://localhost:5173'],
      rateLimitPerMinute: 5,
    },
    database: { url: 'postgresql://u:p@db/x' },
    storage: { directory: '/srv/some files' },
    log: { level: 'warn' },
    worker: 'only',
    jotform: {
      apiUrl: 'https://eu-api.jotform.com',
      apiKey: 'jot',
      hookSecrets: ['first-secret-0000', 'second-secret-000'],
    },
    adminApiKey: key,
  })
})

/** [environment, what the problem says] */
const bad: [Record<string, string>, RegExp][] = [
  [{ PORT: 'http' }, /^PORT .*0 to 65535.*"http"/],
  [{ PORT: '65536' }, /^PORT /],
  [{ PORT: '-1' }, /^PORT /],
  [{ PORT: '3000.5' }, /^PORT /],
  [{ RATE_LIMIT_PER_MINUTE: '0' }, /^RATE_LIMIT_PER_MINUTE /],
  [{ PUBLIC_URL: 'api.example.org' }, /^PUBLIC_URL .*https?:/],
  [{ DATABASE_URL: 'mysql://x' }, /^DATABASE_URL .*postgres:/],
  [{ STORAGE_URL: 'ftp://bucket' }, /^STORAGE_URL .*file:.*s3:/],
  [{ STORAGE_URL: 's3://B' }, /^STORAGE_URL .*bucket/],
  [{ STORAGE_URL: 's3://id:secret@bucket' }, /^STORAGE_URL .*AWS_ACCESS_KEY_ID/],
  [{ STORAGE_URL: 's3://bucket?regoin=x' }, /^STORAGE_URL .*regoin/],
  [{ STORAGE_URL: 's3://bucket?endpoint=http://minio.example.org' }, /^STORAGE_URL.*https:/],
  [{ STORAGE_URL: 's3://bucket', AWS_ACCESS_KEY_ID: 'x' }, /^AWS_ACCESS_KEY_ID /],
  [{ STORAGE_URL: 'file:///srv/%zz' }, /^STORAGE_URL /],
  [{ STORAGE_URL: 'file://elsewhere/srv' }, /^STORAGE_URL /],
  [{ TRUST_PROXY: 'yes' }, /^TRUST_PROXY.*"yes"/],
  [{ TRUST_PROXY: '10.0.0.0/8, 300.0.0.1' }, /^TRUST_PROXY.*"300/],
  [{ TRUST_PROXY: '10.0.0.0/33' }, /^TRUST_PROXY/],
  [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL .*fatal.*"loud"/],
  [{ WORKER: 'yes' }, /^WORKER .*inline, off, only/],
  [{ SANDBOX: '1' }, /^SANDBOX .*true, false/],
  [{ SANDBOX: 'true', NODE_ENV: 'production' }, /^SANDBOX=true is never/],
  [{ CORS_ORIGINS: 'https://a.example.org/' }, /^CORS_ORIGINS.*origin/],
  [{ CORS_ORIGINS: '*' }, /^CORS_ORIGINS/],
  [{ JOTFORM_API_URL: 'http://api.jotform.com' }, /^JOTFORM_API_URL must use https/],
  [{ JOTFORM_API_URL: 'ftp://x' }, /^JOTFORM_API_URL/],
  [{ JOTFORM_FILES_URL: 'https://files.example.org' }, /^JOTFORM_FILES_URL is for SANDBOX/],
  [{ JOTFORM_HOOK_SECRETS: 'short' }, /^JOTFORM_HOOK_SECRETS.*16/],
  [{ JOTFORM_HOOK_SECRETS: 'with/a/slash/in/the/secret' }, /^JOTFORM_HOOK_SECRETS/],
  [{ JOTFORM_HOOK_SECRETS: `${key},${key}a,${key}b` }, /^JOTFORM_HOOK_SECRETS takes at most two/],
  [{ OIDC_ISSUER: 'https://login.example.org' }, /^OIDC_ISSUER needs OIDC_AUDIENCE/],
  [{ OIDC_AUDIENCE: 'api' }, /^OIDC_AUDIENCE needs OIDC_ISSUER/],
  [{ OIDC_ISSUER: 'login.example.org', OIDC_AUDIENCE: 'api' }, /^OIDC_ISSUER must be an address/],
  [{ OIDC_ISSUER: 'https://login.example.org?x=1', OIDC_AUDIENCE: 'api' }, /^OIDC_ISSUER must be an address/],
  [{ OIDC_ISSUER: 'http://login.example.org', OIDC_AUDIENCE: 'api' }, /^OIDC_ISSUER must use https/],
  [{ ADMIN_API_KEY: 'k'.repeat(42) }, /^ADMIN_API_KEY .*43/],
  [{ ADMIN_API_KEY: `${'k'.repeat(43)} x` }, /^ADMIN_API_KEY /],
]

t.test('each bad value is named with what would be right', async (t) => {
  for (const [env, expected] of bad) {
    const problems = problemsOf(env)
    t.equal(problems.length, 1, JSON.stringify(env))
    t.match(problems[0], expected)
  }
})

t.test('all problems are told at once', async (t) => {
  const env = {
    PORT: 'x',
    WORKER: 'x',
    LOG_LEVEL: 'x',
    PUBLIC_URL: 'x',
    DATABASE_URL: 'x',
    CORS_ORIGINS: 'x',
    ADMIN_API_KEY: 'x',
  }
  const problems = problemsOf(env)
  t.equal(problems.length, 7)
  for (const name of Object.keys(env))
    t.ok(
      problems.some((problem) => problem.startsWith(name)),
      name,
    )
  t.throws(() => readConfig(env), { message: /7 problem\(s\):\n {2}- / })
})

t.test('a secret is never part of a problem', async (t) => {
  const env = {
    ADMIN_API_KEY: 'a-secret',
    JOTFORM_HOOK_SECRETS: 'b-secret',
    DATABASE_URL: 'mysql://user:c-secret@db/x',
  }
  const text = problemsOf(env).join('\n')
  t.equal(problemsOf(env).length, 3)
  t.notMatch(text, /[abc]-secret/)
})

t.test('plain http and another host for files are for the sandbox', async (t) => {
  const env = { SANDBOX: 'true', JOTFORM_API_URL: 'http://127.0.0.1:9', JOTFORM_FILES_URL: 'http://127.0.0.1:9' }
  t.same(problemsOf(env), [])
})

t.test('retention periods are named by class', async (t) => {
  t.same(readConfig({}).retention, {})
  t.same(readConfig({ RETENTION_DAYS: ' drafts = 60,sessions=7,' }).retention, { drafts: 60, sessions: 7 })
  for (const value of [
    'drafts',
    'drafts=0',
    'drafts=-1',
    'drafts=x',
    'auditLog=30',
    'answers=1',
    'nothing=1',
    '__proto__=1',
  ])
    t.match(problemsOf({ RETENTION_DAYS: value }), [/^RETENTION_DAYS/], value)
})
