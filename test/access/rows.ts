import type { Role } from '../../src/http/access.ts'
import type { Kind, PreparedRecord } from './kind.ts'

/** Who may call one operation, and what it is about. Written by hand, against which the routes are held. */
export interface Row {
  roles: readonly Role[] | 'public'
  /** The record whose situation decides what the caller sees. */
  about?: Kind
  /**
   * How the record is met. `whole`: the answer is its view, exactly. `part`: the answer shows nothing beyond its view.
   * `list`: a list in which it stands or does not. `act`: a change of it, which a state may refuse with 409.
   * `gate`: a change of it that is not made here; that it is there for the caller is shown by a fault in the query.
   */
  as?: 'whole' | 'part' | 'list' | 'act' | 'gate'
  /** Only these views reach it; for all others it is not there. Left out: every view that the role lets through. */
  views?: readonly string[]
  /** What is sent; left out: the first example of the contract. */
  send?: (record: PreparedRecord) => Sent
  /** Why no credential is asked for at all: the address itself is one. */
  unguarded?: string
  /** About all rounds at once: with a credential for some of them 403. */
  isWhole?: true
  /** Every credential may call it, whatever its scopes. */
  needsNoScope?: true
  /** Let through is shown by a fault in the query: the answer would never end, or is no place to look for words. */
  isProbed?: boolean
}

export interface Sent {
  payload?: string | Buffer | object
  headers?: Record<string, string>
  query?: string
}

export type Rows = Record<string, Row>
type Options = Omit<Row, 'roles' | 'unguarded'>

/** The secretariat and admins. */
export const staff = ['secretariat', 'admin'] as const
/** Whoever has a credential. */
export const known = ['applicant', 'mission', 'moderator', 'reviewer', 'secretariat', 'admin', 'integration'] as const

/** For everybody, with a credential or without. */
export const open = (options: Options = {}): Row => ({ roles: 'public', ...options })

/** For these roles: without a credential 401, with another role 403. */
export const only = (roles: readonly Exclude<Role, 'public'>[], options: Options = {}): Row => ({ roles, ...options })

/** For these roles, with a credential that is not limited to some rounds or countries. */
export const onlyWhole = (roles: readonly Exclude<Role, 'public'>[], options: Options = {}): Row =>
  only(roles, { ...options, isWhole: true })

/** No credential is read; says what stands in its place. */
export const unguarded = (why: string): Row => ({ roles: 'public', unguarded: why })
