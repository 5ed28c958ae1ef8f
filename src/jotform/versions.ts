import type { IncomingVersion } from '../applications/jotform.ts'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { earliest } from '../domain/instant.ts'
import { easternToUtc, submissionIdToUtc } from '../domain/receipt.ts'
import { findStateByText } from '../reference/data.ts'
import type { AnswerSet } from './answers.ts'
import { fromStoredAnswers } from './content.ts'
import { parseDelivery } from './delivery.ts'
import { type MappedSubmission, mapAnswers } from './mapping.ts'
import type { Mapping } from './mapping-format.ts'
import { findRawBody, listWebhookDeliveries } from './queries-deliveries.ts'
import type { StoredVersion, SubmissionRow } from './queries-submissions.ts'
import { canonicalJson } from './text.ts'

export interface MappedVersion extends IncomingVersion {
  mapped: MappedSubmission
  answers: AnswerSet
}

/** Every content known of a submission, oldest first, mapped as the form is mapped now and numbered anew. */
export async function mapVersions(
  tx: Tx,
  deps: Pick<Deps, 'keys'>,
  row: SubmissionRow,
  stored: StoredVersion[],
  mapping: Mapping,
): Promise<MappedVersion[]> {
  // Jotform's own answers make what the delivery or an export said of them needless.
  const fromApi = stored.filter((version) => version.source === 'api')
  const chosen =
    fromApi.length > 0 ? fromApi : stored.toSorted((a, b) => Date.parse(a.observed_at) - Date.parse(b.observed_at))
  const versions = chosen.map((version, index): MappedVersion => {
    const answers = fromStoredAnswers(version)
    // Content that changed although Jotform shows no later edit: all that is known is when it was noticed.
    const isUndatedChange = index > 0 && version.jotform_updated_at === (chosen[index - 1]?.jotform_updated_at ?? null)
    return toVersion(mapAnswers(mapping, answers, { findState: findStateByText }), answers, {
      receivedAt: isUndatedChange ? version.observed_at : receivedAtOf(row, version),
      contentSha256: version.content_sha256,
    })
  })
  const original = await findOriginal(tx, deps, row, { first: fromApi[0], versions, mapping })
  return [...original, ...versions].map((version, index) => ({ ...version, n: index + 1 }))
}

function toVersion(
  mapped: MappedSubmission,
  answers: AnswerSet,
  of: { receivedAt: string; contentSha256: string },
): MappedVersion {
  return { n: 0, body: mapped.body, undecided: mapped.undecided, files: mapped.files, mapped, answers, ...of }
}

/** When this content was received: the time of the edit, or else of the submission; never later than we saw it. */
function receivedAtOf(row: SubmissionRow, version: StoredVersion): string {
  const edited = version.jotform_updated_at === null ? undefined : easternToUtc(version.jotform_updated_at).at(0)
  return earliest(version.observed_at, edited ?? storedAt(row)) as string
}

/** Jotform's time of storing; in the hour that clocks repeat, the reading nearest to the submission's number. */
export function storedAt(row: Pick<SubmissionRow, 'jotform_created_at' | 'submission_id'>): string | undefined {
  if (row.jotform_created_at === null) return undefined
  const id = submissionIdToUtc(row.submission_id)
  const distance = (at: string) => (id === undefined ? 0 : Math.abs(Date.parse(at) - Date.parse(id)))
  return easternToUtc(row.jotform_created_at)
    .sort((a, b) => distance(a) - distance(b))
    .at(0)
}

/**
 * The API showed an edited submission only, but Jotform had posted it before: then the delivery is the content as it was handed in.
 * Its files are known by name; their addresses are taken from the API alone.
 */
async function findOriginal(
  tx: Tx,
  deps: Pick<Deps, 'keys'>,
  row: SubmissionRow,
  { first, versions, mapping }: { first: StoredVersion | undefined; versions: MappedVersion[]; mapping: Mapping },
): Promise<MappedVersion[]> {
  const edited = versions[0]
  if (first === undefined || edited === undefined || first.jotform_updated_at === null) return []
  for (const delivery of await listWebhookDeliveries(tx, row.form_id, row.submission_id)) {
    const body = await findRawBody(deps, tx, delivery.id)
    const { answers } = await parseDelivery(delivery.content_type ?? undefined, body)
    if (answers === undefined) continue
    const mapped = mapAnswers(mapping, answers, { findState: findStateByText })
    if (contentOf(mapped) === contentOf(edited.mapped)) return []
    const receivedAt = earliest(delivery.received_at, storedAt(row)) as string
    return [
      toVersion(withKnownFiles(mapped, versions), answers, { receivedAt, contentSha256: `delivery:${delivery.id}` }),
    ]
  }
  return []
}

function contentOf(mapped: MappedSubmission): string {
  return canonicalJson([mapped.body, mapped.undecided, mapped.files.map(({ name }) => name).sort()])
}

function withKnownFiles(mapped: MappedSubmission, versions: MappedVersion[]): MappedSubmission {
  const known = new Map(
    versions.flatMap(({ mapped: { files } }) => files).map((file) => [`${file.pointer} ${file.name}`, file]),
  )
  const files = mapped.files.map((file) => known.get(`${file.pointer} ${file.name}`) ?? file)
  const lost = files.filter((file) => !known.has(`${file.pointer} ${file.name}`))
  return {
    ...mapped,
    files: files.filter((file) => known.has(`${file.pointer} ${file.name}`)),
    undecided: [...mapped.undecided, ...lost.map(({ pointer, name }) => ({ pointer, value: name }))],
  }
}
