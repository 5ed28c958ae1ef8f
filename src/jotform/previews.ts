import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { findStateByText } from '../reference/data.ts'
import { type AnswerSet, answersFromApi, answersFromRawRequest } from './answers.ts'
import { fromStoredAnswers } from './content.ts'
import { checkAgainstJotform, requireSoundMapping } from './forms.ts'
import { mapAnswers } from './mapping.ts'
import type { Mapping } from './mapping-format.ts'
import { findForm } from './queries-forms.ts'
import { listLatestVersions } from './queries-submissions.ts'
import type { MappingPreview } from './schemas.ts'
import { findTestMark } from './test-rules.ts'

export interface PreviewRequest {
  mapping?: Mapping
  answers?: Record<string, unknown>
  limit?: number
}

/** What a mapping would make of stored submissions or of answers sent along. Reads only. */
export async function previewMapping(
  deps: Deps,
  formId: string,
  wanted: PreviewRequest,
): Promise<Static<typeof MappingPreview>> {
  const form = await findForm(deps.db, formId)
  const mapping = wanted.mapping ?? form?.mapping
  if (mapping === undefined) throw new AppError('form_not_found')
  requireSoundMapping(mapping, formId)
  const { checked, uncheckedBecause, drift } = await checkAgainstJotform(deps, mapping)
  const samples: { submissionId: string | null; answers: AnswerSet }[] =
    wanted.answers === undefined
      ? (await listLatestVersions(deps.db, formId, wanted.limit ?? 20)).map((version) => ({
          submissionId: version.submission_id,
          answers: fromStoredAnswers(version),
        }))
      : [{ submissionId: null, answers: readSample(wanted.answers) }]
  return {
    checked,
    ...(uncheckedBecause === undefined ? {} : { uncheckedBecause }),
    drift,
    results: samples.map(({ submissionId, answers }) => previewOne(mapping, submissionId, answers)),
  }
}

function previewOne(mapping: Mapping, submissionId: string | null, answers: AnswerSet) {
  const { body, undecided, notes, files, extra } = mapAnswers(mapping, answers, { findState: findStateByText })
  return {
    submissionId,
    testMark: findTestMark(mapping.testRules, { answers, rawKeys: textsOf(answers.byName) }) ?? null,
    body: { ...body },
    undecided,
    notes,
    files: files.map(({ pointer, url, name }) => ({ pointer, url, name })),
    extra,
  }
}

/** `rawRequest` of a webhook where the keys look like `q3_name`, else answers of the API. */
function readSample(answers: Record<string, unknown>): AnswerSet {
  return Object.keys(answers).some((key) => /^q\d+_/.test(key))
    ? answersFromRawRequest(answers)
    : answersFromApi(answers)
}

function textsOf(values: Map<string, unknown>): Map<string, string> {
  return new Map([...values].flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])))
}
