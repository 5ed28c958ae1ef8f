import { type CaptionFormat, readCaptions } from '../captions/captions.ts'
import type { Tx } from '../db/database.ts'
import type { Deps } from '../deps.ts'
import { type CaptionRemark, toCaptionChecks } from '../domain/captions.ts'
import { AppError, invalidInput } from '../errors.ts'
import type { Act } from '../http/access.ts'
import { requireMatch } from '../http/etag.ts'
import { settingsOf } from '../pre-sessions/settings.ts'
import type { SubmissionDetail } from './queries.ts'
import { type CaptionsRow, deleteCaptions, findCaptions, findRoundSettings, putCaptions } from './queries-captions.ts'
import { openSubmission, tell } from './service.ts'

export interface NewCaptions {
  language: string
  format: CaptionFormat
  bytes: Uint8Array
}

/** As many faults as a person corrects at once. */
const mostFaults = 200

/** R23: captions in one language of the round, kept as WebVTT of the captions alone. */
export async function setCaptions(deps: Deps, id: string, { language, format, bytes }: NewCaptions, act: Act) {
  const { now, caller, ifMatch } = act
  return deps.db.transaction().execute(async (tx) => {
    const row = await openForCaptions(deps, tx, id, act)
    const tag = await requireLanguage(tx, row, language)
    const before = await findCaptions(tx, id, tag)
    if (ifMatch !== undefined) requireMatch(ifMatch, before?.text ?? null)
    const seconds = row.media?.durationSeconds ?? null
    const { text, remarks } = readCaptions(bytes, format, seconds)
    if (text === null) throw refusalOf(remarks)
    // Told with the lines of what is kept, which is what a person gets back to correct.
    const checks = toCaptionChecks(readCaptions(Buffer.from(text), 'vtt', seconds).remarks)
    const saved = await putCaptions(tx, {
      submission_id: id,
      language: tag,
      text,
      source_format: format,
      checks: JSON.stringify(checks),
      created_by: caller.id,
      created_at: now,
      updated_at: now,
    })
    const details = { submissionId: id, language: tag, format, warnings: remarks.length }
    await tell(tx, row, act, { action: 'video.captionsSet', details })
    return { row: saved, isNew: before === undefined }
  })
}

export async function removeCaptions(deps: Deps, id: string, language: string, act: Act): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const row = await openForCaptions(deps, tx, id, act)
    const before = await findCaptions(tx, id, canonical(language) ?? language)
    if (before === undefined) throw new AppError('captions_not_found')
    if (act.ifMatch !== undefined) requireMatch(act.ifMatch, before.text)
    await deleteCaptions(tx, id, before.language)
    await tell(tx, row, act, {
      action: 'video.captionsRemoved',
      details: { submissionId: id, language: before.language },
    })
  })
}

/** Locked; captions of a video that was accepted are seen by others, so from then on the secretariat alone changes them. */
async function openForCaptions(deps: Deps, tx: Tx, id: string, act: Act): Promise<SubmissionDetail> {
  // `If-Match` is about the captions here.
  const row = await openSubmission(deps, tx, id, { caller: act.caller, now: act.now })
  if (row.form === 'textOnly')
    throw new AppError('video_closed', { detail: 'A statement that is given as text alone has no captions.' })
  const isClosed =
    row.status === 'withdrawn' ||
    (act.caller.role === 'applicant' && (row.status === 'accepted' || row.status === 'screened'))
  if (isClosed) throw new AppError('video_closed', { detail: `The submission has the status ${row.status}.` })
  return row
}

async function requireLanguage(tx: Tx, row: SubmissionDetail, language: string): Promise<string> {
  const { languages } = settingsOf((await findRoundSettings(tx, row.pre_session)).settings)
  const tag = canonical(language)
  const found = languages.find((one) => canonical(one) === tag)
  if (tag !== undefined && found !== undefined) return tag
  throw invalidInput('/params/language', 'not_an_allowed_value', `Languages of this round: ${languages.join(', ')}.`)
}

/** One spelling for each language, so that `EN` and `en` are the same captions. */
export function canonical(language: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(language)[0]
  } catch {
    return undefined
  }
}

function refusalOf(remarks: CaptionRemark[]): AppError {
  const faults = remarks.filter(({ severity }) => severity === 'fault')
  return new AppError('captions_invalid', {
    detail: `${faults.length === 1 ? 'One fault' : `${faults.length} faults`} in the captions; lines are counted from 1.`,
    errors: faults.slice(0, mostFaults).map(({ line, code, message }) => ({
      pointer: `/lines/${line}`,
      code: code.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      message: `Line ${line}: ${message}`,
    })),
  })
}

export const toCaptions = ({ language, source_format: sourceFormat, checks, updated_at: updatedAt }: CaptionsRow) => ({
  language,
  sourceFormat,
  checks,
  updatedAt,
})
