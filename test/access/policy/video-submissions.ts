import { only, open, type Rows, staff } from '../rows.ts'

const person = [...staff, 'applicant'] as const

export const rows: Rows = {
  createVideoSubmission: only(person),
  listVideoSubmissions: open(),
  getVideoSubmission: open(),
  deleteVideoSubmission: only(person),
  getVideoContent: open(),
  getVideoPoster: open(),
  createVideoAddresses: open(),
  getVideoCaptions: open(),
  setVideoCaptions: only(person),
  removeVideoCaptions: only(person),
  listVideoVersions: only(person),
  addVideoVersion: only(person),
  withdrawVideoSubmission: only(person),
  reviewVideoSubmission: only(staff),
  transitionVideoSubmission: only(staff),
  getUpload: only(person),
  appendToUpload: only(person),
  cancelUpload: only(person),
}
