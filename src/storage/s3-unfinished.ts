import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, S3ServiceException } from '@aws-sdk/client-s3'
import type { Bucket } from './s3-writing.ts'

/** Aborts the writing of objects that was begun before this instant and never ended: its parts take space and are nobody's. Answers how many that were. */
export async function abortUnfinished({ client, at }: Bucket, before: number): Promise<number> {
  const { Bucket, Key: Prefix } = at('')
  let removed = 0
  let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {}
  for (;;) {
    const found = await client
      .send(new ListMultipartUploadsCommand({ Bucket, Prefix, ...from }))
      .catch(undefinedIfUnknown)
    for (const { Key, UploadId, Initiated } of found?.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined || Initiated === undefined) continue
      if (!Key.startsWith(Prefix) || Initiated.getTime() >= before) continue
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(ignoreIfGone)
      removed += 1
    }
    if (found?.IsTruncated !== true) return removed
    from = { KeyMarker: found.NextKeyMarker, UploadIdMarker: found.NextUploadIdMarker }
  }
}

/** Some services keep no list of them; theirs end by a rule of the bucket. */
function undefinedIfUnknown(error: unknown): undefined {
  const isUnknown = error instanceof S3ServiceException && ['NotImplemented', 'MethodNotAllowed'].includes(error.name)
  if (!isUnknown) throw error
}

/** Ended meanwhile, by its writer or by another replica. */
function ignoreIfGone(error: unknown): void {
  if (!(error instanceof S3ServiceException) || error.name !== 'NoSuchUpload') throw error
}
