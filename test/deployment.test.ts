import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'

interface Service {
  image?: string
  command?: string[]
  environment: Record<string, string>
  volumes: string[]
  depends_on?: Record<string, { condition: string }>
  restart: string
  ports?: string[]
  healthcheck?: object
}

const root = join(import.meta.dirname, '..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}
const { database, migrate, service, worker } = compose.services as Record<
  'database' | 'migrate' | 'service' | 'worker',
  Service
>
const dockerfile = read('Dockerfile')

t.test('one database, one migration, the service and its worker', async (t) => {
  t.same(Object.keys(compose.services), ['database', 'migrate', 'service', 'worker'])
  t.equal(database.image, 'postgres:18')
  t.same(migrate.command, ['node', 'src/migrate.ts'])
  t.equal(service.environment.WORKER, 'off')
  t.equal(worker.environment.WORKER, 'only')
  for (const one of [service, worker]) {
    t.equal(one.depends_on?.migrate?.condition, 'service_completed_successfully')
    t.equal(one.depends_on?.database?.condition, 'service_healthy')
    t.equal(one.restart, 'unless-stopped')
  }
  t.equal(migrate.depends_on?.database?.condition, 'service_healthy')
  t.equal(migrate.restart, 'no', 'a migration that failed waits for a person')
  t.same(database.ports, undefined, 'the database is not reachable from outside')
})

t.test('data outlives its containers, and files are shared', async (t) => {
  t.same(database.volumes, ['database:/var/lib/postgresql'])
  t.same(service.volumes, worker.volumes)
  const used = Object.values(compose.services).flatMap(({ volumes }) => volumes.map((volume) => volume.split(':')[0]))
  t.same([...new Set(used)].sort(), Object.keys(compose.volumes).sort())
  const storage = new URL(service.environment.STORAGE_URL ?? '').pathname
  t.ok(service.volumes.some((volume) => storage.startsWith(`${volume.split(':')[1]}/`)))
})

t.test('every variable is one that the service reads, and no value is a secret', async (t) => {
  const known = new Set([...read('src/config.ts').matchAll(/'([A-Z][A-Z_]+)'/g)].map((match) => match[1]))
  for (const { environment } of [migrate, service, worker]) {
    t.same(
      Object.keys(environment).filter((name) => !known.has(name)),
      [],
    )
  }
  const needed = ['POSTGRES_PASSWORD', 'ADMIN_API_KEY']
  for (const one of Object.values(compose.services)) {
    for (const [name, value] of Object.entries(one.environment)) {
      if (/PASSWORD|SECRET|KEY|DATABASE_URL/.test(name)) t.match(value, /\$\{[A-Z_]+:[-?]/, name)
      if (needed.some((secret) => value.includes(secret)))
        t.match(value, /\$\{[A-Z_]+:\?[^}]+\}/, `${name} says what is missing`)
      t.equal(typeof value, 'string', `${name} is a text, not what YAML makes of it`)
    }
  }
})

t.test('the image holds what it needs, runs as an ordinary user and tells whether it is ready', async (t) => {
  const copied = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap((match) => (match[1] as string).split(' '))
  t.same(
    copied.filter((name) => !existsSync(join(root, name))),
    [],
  )
  const allowed = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
  t.same(
    copied.filter((name) => !allowed.includes(`!${name}`)),
    [],
  )
  t.match(dockerfile, /^FROM node:24-/m)
  t.match(dockerfile, /^USER node$/m)
  t.match(dockerfile, /^RUN npm ci .*--omit=dev.*--omit=optional/m)
  t.match(dockerfile, /\/health\/ready/)
  t.ok(dockerfile.indexOf('USER node') < dockerfile.indexOf('CMD ["node", "src/server.ts"]'))
  for (const { command = [] } of Object.values(compose.services)) {
    for (const script of command.filter((part) => part.endsWith('.ts'))) t.ok(existsSync(join(root, script)), script)
  }
})
