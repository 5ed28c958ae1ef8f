import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { addSeconds, earliest, isEarlier, parseInstant } from '../domain/instant.ts'
import { excessOf, type Rights } from '../domain/rights.ts'
import { AppError, type InputFault, invalidInput } from '../errors.ts'
import { type Caller, hashOf } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { tags } from '../http/openapi.ts'
import type { Static } from '../http/schemas.ts'
import type { Context } from '../pre-sessions/service.ts'
import { type KeyCredentials, rightsOf } from './credentials.ts'
import * as queries from './queries.ts'
import type * as schemas from './schemas.ts'
import { toAssignments, toTagged } from './schemas.ts'

const defaultOverlapSeconds = 86_400

/** 256 random bits. The prefix tells people and secret scanners what they have found. */
const makeKey = (): string => `upr_${randomBytes(32).toString('base64url')}`

type KeyDeps = Pick<Deps, 'db'> & { credentials: Pick<KeyCredentials, 'forget'> }

export async function createApiKey(
  { db }: KeyDeps,
  input: Static<typeof schemas.CreateApiKey>,
  { caller, now }: Context,
) {
  const { name, role } = input
  if (role === 'integration' && input.scopes === undefined)
    throw invalidInput('/scopes', 'required', 'An integration does only what its scopes name: name them.')
  refuseUnknownScopes(input.scopes)
  const rights = {
    role,
    scopes: input.scopes ?? caller.scopes,
    preSessions: input.preSessions ?? caller.preSessions,
    countries: input.countries ?? caller.countries,
  }
  refuseExcess(caller, rights)
  const key = makeKey()
  const row = await queries.insertNewApiKey(db, {
    name,
    role,
    key_hash: hashOf(key),
    owner: caller.id,
    ...limitsOf(rights),
    created_at: now,
    expires_at: input.expiresAt === undefined ? null : endAt(input.expiresAt, now),
  })
  return { row, key }
}

export async function readApiKey({ db }: Pick<Deps, 'db'>, caller: Caller, id: string): Promise<queries.ApiKeyRow> {
  const row = await queries.findApiKey(db, caller, id)
  if (row === undefined) throw new AppError('api_key_not_found')
  return row
}

interface Update {
  patch: Static<typeof schemas.UpdateApiKey>
  ifMatch: string | undefined
}

export async function updateApiKey({ db, credentials }: KeyDeps, id: string, update: Update, { caller, now }: Context) {
  const { patch, ifMatch } = update
  const row = await db.transaction().execute(async (tx) => {
    const current = await lock(tx, caller, id)
    requireMatch(ifMatch, toTagged(current))
    refuseEnded(current, now)
    refuseUnknownScopes(patch.scopes)
    const before = rightsOf(current)
    const after = {
      role: before.role,
      scopes: patch.scopes ?? before.scopes,
      preSessions: patch.preSessions ?? before.preSessions,
      countries: patch.countries ?? before.countries,
    }
    const wider = excessOf({ ...before, role: 'admin' }, after)
    if (wider.length > 0) {
      const errors = wider.map(({ pointer }) => ({
        pointer,
        code: 'wider_than_now',
        message: 'It only gets narrower.',
      }))
      throw new AppError('invalid_request', {
        detail: 'A key only ever gets narrower; make another one instead.',
        errors,
      })
    }
    return queries.updateApiKey(tx, id, {
      name: patch.name ?? current.name,
      ...limitsOf(after),
      ...(patch.expiresAt === undefined
        ? {}
        : { expires_at: patch.expiresAt === null ? null : endAt(patch.expiresAt, now) }),
    })
  })
  credentials.forget()
  return row
}

/** A new key in the place of the old one, which stays valid until the overlap ends. What the old one made or was assigned goes with it. */
export async function rotateApiKey(
  { db, credentials }: KeyDeps,
  id: string,
  { overlapSeconds = defaultOverlapSeconds }: Static<typeof schemas.RotateApiKey>,
  { caller, now }: Context,
) {
  const key = makeKey()
  const row = await db.transaction().execute(async (tx) => {
    const old = await lock(tx, caller, id)
    refuseEnded(old, now)
    const { name, role, owner, expires_at } = old
    const limits = limitsOf(rightsOf(old))
    const made = { name, role, key_hash: hashOf(key), owner, ...limits, created_at: now, expires_at }
    const fresh = await queries.insertNewApiKey(tx, made)
    await queries.changeOwner(tx, id, fresh.id)
    await queries.copyAssignments(tx, id, fresh.id)
    const end = earliest(expires_at ?? undefined, addSeconds(now, overlapSeconds)) as string
    await queries.updateApiKey(tx, id, { replaced_by: fresh.id, expires_at: end })
    return fresh
  })
  credentials.forget()
  return { row, key }
}

/** At once in this process, within seconds in the others. A second revocation changes nothing. */
export async function revokeApiKey({ db, credentials }: KeyDeps, id: string, reason: string, { caller, now }: Context) {
  const row = await db.transaction().execute(async (tx) => {
    const current = await lock(tx, caller, id)
    if (current.revoked_at !== null) return current
    return queries.updateApiKey(tx, id, { revoked_at: now, revocation_reason: reason })
  })
  credentials.forget()
  return row
}

/** The reviewer is a key with that role, or the subject of a token: of those the service knows only what is assigned to them. */
export async function readAssignments({ db }: Pick<Deps, 'db'>, caller: Caller, id: string) {
  await refuseNoReviewer(db, caller, id)
  return queries.findAssignments(db, id, caller)
}

export async function assignReviewer(
  { db }: KeyDeps,
  id: string,
  { data, ifMatch }: Static<typeof schemas.AssignReviewer> & { ifMatch: string | undefined },
  { caller, now }: Context,
) {
  await refuseNoReviewer(db, caller, id)
  const rows = data.map((one) => ({
    subject: id,
    pre_session: one.preSession,
    country: one.country,
    sees_identities: one.seesIdentities ?? false,
    assigned_by: caller.id,
    assigned_at: now,
  }))
  refuseRepeated(rows)
  const outside = rows.findIndex(
    (row) =>
      caller.preSessions?.includes(row.pre_session) === false || caller.countries?.includes(row.country) === false,
  )
  if (outside >= 0) {
    throw new AppError('forbidden', { detail: 'This credential is limited to other rounds or countries.' })
  }
  const unknown = await queries.findUnknownCountries(db, rows)
  if (unknown.length > 0) {
    throw refusalOf(
      unknown.map((position) => ({
        pointer: `/data/${position}/country`,
        code: 'unknown_country',
        message: 'This State is not under review in that round.',
      })),
    )
  }
  await db.transaction().execute(async (tx) => {
    await queries.lockAssignments(tx, id)
    requireMatch(ifMatch, toAssignments(await queries.findAssignments(tx, id, caller)))
    await queries.replaceAssignments(tx, id, caller, rows)
  })
  return queries.findAssignments(db, id, caller)
}

async function refuseNoReviewer(db: Deps['db'], caller: Caller, id: string): Promise<void> {
  if (id.startsWith('oidc:')) return
  const row = await readApiKey({ db }, caller, id)
  if (row.role !== 'reviewer')
    throw new AppError('not_a_reviewer', { detail: `This key has the role ${row.role}; only reviewers are assigned.` })
}

function refuseRepeated(rows: { pre_session: number; country: string }[]): void {
  const places = rows.map((row) => `${row.pre_session} ${row.country}`)
  const position = places.findIndex((place, index) => places.indexOf(place) < index)
  if (position >= 0) throw invalidInput(`/data/${position}`, 'repeated_item', 'This country is named before.')
}

async function lock(tx: Tx, caller: Caller, id: string): Promise<queries.ApiKeyRow> {
  const row = await queries.lockApiKey(tx, caller, id)
  if (row === undefined) throw new AppError('api_key_not_found')
  return row
}

function refuseEnded(row: queries.ApiKeyRow, now: string): void {
  const detail =
    row.revoked_at !== null
      ? 'The key was revoked.'
      : row.replaced_by !== null
        ? `The key was replaced by ${row.replaced_by}.`
        : row.expires_at !== null && !isEarlier(now, row.expires_at)
          ? 'The key has expired.'
          : undefined
  if (detail !== undefined) throw new AppError('api_key_ended', { detail })
}

/** Nobody gives away more than he has. */
function refuseExcess(caller: Caller, wanted: Rights): void {
  const errors = excessOf(caller, wanted)
  if (errors.length > 0) {
    throw new AppError('forbidden', { detail: 'A key can never do more than the credential that makes it.', errors })
  }
}

/** The scopes that there are: each tag of the contract, to read or to write. */
function refuseUnknownScopes(scopes: readonly string[] | undefined): void {
  const known = new Set(['*', ...tags.flatMap(({ name }) => [`${name}:read`, `${name}:write`])])
  const errors = (scopes ?? []).flatMap((scope, index) =>
    known.has(scope)
      ? []
      : [{ pointer: `/scopes/${index}`, code: 'unknown_scope', message: `No scope is called ${scope}.` }],
  )
  if (errors.length > 0) throw refusalOf(errors)
}

const refusalOf = (errors: InputFault[]) =>
  new AppError('invalid_request', {
    detail: errors.length === 1 ? 'One fault in the request.' : `${errors.length} faults in the request.`,
    errors,
  })

function endAt(text: string, now: string): string {
  const end = parseInstant(text)
  if (end === undefined) throw invalidInput('/expiresAt', 'wrong_format', `"${text}" is not an RFC 3339 instant.`)
  if (!isEarlier(now, end)) throw invalidInput('/expiresAt', 'in_the_past', 'A key expires later than now.')
  return end
}

const limitsOf = ({ scopes, preSessions, countries }: Rights) => ({
  scopes: [...scopes],
  pre_sessions: preSessions === undefined ? null : [...preSessions],
  countries: countries === undefined ? null : [...countries],
})

/** The admin key of an instance without `ADMIN_API_KEY`: made at the first start, kept in a file that only the service's user may read. */
export async function ensureAdminKey({
  db,
  config,
  clock,
}: Pick<Deps, 'db' | 'config' | 'clock'>): Promise<{ key: string; isNew: boolean; file: string } | undefined> {
  if (config.adminApiKey !== undefined) return undefined
  const file = join(config.dataDir, 'admin-api-key')
  // An empty file is what a start leaves that was killed between making and writing it.
  const existing = (await readFile(file, 'utf8').catch(() => '')).trim()
  const key = existing || makeKey()
  if (existing === '') await keepKey(file, key)
  const row = { name: 'first admin key', role: 'admin' as const, key_hash: hashOf(key), created_at: clock.now() }
  await queries.insertApiKey(db, row)
  return { key, isNew: existing === '', file }
}

/** Whole or not at all; of two starts at once one fails. */
async function keepKey(file: string, key: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const whole = `${file}.${process.pid}`
  await rm(whole, { force: true })
  await writeFile(whole, `${key}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    if ((await stat(file).catch(() => undefined))?.size === 0) await rm(file)
    await link(whole, file)
  } finally {
    await rm(whole, { force: true })
  }
}
