import type { Tx } from '../db/database.ts'
import type { ReceiptFacts } from '../db/schema.ts'
import type { Outcome } from '../domain/assessment.ts'
import { appendHistory } from '../history/queries.ts'
import { type Judgement, judge, loadTerms, type Terms, type VersionContent } from './judge.ts'
import { type ApplicationRow, listAllVersions, updateApplication } from './queries.ts'
import { derivedColumns } from './search.ts'

export interface AssessOptions {
  terms: Terms
  now: string
  actor: string
  /** Why it was assessed: `submission`, `edit`, `deadlineExtension`, `deadlineWaiver`, `jotform`, `document`. */
  cause: string
}

/** Judges a submitted application by its stored facts and keeps the result; tells the history when the outcome is a new one. The row is locked by the caller. */
export async function assessAndKeep(tx: Tx, row: ApplicationRow, options: AssessOptions): Promise<Judgement> {
  const { now, actor, cause } = options
  const versions = (await listAllVersions(tx, row.id)).map(
    (version): VersionContent => ({
      n: version.n,
      receivedAt: version.received_at,
      body: version.body,
      undecided: version.undecided,
    }),
  )
  const documents = await tx
    .selectFrom('document')
    .select(['id', 'status'])
    .where('application_id', '=', row.id)
    .execute()
  const facts = {
    versions,
    submittedVersion: row.submitted_version ?? versions.length,
    receipt: row.receipt as ReceiptFacts,
    emails: [...new Set(versions.flatMap((version) => derivedColumns(version.body).emails))],
    documents,
  }
  let judgement = judge(options.terms, facts, now)
  const { country } = judgement.assessed.body
  // The content that counts may name another country than the one whose terms were loaded: its own deadline then decides which content counts.
  if (country !== options.terms.country?.iso3)
    judgement = judge(await loadTerms(tx, row.pre_session, country, { lock: true }), facts, now)
  await keep(tx, row, judgement, Math.max(...versions.map((version) => version.n)), now)
  if (judgement.assessment.outcome !== (row.assessment?.outcome ?? null))
    await tellOutcome(tx, row, judgement, { now, actor, cause })
  return judgement
}

function keep(
  tx: Tx,
  row: ApplicationRow,
  { assessment, receipt, assessed, closesAt }: Judgement,
  latestVersion: number,
  now: string,
) {
  return updateApplication(tx, row.id, {
    country: assessed.body.country ?? null,
    body: JSON.stringify(assessed.body),
    latest_version: latestVersion,
    assessed_version: assessed.n,
    // What a person set stands until a person changes it; the rules' own outcome stays readable in the assessment.
    outcome: row.outcome_override?.outcome ?? assessment.outcome,
    assessment: JSON.stringify(assessment),
    received_at: receipt.receivedAt,
    received_basis: receipt.basis,
    closes_at: closesAt,
    ...derivedColumns(assessed.body),
    updated_at: now,
  })
}

interface Telling {
  now: string
  actor: string
  cause: string
}

function tellOutcome(tx: Tx, row: ApplicationRow, { assessment, assessed }: Judgement, { now, actor, cause }: Telling) {
  const previous: Outcome | null = row.assessment?.outcome ?? null
  return appendHistory(tx, {
    preSession: row.pre_session,
    applicationId: row.id,
    action: 'application.assessed',
    at: now,
    actor,
    details: {
      cause,
      outcome: assessment.outcome,
      previousOutcome: previous,
      missing: assessment.missing,
      version: assessed.n,
      policyVersion: assessment.policyVersion,
    },
  })
}
