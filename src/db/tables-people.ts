import type { Generated } from 'kysely'
import type { Outcome } from '../domain/assessment.ts'
import type { Json } from './schema.ts'

export interface PeopleTables {
  person: PersonTable
  person_address: { email: string; person_id: string }
  application_statistic: ApplicationStatisticTable
  erased_file: { sha256: string; wanted_at: string }
  retention_run: RetentionRunTable
}

export interface RetentionRunTable {
  day: string
  started_at: string
  finished_at: string | null
  counts: Json<Record<string, number>>
}

export interface PersonTable {
  id: Generated<string>
  created_at: string
  erased_at: string | null
  erased_by: string | null
  erasure_reason: string | null
  erased_counts: Json<Record<string, number> | null> | null
}

/** An application that was erased, as far as it is counted. */
export interface ApplicationStatisticTable {
  id: Generated<string>
  pre_session: number
  country: string | null
  status: string
  outcome: Outcome | null
  decision: string
  answer: string
  source: string
  organisation_type: string | null
  received_on: string | null
}
