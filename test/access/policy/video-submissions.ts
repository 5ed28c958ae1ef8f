import { video } from '../kinds/video.ts'
import { only, open, type Rows, staff } from '../rows.ts'

const person = [...staff, 'applicant'] as const
const act = { about: video, as: 'act' } as const
const part = { about: video, as: 'part' } as const
const byPerson = { views: ['staff', 'owner'] } as const
const captions = () => ({
  payload: 'WEBVTT\n\n00:00.000 --> 00:01.000\nA word\n',
  headers: { 'content-type': 'text/vtt' },
})

export const rows: Rows = {
  createVideoSubmission: only(person),
  listVideoSubmissions: open({ about: video, as: 'list' }),
  getVideoSubmission: open({ about: video, as: 'whole' }),
  deleteVideoSubmission: only(person, { ...act, ...byPerson }),
  getVideoContent: open(part),
  getVideoPoster: open(),
  createVideoAddresses: open(part),
  getVideoCaptions: open(part),
  setVideoCaptions: only(person, { ...act, ...byPerson, send: captions }),
  removeVideoCaptions: only(person, { ...act, ...byPerson }),
  listVideoVersions: only(person, { ...part, ...byPerson }),
  addVideoVersion: only(person, { ...act, ...byPerson }),
  withdrawVideoSubmission: only(person, { ...act, ...byPerson }),
  reviewVideoSubmission: only(staff, act),
  transitionVideoSubmission: only(staff, act),
  // An upload is found by 192 random bits alone; test/http/videos-upload.test.ts shows that they open nothing to others.
  getUpload: only(person),
  appendToUpload: only(person),
  cancelUpload: only(person),
}
