import { question, questionOfSlot } from '../kinds/question.ts'
import { slot } from '../kinds/slot.ts'
import { known, only, open, type Rows } from '../rows.ts'

const moderates = ['moderator', 'secretariat', 'admin'] as const

export const rows: Rows = {
  listQuestions: open({ about: questionOfSlot, as: 'list' }),
  getQuestion: open({ about: question, as: 'whole' }),
  putQuestion: only(['mission', ...moderates], { about: slot, as: 'gate' }),
  transitionQuestion: only(['applicant', ...moderates], { about: question, as: 'gate' }),
  voteForQuestion: only(['mission'], { about: question, as: 'act' }),
  withdrawVote: only(['mission'], { about: question, as: 'act' }),
  getQuestionQueue: open(),
  orderQuestionQueue: only(moderates, { about: slot, as: 'gate' }),
  listenToSlot: open({ isProbed: true }),
  createEventTicket: only(known, { needsNoScope: true }),
}
