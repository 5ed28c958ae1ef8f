import { isDeepStrictEqual } from 'node:util'
import type { Tx } from '../db/database.ts'
import type { ReceiptFacts } from '../db/schema.ts'
import { appendHistories } from '../history/queries.ts'
import { type Case, type Judgement, judge, type Terms } from './judge.ts'
import type { ApplicationRow } from './queries.ts'
import { type Kept, keepAssessments, listDocumentsOf, listVersionsOf } from './queries-assessing.ts'
import { derivedColumns } from './search.ts'

export interface AssessOptions {
  /** Of every country that any version names. */
  terms: Terms
  now: string
  actor: string
  /** Why it was assessed: `submission`, `edit`, `deadlineExtension`, `deadlineWaiver`, `jotform`, `document`, `countryAdded`, … */
  cause: string
}

/** Judges a submitted application by its stored facts and keeps the result; tells the history when the outcome is a new one. The row is locked by the caller. */
export async function assessAndKeep(tx: Tx, row: ApplicationRow, options: AssessOptions): Promise<Judgement> {
  const [judgement] = await assessAndKeepAll(tx, [row], options)
  return judgement as Judgement
}

/** The same for many at once, in as many statements as for one. */
export async function assessAndKeepAll(
  tx: Tx,
  rows: ApplicationRow[],
  { terms, now, actor, cause }: AssessOptions,
): Promise<Judgement[]> {
  const cases = await loadCases(tx, rows)
  const judged = rows.map((row, index) => {
    const facts = cases[index] as Case
    return { row, facts, judgement: judge(terms, facts, now) }
  })
  await keepAssessments(
    tx,
    judged.flatMap(({ row, facts, judgement }) => changeOf(row, facts, judgement) ?? []),
    now,
  )
  const news = judged.filter(({ row, judgement }) => judgement.assessment.outcome !== (row.assessment?.outcome ?? null))
  await appendHistories(
    tx,
    news.map(({ row, judgement: { assessment, assessed } }) => ({
      preSession: row.pre_session,
      applicationId: row.id,
      action: 'application.assessed',
      at: now,
      actor,
      details: {
        cause,
        outcome: assessment.outcome,
        previousOutcome: row.assessment?.outcome ?? null,
        missing: assessment.missing,
        version: assessed.n,
        policyVersion: assessment.policyVersion,
      },
    })),
  )
  return judged.map(({ judgement }) => judgement)
}

async function loadCases(tx: Tx, rows: ApplicationRow[]): Promise<Case[]> {
  const ids = rows.map(({ id }) => id)
  const versions = Map.groupBy(await listVersionsOf(tx, ids), (version) => version.application_id)
  const documents = Map.groupBy(await listDocumentsOf(tx, ids), (document) => document.application_id)
  return rows.map((row) => {
    const own = (versions.get(row.id) ?? []).map(({ n, received_at: receivedAt, body, undecided }) => ({
      n,
      receivedAt,
      body,
      undecided,
    }))
    return {
      versions: own,
      submittedVersion: row.submitted_version ?? own.length,
      receipt: row.receipt as ReceiptFacts,
      emails: [...new Set(own.flatMap(({ body }) => derivedColumns(body).emails))],
      documents: (documents.get(row.id) ?? [])
        .filter(({ kind, added_by_hand: by }) => by === null || kind === 'uprSubmission')
        .map(toDocumentFacts),
    }
  })
}

const toDocumentFacts = ({
  id,
  status,
  added_by_hand: by,
  created_at: at,
}: Awaited<ReturnType<typeof listDocumentsOf>>[number]) => ({
  id,
  status,
  ...(by !== null && { byHand: { by, at } }),
})

/** What is to be written; undefined where the row says the same already, apart from when that was found. */
function changeOf(
  row: ApplicationRow,
  { versions }: Case,
  { assessment, receipt, assessed, closesAt }: Judgement,
): Kept | undefined {
  const change: Kept = {
    id: row.id,
    country: assessed.body.country ?? null,
    body: assessed.body,
    latest_version: Math.max(...versions.map(({ n }) => n)),
    assessed_version: assessed.n,
    // What a person set stands until a person changes it; the rules' own outcome stays readable in the assessment.
    outcome: row.outcome_override?.outcome ?? assessment.outcome,
    assessment,
    received_at: receipt.receivedAt,
    received_basis: receipt.basis,
    closes_at: closesAt,
    ...derivedColumns(assessed.body),
  }
  // As JSON, which knows no `undefined`: that is how it came back from the database.
  const written = JSON.parse(JSON.stringify(change)) as Kept
  return isDeepStrictEqual(comparable(written), comparable(row)) ? undefined : change
}

/** All that an assessment writes, without the instant at which it was made. */
function comparable(row: Kept): unknown {
  const { id, country, body, latest_version, assessed_version, outcome, assessment, received_basis } = row
  const { search_text, organisation_type, organisation_key, member_keys, emails } = row
  const derived = [search_text, organisation_type, organisation_key, member_keys, emails]
  const instants = [row.received_at, row.closes_at].map((instant) => (instant === null ? null : Date.parse(instant)))
  const found = assessment && { ...assessment, evaluatedAt: '' }
  return [id, country, body, latest_version, assessed_version, outcome, found, received_basis, derived, instants]
}
