import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { sql } from 'kysely'
import type { Db } from '../../src/db/database.ts'
import type { Send } from './slot-model.ts'

export interface MadeSpeaker {
  id: string
  email: string
  country: string
}

/** Selected and confirmed speakers of round 38, as many as are asked for, past the operations that would make them one by one. */
export async function manySpeakers(db: Db, people: { email: string; country: string }[]): Promise<MadeSpeaker[]> {
  const { rows } = await sql<MadeSpeaker>`
    insert into application (pre_session, country, status, outcome, decision, answer, source, body, latest_version, submitted_version, assessed_version,
      received_at, received_basis, search_text, emails, created_at, updated_at)
    select 38, p.country, 'submitted', 'eligible', 'selected', 'confirmed', 'api',
      jsonb_build_object('preSession', 38, 'country', p.country, 'speaker', jsonb_build_object('firstName', 'A', 'lastName', 'B', 'email', p.email, 'atRisk', false)),
      1, 1, 1, '2020-12-10T10:00:00Z', 'api', p.email, array[p.email], '2020-12-10T10:00:00Z', '2020-12-10T10:00:00Z'
    from json_to_recordset(${JSON.stringify(people)}::json) as p (email text, country text)
    returning id, emails[1] as email, country`.execute(db)
  return rows
}

/** Sends as an admin, in whatever way a request is sent here. */
export const sentBy =
  (key: string, inject: (request: InjectOptions) => Promise<LightMyRequestResponse>): Send =>
  async (method, url, payload, headers) => {
    const response = await inject({
      method,
      url,
      headers: { authorization: `Bearer ${key}`, ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
    return {
      status: response.statusCode,
      body: response.body === '' ? {} : response.json(),
      etag: response.headers.etag as string | undefined,
    }
  }
