import { hashOf } from '../../../src/http/access.ts'
import type { TestApp } from '../app.ts'

/** A request that succeeds as the seeds stand: `{{name}}` in any text of it stands for what a seed left under that name. */
export interface FuzzCase {
  /** Whose credential; left out: the admin's. */
  bearer?: string
  params?: Record<string, string>
  query?: string
  /** Text goes out as it is, anything else as JSON. */
  body?: unknown
  /** The media type of a body that is text. */
  type?: string
  headers?: Record<string, string>
}

export type Names = Record<string, string>
export type FuzzCases = Record<string, FuzzCase[]>

/** What one part of the service is asked for: records to ask about, and whole requests to bend. */
export interface Area {
  /** Gives the names of what it made; `names` are those of the areas before. */
  seed?: (seeding: Seeding, names: Names) => Promise<Names>
  cases: FuzzCases
}

export type Seeding = ReturnType<typeof seedingOf>

interface SessionRow {
  role: 'applicant' | 'mission' | 'moderator'
  email: string
  pre_session?: number
  state?: string
  slot_id?: string
}

/** Writes that must succeed, and credentials without the mails that would bring them. */
export function seedingOf(service: TestApp) {
  const { admin, as, db } = service
  const ok = async (answer: ReturnType<typeof admin.get>) => {
    const response = await answer
    if (response.statusCode >= 400) throw new Error(`A seed was refused: ${response.body}`)
    return response.body === '' ? undefined : response.json()
  }
  return {
    ...service,
    get: async (path: string) => ok(admin.get(path)),
    post: async (path: string, body?: unknown, by = admin) => ok(by.post(path, body)),
    put: async (path: string, body: unknown, headers: Record<string, string> = {}) =>
      ok(admin.put(path, body, headers)),
    patch: async (path: string, body: unknown) => ok(admin.patch(path, body, { 'if-match': '*' })),
    create: async (path: string, body: unknown, by = admin): Promise<string> => (await ok(by.post(path, body))).id,
    by: (token: string) => as({ authorization: `Bearer ${token}` }),
    session: async (token: string, row: SessionRow): Promise<string> => {
      const { id } = await db
        .insertInto('session')
        .values({
          pre_session: roundOfSpeakers,
          country: null,
          state: null,
          slot_id: null,
          ...row,
          token_hash: hashOf(token),
          access_link_id: null,
          created_at: '2020-12-15T00:00:00Z',
          expires_at: '2100-01-01T00:00:00Z',
          revoked_at: null,
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
  }
}

/** A round whose call has closed and whose countries are released: in it people speak. */
export const roundOfSpeakers = 39
export const country = 'SUR'
export const otherCountry = 'GRC'

export const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)
/** The names `speaker1`, `speaker2` and so on, as they stand in requests. */
export const named = (name: string, count: number): string[] => numbers(count).map((n) => `{{${name}${n}}}`)
export const ids = (name: string, count: number): { params: { id: string } }[] =>
  named(name, count).map((id) => ({ params: { id } }))
