import { known, only, open, type Rows } from '../rows.ts'

/** What is seen of a question depends on the slot, the country and the speaker: test/domain/question-visibility.test.ts and test/http/questions.test.ts. */
export const rows: Rows = {
  listQuestions: open(),
  getQuestion: open(),
  putQuestion: only(['mission', 'moderator', 'secretariat', 'admin']),
  transitionQuestion: only(['applicant', 'moderator', 'secretariat', 'admin']),
  voteForQuestion: only(['mission']),
  withdrawVote: only(['mission']),
  getQuestionQueue: open(),
  orderQuestionQueue: only(['moderator', 'secretariat', 'admin']),
  listenToSlot: open({ isProbed: true }),
  createEventTicket: only(known, { needsNoScope: true }),
}
