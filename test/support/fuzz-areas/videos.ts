import { Readable } from 'node:stream'
import { madeMedia } from '../videos.ts'
import { type Area, type FuzzCase, ids, type Names, named, numbers, type Seeding } from './area.ts'

const path = '/v1/video-submissions'
const captions = 'WEBVTT\n\n00:00.000 --> 00:01.000\nA word\n'
const subRip = '1\r\n00:00:00,500 --> 00:00:02,000\r\nMerci & <i>bonjour</i>\r\n'
const octets = 'application/offset+octet-stream'
const tus = { 'tus-resumable': '1.0.0' }
const accepted = ids('acceptedVideo', 3)
const languages = ['en', 'fr', 'es']

export const videos: Area = {
  async seed(seeding, names) {
    const { create, get } = seeding
    const made: Names = {}
    let filmed = 4
    const next = () => {
      filmed += 1
      return names[`filmed${filmed}`] as string
    }
    const begin = async (name: string) => {
      made[name] = await create(path, { applicationId: next(), language: 'en', fileName: 'a.mp4', sizeBytes: 1000 })
      const { upload } = await get(`${path}/${made[name]}`)
      made[`${name}Upload`] = new URL(upload.url).pathname.split('/').at(-1) as string
    }
    const keep = async (name: string, status: 'needsReview' | 'accepted') => {
      made[name] = await aVersion(seeding, next(), status)
    }
    await Promise.all([
      ...['begun', 'deleted', 'uploading', 'cancelled', 'withdrawn', 'empty'].flatMap((name) =>
        [1, 2].map((n) => begin(`${name}Video${n}`)),
      ),
      ...numbers(3).map((n) => keep(`reviewedVideo${n}`, 'needsReview')),
      ...numbers(3).map((n) => keep(`acceptedVideo${n}`, 'accepted')),
    ])
    made.acceptedVideo4 = await aVersion(seeding, names.hidden1 as string, 'accepted')
    return made
  },
  cases: {
    createVideoSubmission: [
      ...named('filmed', 4).map((applicationId) => ({
        body: { applicationId, language: 'en', fileName: 'statement.mp4', sizeBytes: 73_400_320 },
      })),
      { body: { applicationId: '{{speaker3}}', language: 'fr', form: 'textOnly' } },
      { bearer: 'speaker', body: { applicationId: '{{speaker1}}', language: 'en', fileName: 'a.mp4', sizeBytes: 9 } },
    ],
    getVideoSubmission: [
      ...accepted,
      ...ids('acceptedVideo', 4).slice(3),
      ...ids('begunVideo', 1),
      { ...accepted[0], bearer: 'none' },
    ],
    deleteVideoSubmission: ids('deletedVideo', 2),
    listVideoVersions: accepted,
    addVideoVersion: [...ids('begunVideo', 2), ...accepted.slice(2)].map((it) => ({
      ...it,
      body: { fileName: 'statement-2.mp4', sizeBytes: 73_400_320 },
    })),
    withdrawVideoSubmission: ids('withdrawnVideo', 2).map((it) => ({ ...it, body: { reason: 'Too dangerous' } })),
    reviewVideoSubmission: ids('reviewedVideo', 3).flatMap((it): FuzzCase[] => [
      { ...it, body: { decision: 'accept' } },
      { ...it, body: { decision: 'requestChanges', reasons: ['The sound is too low.'] } },
      { ...it, body: { decision: 'reject', reasons: ['Somebody else speaks.'] } },
    ]),
    transitionVideoSubmission: accepted.slice(1).map((it) => ({ ...it, body: { to: 'screened' } })),
    getVideoContent: accepted.flatMap((it): FuzzCase[] => [
      it,
      { ...it, bearer: 'none' },
      { ...it, query: 'part=original' },
      { ...it, headers: { range: 'bytes=2-5' } },
      { ...it, headers: { range: 'bytes=0-1,3-4' } },
    ]),
    getVideoPoster: accepted,
    createVideoAddresses: accepted,
    setVideoCaptions: ids('reviewedVideo', 3).flatMap(({ params }) =>
      languages.flatMap((language): FuzzCase[] => [
        { params: { ...params, language }, body: captions, type: 'text/vtt' },
        { params: { ...params, language }, body: subRip, type: 'application/x-subrip' },
      ]),
    ),
    getVideoCaptions: accepted.map(({ params }) => ({ params: { ...params, language: 'en' } })),
    removeVideoCaptions: accepted.flatMap(({ params }) =>
      languages.slice(1).map((language) => ({ params: { ...params, language } })),
    ),
    getUpload: uploads('uploading', [1, 2]).map((it) => ({ ...it, headers: tus })),
    appendToUpload: [
      ...['0', '0', '3', '6'].flatMap((offset) => appended(uploads('uploading', [1, 2]), offset, 'abc')),
      ...[1, 2, 3].flatMap(() => appended(uploads('empty', [1, 2]), '0', '')),
    ],
    cancelUpload: uploads('cancelled', [1, 2]).map((it) => ({ ...it, headers: tus })),
  },
}

function uploads(name: string, numbered: number[]): FuzzCase[] {
  return numbered.map((n) => ({ params: { uploadId: `{{${name}Video${n}Upload}}` } }))
}

function appended(to: FuzzCase[], offset: string, body: string): FuzzCase[] {
  return to.map((it) => ({ ...it, headers: { ...tus, 'upload-offset': offset }, body, type: octets }))
}

/** As an upload, its check and perhaps a review leave it. */
async function aVersion(
  { db, deps }: Seeding,
  applicationId: string,
  status: 'needsReview' | 'accepted',
): Promise<string> {
  const at = '2020-12-14T10:00:00Z'
  const { id } = await db
    .insertInto('video_submission')
    .values({
      application_id: applicationId,
      language: 'en',
      status,
      current_version: 1,
      created_by: 'seed',
      created_at: at,
      updated_at: at,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const write = (name: string) =>
    deps.storage.write(`videos/${id}.${name}`, Readable.from([Buffer.from(`The bytes of the ${name}`)]))
  const [original, copy] = [await write('original'), await write('copy'), await write('poster')]
  await db
    .insertInto('video_version')
    .values({
      submission_id: id,
      n: 1,
      state: status,
      stored_key: `videos/${id}.original`,
      size_bytes: original.sizeBytes,
      sha256: original.sha256,
      file_name: 'statement.mp4',
      language: 'en',
      received_at: at,
      media: JSON.stringify(madeMedia),
      scan: JSON.stringify({ status: 'clean', reason: null }),
      checked_at: at,
      delivered_key: `videos/${id}.copy`,
      delivered_media_type: 'video/mp4',
      delivered_size_bytes: copy.sizeBytes,
      delivered_sha256: copy.sha256,
      poster_key: `videos/${id}.poster`,
      poster_media_type: 'image/jpeg',
      created_at: at,
    } as never)
    .execute()
  for (const language of languages)
    await db
      .insertInto('video_caption')
      .values({
        submission_id: id,
        language,
        text: captions,
        created_by: 'seed',
        created_at: at,
        updated_at: at,
      } as never)
      .execute()
  return id
}
