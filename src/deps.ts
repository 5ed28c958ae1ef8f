import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type pg from 'pg'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import type { Keys } from './crypto/data-key.ts'
import type { Db } from './db/database.ts'
import type { FileStorage } from './storage/storage.ts'

/** The Fastify instance with typed schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** What features are given. Nothing hangs on the Fastify instance; there is no global. */
export interface Deps {
  config: Config
  clock: Clock
  db: Db
  /** For what `db` cannot do, such as a lock of the session; everything else goes through `db`. */
  pool: pg.Pool
  /** For deliveries alone, which must find a connection however many requests wait for locks. */
  intakePool: pg.Pool
  storage: FileStorage
  keys: Keys
  log: FastifyBaseLogger
  /** Only where the sandbox's clock can be moved. */
  sandbox?: Sandbox
}

export interface Sandbox {
  /** Moves the clock of every replica; settled when this process has taken the new time. */
  set(now: string): Promise<void>
  /** What the move makes due, e.g. polls; run before the move is answered. */
  onSet: ((now: string) => Promise<void>)[]
}
