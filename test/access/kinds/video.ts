import { Readable } from 'node:stream'
import { sql } from 'kysely'
import { callerNames } from '../callers.ts'
import { type Kind, type PreparedRecord, tableOf } from '../kind.ts'
import type { World } from '../world.ts'
import { application } from './application.ts'

const situations = Object.keys(application.situations).filter((name) => !['draft', 'submitted'].includes(name))

const elsewhere = ['applicantOfOtherRound', 'missionOfOtherRound', 'secretariatOfOtherRound', 'adminOfOtherRound']
const everybody = Object.fromEntries(
  callerNames.map((name) => [
    name,
    ['secretariat', 'admin', 'integration'].includes(name)
      ? 'staff'
      : elsewhere.includes(name) || name === 'otherApplicant'
        ? '404'
        : '= public',
  ]),
) as Record<(typeof callerNames)[number], string>

const content = ['id', 'preSession', 'country', 'language', 'applicationId', 'captions']
const own = [...content, 'form', 'status', 'upload', 'version', 'review', 'createdAt', 'updatedAt']
/** The application that each video is of, for copies. */
const applications = new Map<string, PreparedRecord>()
const bytes = Buffer.from('the copy without metadata')

export const video: Kind = {
  name: 'video submission',
  about:
    'An accepted video of each speaker that shows the face. Outside it is there from the release on and by the consent to that very video; of whoever is at risk never. That there is one tells of the selection, so it is hidden from the person too until then.',
  situations: Object.fromEntries(situations.map((name) => [name, application.situations[name] as string])),
  verdicts: tableOf(
    `
    situation        | public  | applicant | mission | missionUnderReview
    selected         | 404     | 404       | 404     | 404
    released         | outside | owner     | outside | outside
    withoutConsent   | 404     | owner     | 404     | 404
    consentWithdrawn | 404     | owner     | 404     | 404
    forMissions      | 404     | owner     | outside | 404
    forAllMissions   | 404     | owner     | outside | outside
    forProgramme     | 404     | owner     | 404     | 404
    atRisk           | 404     | owner     | 404     | 404
    riskUnanswered   | 404     | owner     | 404     | 404
    riskLater        | 404     | owner     | 404     | 404
    reserve          | 404     | 404       | 404     | 404
    notSelected      | 404     | 404       | 404     | 404
    withdrawn        | 404     | owner     | 404     | 404
    prevented        | 404     | owner     | 404     | 404
  `,
    everybody,
  ),
  shows: {
    staff: { canaries: 'all' },
    owner: { canaries: ['fileName', 'reviewReason'], keys: own },
    outside: { canaries: [], keys: [...content, 'durationSeconds', 'width', 'height'] },
  },
  after: [application],
  never: { id: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10' },
  findIn: (answer, { params }) => (answer as { data: { id: string }[] }).data.find(({ id }) => id === params.id),

  async prepare(world, prepared) {
    const records: Record<string, PreparedRecord> = {}
    for (const [index, name] of situations.entries()) {
      const speaker = prepared.get(application)?.[name]
      if (speaker === undefined) throw new Error(`Nobody was prepared for ${name}.`)
      const canaries = { fileName: `canary-video-${index}-file`, reviewReason: `canary-video-${index}-reason` }
      const record = { ...speaker, canaries, params: await insert(world, speaker, canaries) }
      applications.set(record.params.id as string, speaker)
      records[name] = record
    }
    return records
  },

  async copy(world, record) {
    const speaker = applications.get(record.params.id as string) as PreparedRecord
    return { ...record, params: await insert(world, await application.copy(world, speaker), record.canaries) }
  },
}

/** As uploads, checks and reviews leave it. */
async function insert(
  { db, deps }: World,
  speaker: PreparedRecord,
  canaries: Record<string, string>,
): Promise<Record<string, string>> {
  const at = '2020-12-16T10:00:00Z'
  const { rows } = await sql<{ id: string; version: string }>`with
    submission as (insert into video_submission (application_id, language, status, current_version, created_by, created_at, updated_at)
      values (${speaker.params.id}, 'en', 'accepted', 1, 'test', ${at}, ${at}) returning id),
    version as (insert into video_version (submission_id, n, state, stored_key, size_bytes, sha256, file_name, language, received_at, created_at)
      select id, 1, 'accepted', 'videos/' || id || '.original', 10, repeat('0', 64), ${canaries.fileName}, 'en', ${at}, ${at} from submission
      returning id, submission_id),
    captions as (insert into video_caption (submission_id, language, text, created_by, created_at, updated_at)
      select id, 'en', 'WEBVTT', 'test', ${at}, ${at} from submission)
    insert into video_review (submission_id, version_id, decision, reasons, reviewer, created_at)
      select submission_id, id, 'accept', array[${canaries.reviewReason}], 'test', ${at} from version
      returning submission_id as id, version_id as version`.execute(db)
  const { id, version } = rows[0] as { id: string; version: string }
  const key = `videos/${version}.copy`
  const { sha256, sizeBytes } = await deps.storage.write(key, Readable.from([bytes]))
  await db
    .updateTable('video_version')
    .set({
      delivered_key: key,
      delivered_media_type: 'video/mp4',
      delivered_size_bytes: sizeBytes,
      delivered_sha256: sha256,
    })
    .where('id', '=', version)
    .execute()
  return { id, language: 'en' }
}
