import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPeriods } from './domain/retention.ts'
import { isEmail } from './domain/text.ts'
import { findFfmpeg } from './media/ffmpeg.ts'

/** What the service needs to know, read once from the environment (contract §4). Nothing else reads `process.env`. */
export interface Config {
  production: boolean
  sandbox: boolean
  dataDir: string
  http: {
    host: string
    port: number
    publicUrl: string
    trustProxy: boolean | string
    corsOrigins: string[]
    rateLimitPerMinute: number
  }
  database: { url: string | undefined }
  storage: StorageConfig
  /** Without an address nothing is scanned, and every file says so. */
  clamd: ClamdConfig | undefined
  /** The program, where it is installed; pictures and renditions of videos are made with it alone. */
  ffmpeg: string | undefined
  log: { level: string }
  worker: 'inline' | 'off' | 'only'
  jotform: { apiUrl: string; apiKey: string | undefined; hookSecrets: string[]; filesUrl: string | undefined }
  /** Without an SMTP address mails wait in the outbox. */
  mail: { smtpUrl: string | undefined; from: MailAddress | undefined; accessLinkUrl: string }
  adminApiKey: string | undefined
  dataEncryptionKey: Buffer | undefined
  /** Own retention periods in days, by class; the others have their default. */
  retention: Record<string, number>
  /** Only where tokens of an issuer are taken. */
  oidc: { issuer: string; audience: string; rolesClaim: string; stateClaim: string } | undefined
}

/** A directory that all replicas share, or a bucket of a service that speaks S3. */
export type StorageConfig = { kind: 'file'; directory: string } | S3Config

export interface S3Config {
  kind: 's3'
  bucket: string
  /** Before every name: empty, or with a slash at its end. */
  prefix: string
  region: string
  /** Where the service is not Amazon's own. */
  endpoint: string | undefined
  /** Absent: found as Amazon's libraries find them, for example by the role of the machine. */
  credentials: { accessKeyId: string; secretAccessKey: string } | undefined
  /** Where a file lies on this machine while it is taken in or read by a tool. */
  dataDir: string
}

export interface ClamdConfig {
  address: { host: string; port: number } | { socket: string }
  /** What clamd's own limits let it look at; larger files are not sent to it. */
  maxBytes: number
}

export interface MailAddress {
  name: string
  address: string
}

type Env = Record<string, string | undefined>

/** Thrown once with every problem of the environment, one line each. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`The configuration has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`)
    this.problems = problems
  }
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** Validates the whole environment and reports all problems at once. */
export function readConfig(env: Env): Config {
  const problems: string[] = []
  const get = (name: string) => (env[name]?.trim() ? env[name]?.trim() : undefined)
  const oneOf = <T extends string>(name: string, values: readonly T[], fallback: T): T => {
    const value = get(name)
    if (value === undefined) return fallback
    if ((values as readonly string[]).includes(value)) return value as T
    problems.push(`${name} must be one of ${values.join(', ')}; it is "${value}".`)
    return fallback
  }
  const integer = (name: string, min: number, max: number, fallback: number) => {
    const value = get(name)
    if (value === undefined) return fallback
    if (/^\d+$/.test(value) && Number(value) >= min && Number(value) <= max) return Number(value)
    problems.push(`${name} must be a whole number from ${min} to ${max}; it is "${value}".`)
    return fallback
  }
  const url = (name: string, protocols: string[], fallback?: string) => {
    const value = get(name)
    if (value === undefined) return fallback
    const parsed = URL.parse(value)
    if (parsed !== null && protocols.includes(parsed.protocol)) return value.replace(/\/+$/, '')
    problems.push(`${name} must be an address that begins with ${protocols.map((p) => `${p}//`).join(' or ')}.`)
    return fallback
  }
  const sandbox = oneOf('SANDBOX', ['true', 'false'], 'false') === 'true'
  const production = env.NODE_ENV === 'production'
  if (sandbox && production) problems.push('SANDBOX=true is never allowed together with NODE_ENV=production.')

  const dataDir = resolve(get('DATA_DIR') ?? './data')
  const port = integer('PORT', 0, 65535, 3000)
  const host = get('HOST') ?? '127.0.0.1'
  const config: Config = {
    production,
    sandbox,
    dataDir,
    http: {
      host,
      port,
      publicUrl: url('PUBLIC_URL', ['http:', 'https:']) ?? `http://localhost:${port}`,
      trustProxy: readTrustProxy(get('TRUST_PROXY'), problems),
      corsOrigins: readOrigins(get('CORS_ORIGINS'), problems),
      rateLimitPerMinute: integer('RATE_LIMIT_PER_MINUTE', 1, 1_000_000_000, 600),
    },
    database: { url: url('DATABASE_URL', ['postgres:', 'postgresql:']) },
    storage: readStorage(get, { dataDir, sandbox, problems }),
    clamd: readClamd(get('CLAMD_URL'), problems),
    ffmpeg: findFfmpeg(get('PATH')),
    log: { level: oneOf('LOG_LEVEL', logLevels, 'info') },
    worker: oneOf('WORKER', ['inline', 'off', 'only'], 'inline'),
    jotform: {
      apiUrl: url('JOTFORM_API_URL', ['https:', 'http:'], 'https://api.jotform.com') as string,
      apiKey: get('JOTFORM_API_KEY'),
      hookSecrets: readSecrets(get('JOTFORM_HOOK_SECRETS'), problems),
      filesUrl: url('JOTFORM_FILES_URL', ['https:', 'http:']),
    },
    mail: {
      smtpUrl: url('SMTP_URL', ['smtp:', 'smtps:']),
      from: readMailFrom(get('MAIL_FROM'), problems),
      accessLinkUrl: url('ACCESS_LINK_URL', ['http:', 'https:']) ?? '',
    },
    adminApiKey: get('ADMIN_API_KEY'),
    dataEncryptionKey: readKey(get('DATA_ENCRYPTION_KEY'), problems),
    retention: readRetention(get('RETENTION_DAYS'), problems),
    oidc: readOidc(get, sandbox, problems),
  }
  config.mail.accessLinkUrl ||= config.http.publicUrl
  if (config.mail.accessLinkUrl.includes('#'))
    problems.push('ACCESS_LINK_URL must have no "#": the token of a link is put behind it.')
  if (config.mail.smtpUrl !== undefined && get('MAIL_FROM') === undefined)
    problems.push('MAIL_FROM is needed with SMTP_URL: the address that mails come from.')
  if (!sandbox && config.jotform.apiUrl.startsWith('http:'))
    problems.push('JOTFORM_API_URL must use https: plain http is for SANDBOX=true only.')
  if (!sandbox && config.jotform.filesUrl !== undefined) problems.push('JOTFORM_FILES_URL is for SANDBOX=true only.')
  if (config.adminApiKey !== undefined && !/^[A-Za-z0-9_-]{43,}$/.test(config.adminApiKey)) {
    problems.push('ADMIN_API_KEY must have at least 43 characters out of A–Z, a–z, 0–9, "-" and "_" (256 random bits).')
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

/** The issuer is kept to the letter: tokens name it so, with or without a slash at the end. */
function readOidc(get: (name: string) => string | undefined, sandbox: boolean, problems: string[]): Config['oidc'] {
  const issuer = get('OIDC_ISSUER')
  const audience = get('OIDC_AUDIENCE')
  if (issuer === undefined && audience === undefined) return undefined
  if (issuer === undefined) problems.push('OIDC_AUDIENCE needs OIDC_ISSUER: the address of who issues the tokens.')
  if (audience === undefined)
    problems.push('OIDC_ISSUER needs OIDC_AUDIENCE: what tokens for this service name in `aud`.')
  if (issuer === undefined || audience === undefined) return undefined
  const { protocol, search, hash } = URL.parse(issuer) ?? { protocol: '', search: '', hash: '' }
  if (!['https:', 'http:'].includes(protocol) || search !== '' || hash !== '')
    problems.push('OIDC_ISSUER must be an address that begins with https://, without a query.')
  else if (protocol === 'http:' && !sandbox)
    problems.push('OIDC_ISSUER must use https: plain http is for SANDBOX=true only.')
  return {
    issuer,
    audience,
    rolesClaim: get('OIDC_ROLES_CLAIM') ?? 'roles',
    stateClaim: get('OIDC_STATE_CLAIM') ?? 'state',
  }
}

/** Names of address ranges that the proxies' library knows. */
const proxyNames = ['loopback', 'linklocal', 'uniquelocal']

function readTrustProxy(value: string | undefined, problems: string[]): boolean | string {
  if (value === undefined || value === 'off' || value === 'false') return false
  if (value === 'true' || value === 'on') return true
  for (const proxy of value.split(',').map((part) => part.trim())) {
    if (!proxyNames.includes(proxy) && !isAddressRange(proxy))
      problems.push(
        `TRUST_PROXY: "${proxy}" is neither on, off, an address or range such as 10.0.0.0/8, nor ${proxyNames.join(', ')}.`,
      )
  }
  return value
}

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (family === 4 ? 32 : 128))
  )
}

function readKey(value: string | undefined, problems: string[]): Buffer | undefined {
  if (value === undefined) return undefined
  const key = Buffer.from(value, 'base64url')
  if (/^[A-Za-z0-9_-]{43}$/.test(value) && key.length === 32) return key
  problems.push('DATA_ENCRYPTION_KEY must be 32 random bytes as base64url (43 characters).')
  return undefined
}

function readRetention(value: string | undefined, problems: string[]): Record<string, number> {
  const { periods, faults } = readPeriods(value ?? '')
  problems.push(...faults.map((fault) => `RETENTION_DAYS: ${fault}.`))
  return periods
}

/** One address, alone or behind a name: `UPR Info <pre-sessions@example.org>`. */
function readMailFrom(value: string | undefined, problems: string[]): MailAddress | undefined {
  if (value === undefined) return undefined
  const [, name = '', address = value] = /^([^<>"\p{Cc}]*)<([^<>]+)>$/u.exec(value) ?? []
  if (isEmail(address)) return { name: name.trim(), address }
  problems.push('MAIL_FROM must be one address, such as UPR Info <pre-sessions@example.org>.')
  return undefined
}

/** The limits that clamd is delivered with: StreamMaxLength and MaxFileSize. */
const clamdBytes = 100 * 1024 * 1024
/** It never looks into more than this. */
const mostClamdBytes = 2 ** 31 - 1

function readClamd(value: string | undefined, problems: string[]): ClamdConfig | undefined {
  if (value === undefined) return undefined
  const url = URL.parse(value)
  const maxBytes = Number(url?.searchParams.get('maxBytes') ?? clamdBytes)
  if (!Number.isInteger(maxBytes) || maxBytes < 1 || maxBytes > mostClamdBytes)
    problems.push(
      `CLAMD_URL: maxBytes must be a whole number from 1 to ${mostClamdBytes}, not above clamd's own limits.`,
    )
  if (url?.protocol === 'unix:' && url.pathname.startsWith('/'))
    return { address: { socket: decodeURIComponent(url.pathname) }, maxBytes }
  if (url?.protocol === 'tcp:' && url.hostname !== '')
    return { address: { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 3310) }, maxBytes }
  problems.push('CLAMD_URL must be the address of clamd, such as tcp://clamd:3310 or unix:/run/clamav/clamd.ctl.')
  return undefined
}

function readOrigins(value: string | undefined, problems: string[]): string[] {
  const origins = (value ?? '')
    .split(',')
    .map((o) => o.trim())
    .filter((o) => o !== '')
  for (const origin of origins) {
    if (URL.parse(origin)?.origin !== origin)
      problems.push(`CORS_ORIGINS: "${origin}" is not an origin such as https://app.example.org.`)
  }
  return origins
}

function readSecrets(value: string | undefined, problems: string[]): string[] {
  const secrets = (value ?? '')
    .split(',')
    .map((s) => s.trim())
    .filter((s) => s !== '')
  if (secrets.length > 2)
    problems.push(
      'JOTFORM_HOOK_SECRETS takes at most two secrets: the present one and, while it is being changed, the next.',
    )
  for (const secret of secrets) {
    if (!/^[A-Za-z0-9_.~-]{16,}$/.test(secret))
      problems.push('JOTFORM_HOOK_SECRETS: each secret needs at least 16 URL-safe characters.')
  }
  return secrets
}

interface StorageContext {
  dataDir: string
  sandbox: boolean
  problems: string[]
}

function readStorage(get: (name: string) => string | undefined, context: StorageContext): StorageConfig {
  const { dataDir, problems } = context
  const value = get('STORAGE_URL')
  const fallback: StorageConfig = { kind: 'file', directory: resolve(dataDir, 'files') }
  if (value === undefined) return fallback
  const parsed = URL.parse(value)
  if (parsed?.protocol === 's3:') return readS3(parsed, get, context)
  if (parsed?.protocol !== 'file:') {
    problems.push('STORAGE_URL must begin with file:// or s3://.')
    return fallback
  }
  try {
    return { kind: 'file', directory: fileURLToPath(parsed) }
  } catch {
    problems.push('STORAGE_URL must be the address of a directory of this machine, such as file:///srv/files.')
  }
  return fallback
}

/** `s3://bucket/prefix?region=eu-central-1&endpoint=https://minio.example.org`. */
function readS3(
  { hostname, username, pathname, searchParams }: URL,
  get: (name: string) => string | undefined,
  { dataDir, sandbox, problems }: StorageContext,
): S3Config {
  const unknown = [...searchParams.keys()].filter((name) => !['region', 'endpoint'].includes(name))
  if (!/^[a-z\d][a-z\d.-]{1,61}[a-z\d]$/.test(hostname))
    problems.push('STORAGE_URL must name a bucket, such as s3://pre-sessions/files.')
  if (username !== '')
    problems.push('STORAGE_URL holds no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.')
  if (unknown.length > 0) problems.push(`STORAGE_URL takes only region and endpoint, not ${unknown.join(', ')}.`)
  const endpoint = searchParams.get('endpoint') ?? undefined
  const protocol = endpoint === undefined ? 'https:' : URL.parse(endpoint)?.protocol
  if (protocol !== 'https:' && !(protocol === 'http:' && (sandbox || isHere(endpoint))))
    problems.push(
      'STORAGE_URL: its endpoint must begin with https:// (http:// only on this machine or with SANDBOX=true).',
    )
  const accessKeyId = get('AWS_ACCESS_KEY_ID')
  const secretAccessKey = get('AWS_SECRET_ACCESS_KEY')
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    problems.push('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together.')
  const prefix = pathname.replace(/^\/+|\/+$/g, '')
  return {
    kind: 's3',
    bucket: hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region: searchParams.get('region') ?? get('AWS_REGION') ?? 'us-east-1',
    endpoint,
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey },
    dataDir,
  }
}

const isHere = (address: string | undefined): boolean =>
  ['localhost', '127.0.0.1', '[::1]'].includes(URL.parse(address ?? '')?.hostname ?? '')
