import { lifecycles } from '../domain/lifecycles.ts'
import { videoForms } from '../domain/video.ts'
import {
  closed,
  component,
  enumOf,
  Id,
  Instant,
  Iso3,
  nullable,
  pageOf,
  reason,
  ref,
  type Static,
  Type,
} from '../http/schemas.ts'

export const videoStatuses = lifecycles.videoSubmission.states.map(({ name }) => name)
const languageTag = '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$'
const language = (description: string) =>
  Type.String({ pattern: languageTag, maxLength: 35, description: `${description} BCP 47.`, examples: ['en'] })
const sha256 = (description: string) => Type.String({ pattern: '^[\\da-fA-F]{64}$', description })
const form = (options: object) => enumOf(videoForms, options)
const scalar = Type.Union([Type.String(), Type.Number(), Type.Boolean()])

const announcement = {
  fileName: Type.String({
    minLength: 1,
    maxLength: 255,
    description: 'Name of the file; shown to the secretariat and the person only.',
    examples: ['statement.mp4'],
  }),
  sizeBytes: Type.Integer({
    minimum: 1,
    maximum: 2 ** 40,
    description: 'Size of the file; settings of the round limit it.',
  }),
  sha256: sha256('SHA-256 of the whole file in hexadecimal; what comes must then have it.'),
}

export const NewVideoSubmission = component(
  'NewVideoSubmission',
  closed(
    {
      applicationId: Id('Id of the application of the selected speaker.'),
      language: language('Language of the statement, one of the round.'),
      form: Type.Optional(
        form({
          default: 'speakerOnVideo',
          description:
            'How the statement is given. A speaker at risk shows no face to others: `voiceOnly`, `readByAnother`, or `textOnly`, which has no file.',
        }),
      ),
      fileName: Type.Optional(announcement.fileName),
      sizeBytes: Type.Optional(announcement.sizeBytes),
      sha256: Type.Optional(announcement.sha256),
    },
    {
      description: 'A video to be uploaded. `fileName` and `sizeBytes` are needed unless `form` is `textOnly`.',
      examples: [
        {
          applicationId: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10',
          language: 'en',
          fileName: 'statement.mp4',
          sizeBytes: 73400320,
        },
      ],
    },
  ),
)

export const NewVideoVersion = component(
  'NewVideoVersion',
  closed(
    {
      fileName: announcement.fileName,
      sizeBytes: announcement.sizeBytes,
      sha256: Type.Optional(announcement.sha256),
      language: Type.Optional(language('Language of this version, one of the round; left out: as before.')),
    },
    {
      description: 'Another version to be uploaded.',
      examples: [{ fileName: 'statement-2.mp4', sizeBytes: 73400320 }],
    },
  ),
)

export const VideoCheckView = component(
  'VideoCheck',
  Type.Object(
    {
      code: Type.String({ description: 'Which check, stable, camelCase.', examples: ['duration'] }),
      outcome: enumOf(['pass', 'warn', 'fail'], { description: 'What came of it.' }),
      message: Type.String({ description: 'A sentence that tells the speaker what to do.' }),
      measured: nullable(scalar, { description: 'What was measured.' }),
      limit: nullable(scalar, { description: 'What it was held against.' }),
    },
    { description: 'One check of a video or its captions.' },
  ),
)

const optionalNumber = (description: string) => nullable(Type.Number(), { description })
const optionalText = (description: string) => nullable(Type.String(), { description })

const VideoMediaView = component(
  'VideoMedia',
  Type.Object(
    {
      durationSeconds: optionalNumber('Running time, measured from the samples.'),
      container: optionalText('File format.'),
      videoCodec: optionalText('Codec of the picture.'),
      audioCodec: optionalText('Codec of the sound.'),
      width: optionalNumber('Width of the picture as it is shown, in pixels.'),
      height: optionalNumber('Height of the picture as it is shown, in lines.'),
      frameRate: optionalNumber('Pictures a second.'),
    },
    { description: 'What the content of a video was found to be.' },
  ),
)

const VideoScanView = component(
  'VideoScan',
  Type.Object(
    {
      status: enumOf(['clean', 'infected', 'notScanned'], { description: 'What the scan for malware found.' }),
      reason: optionalText('What was found, or why there was no scan.'),
    },
    { description: 'The scan for malware.' },
  ),
)

const versionStates = ['checking', 'needsReview', 'accepted', 'changesRequested', 'rejected', 'superseded'] as const

export const VideoVersionView = component(
  'VideoVersion',
  Type.Object(
    {
      number: Type.Integer({ description: 'The first version has 1.' }),
      state: enumOf(versionStates, {
        description: 'Where this version stands; `superseded` once a newer one is here.',
      }),
      fileName: Type.String({ description: 'Name that the file had.' }),
      sizeBytes: Type.Integer({ description: 'Size of the original.' }),
      sha256: sha256('SHA-256 of the original.'),
      receivedAt: Instant('When the last byte was here.'),
      late: Type.Boolean({ description: 'It came when the deadline for this speaker had closed (R4, R6, R7).' }),
      marginSeconds: optionalNumber('Seconds before the deadline; 0 or less is late. Null: the round has none.'),
      scan: nullable(ref(VideoScanView), { description: 'The scan for malware; null until it was made.' }),
      media: nullable(ref(VideoMediaView), { description: 'What the content is; null until it was read.' }),
      checks: Type.Array(ref(VideoCheckView), { description: 'Every check with what was measured.' }),
      hasCopy: Type.Boolean({ description: 'Is there a copy without metadata, which others may get?' }),
    },
    { description: 'One version of a video.' },
  ),
)
export const VideoVersionPage = pageOf('VideoVersionPage', VideoVersionView)

export const VideoUpload = component(
  'VideoUpload',
  Type.Object(
    {
      state: enumOf(['open', 'complete', 'received', 'refused', 'expired', 'cancelled'], {
        description:
          'Open: takes bytes. Complete: all are here and being read. Refused: they are not what was announced.',
      }),
      url: Type.Optional(
        Type.String({ format: 'uri', description: 'Where a tus 1.0 client sends the bytes; only while it is open.' }),
      ),
      sizeBytes: Type.Integer({ description: 'Size that was announced.' }),
      receivedBytes: Type.Integer({ description: 'How many bytes are surely kept.' }),
      expiresAt: Instant('Until when the next byte must come.'),
      failure: Type.Optional(
        enumOf(['sha256Mismatch', 'sizeMismatch', 'bytesLost'], { description: 'Why it was refused.' }),
      ),
    },
    { description: 'The last upload of a submission.' },
  ),
)

const VideoReviewView = component(
  'VideoReview',
  Type.Object(
    {
      decision: enumOf(['accept', 'requestChanges', 'reject'], { description: 'What was decided.' }),
      reasons: Type.Array(Type.String(), { description: 'Why.' }),
      version: nullable(Type.Integer(), { description: 'Of which version; null for text alone.' }),
      at: Instant('When.'),
      reviewer: Type.Optional(Type.String({ description: 'Who; for the secretariat only.' })),
    },
    { description: 'The last review of a submission.' },
  ),
)

const place = {
  id: Id('Id of the submission.'),
  preSession: Type.Integer({ description: 'Round.' }),
  country: nullable(Iso3('State under Review.'), { description: 'State under Review, ISO 3166-1 alpha-3.' }),
  language: language('Language of the statement.'),
}

export const VideoSubmission = component(
  'VideoSubmission',
  Type.Object(
    {
      ...place,
      applicationId: Id('Id of the application.'),
      form: form({ description: 'How the statement is given.' }),
      status: enumOf(videoStatuses, { description: 'See `videoSubmission` of GET /v1/lifecycles.' }),
      upload: nullable(ref(VideoUpload), { description: 'The last upload; null where there is none.' }),
      version: nullable(ref(VideoVersionView), { description: 'The newest whole version; null until one is here.' }),
      captions: Type.Array(
        Type.Object(
          {
            language: language('Language of the captions.'),
            checks: Type.Array(ref(VideoCheckView), { description: 'What was found of them.' }),
          },
          { description: 'Captions in one language.' },
        ),
        { description: 'Captions by language.' },
      ),
      review: nullable(ref(VideoReviewView), { description: 'The last review; null until there is one.' }),
      createdBy: Type.Optional(Type.String({ description: 'Who began it; for the secretariat only.' })),
      createdAt: Instant('When it was begun.'),
      updatedAt: Instant('When its state was last changed.'),
    },
    { description: 'The recorded statement of a selected speaker, for the secretariat and the person.' },
  ),
)
export const VideoSubmissionPage = pageOf('VideoSubmissionPage', VideoSubmission)

export const PublishedVideo = component(
  'PublishedVideo',
  Type.Object(
    {
      ...place,
      applicationId: Type.Optional(Id('Id of the application, where the caller may see the speaker.')),
      durationSeconds: optionalNumber('Running time.'),
      width: optionalNumber('Width of the picture, in pixels.'),
      height: optionalNumber('Height of the picture, in lines.'),
      captions: Type.Array(language('Language of captions.'), { description: 'Languages of its captions.' }),
    },
    { description: 'A video that was accepted and released, for those whom the speaker consented to show it to.' },
  ),
)
export const PublishedVideoPage = pageOf('PublishedVideoPage', PublishedVideo)

export const ReviewVideo = component(
  'ReviewVideo',
  closed(
    {
      decision: enumOf(['accept', 'requestChanges', 'reject'], { description: 'What is decided.' }),
      reasons: Type.Optional(
        Type.Array(reason('One reason, told to the speaker.'), {
          maxItems: 20,
          description: 'Why; needed to ask for changes, to reject, and to accept what is late or failed a check.',
        }),
      ),
    },
    {
      description: 'A review of the newest version.',
      examples: [{ decision: 'requestChanges', reasons: ['The sound is too low from 1:20 on.'] }],
    },
  ),
)

export const VideoAddresses = component(
  'VideoAddresses',
  Type.Object(
    {
      content: Type.String({
        format: 'uri',
        description: 'Address of the video, for a player that sends no credential.',
      }),
      captions: Type.Array(
        Type.Object(
          {
            language: language('Language.'),
            url: Type.String({ format: 'uri', description: 'Address of the WebVTT.' }),
          },
          { description: 'Captions in one language.' },
        ),
        { description: 'Addresses of the captions.' },
      ),
      poster: Type.Optional(Type.String({ format: 'uri', description: 'Address of a picture of the video.' })),
      rendition: Type.Optional(
        Type.String({ format: 'uri', description: 'Address of a copy that every browser plays.' }),
      ),
      expiresAt: Instant('Until when they work, as long as you may see the video.'),
    },
    { description: 'Signed addresses of one version for one kind of viewer. They open nothing else.' },
  ),
)

export type VideoSubmissionBody = Static<typeof VideoSubmission>
