import { DocumentView } from '../applications/schemas.ts'
import { closed, component, enumOf, Id, reason, ref, type Static, Type } from '../http/schemas.ts'
import type { DocumentRow } from './queries-shown.ts'

export const PublishedDocument = component(
  'PublishedDocument',
  Type.Object(
    {
      id: Id('Id of the document.'),
      kind: enumOf(['statement', 'factSheet'], { description: 'What it is.' }),
      mediaType: Type.String({ description: 'Always a PDF.' }),
      sizeBytes: Type.Integer({ description: 'Bytes of the copy without metadata.' }),
    },
    { description: 'A statement or a fact sheet that was accepted and released, for whom the speaker consented to.' },
  ),
)

export const DocumentList = component(
  'DocumentList',
  Type.Object(
    { data: Type.Array(ref(DocumentView), { description: 'The documents, in the order in which they came.' }) },
    { description: 'The documents of an application.' },
  ),
)
export const PublishedDocumentList = component(
  'PublishedDocumentList',
  Type.Object(
    { data: Type.Array(ref(PublishedDocument), { description: 'The documents, in the order in which they came.' }) },
    { description: 'The published documents of a speaker.' },
  ),
)

export const ReviewDocument = component(
  'ReviewDocument',
  closed(
    {
      decision: enumOf(['accept', 'requestChanges', 'reject'], { description: 'What is decided.' }),
      reasons: Type.Optional(
        Type.Array(reason('One reason, told to the speaker.'), {
          maxItems: 20,
          description: 'Why; needed to ask for changes and to reject.',
        }),
      ),
    },
    { description: 'A review of a statement or a fact sheet.', examples: [{ decision: 'accept' }] },
  ),
)

export const toDocument = (
  row: DocumentRow,
  { showsReview }: { showsReview: boolean },
): Static<typeof DocumentView> => ({
  id: row.id,
  kind: row.kind,
  fileName: row.file_name,
  mediaType: row.media_type,
  sizeBytes: row.size_bytes,
  sha256: row.sha256,
  status: row.status,
  failure: row.failure,
  scan: row.scan,
  ...(row.review_status !== null && {
    ...(showsReview && { review: { status: row.review_status, reasons: row.review_reasons } }),
    hasCopy: row.copy_sha256 !== null,
  }),
})

export const toPublishedDocument = (row: DocumentRow): Static<typeof PublishedDocument> => ({
  id: row.id,
  kind: row.kind as 'statement',
  mediaType: 'application/pdf',
  sizeBytes: row.copy_size_bytes as number,
})
