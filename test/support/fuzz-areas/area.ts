import type { TestApp } from '../app.ts'
import { insertSession, type SessionRow } from '../speakers.ts'

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
    session: (token: string, row: SessionRow): Promise<string> =>
      insertSession(db, token, { pre_session: roundOfSpeakers, ...row }),
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
