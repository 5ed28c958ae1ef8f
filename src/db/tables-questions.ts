import type { Generated } from 'kysely'

export interface QuestionTables {
  question: QuestionTable
  question_answer: { question_id: string; application_id: string | null; body: string }
  question_vote: { question_id: string; state: string; voted_at: string }
  question_queue: { slot_id: string; sort: 'time' | 'turn' }
}

export interface QuestionTable {
  id: string
  slot_id: string
  kind: 'question' | 'openingStatement' | 'floor'
  country: string | null
  state: string | null
  shows_state: boolean
  addressee: 'panel' | 'speaker'
  application_id: string | null
  body: string
  status: Generated<'queued' | 'approved' | 'held' | 'merged' | 'asked' | 'answered' | 'answeredInWriting' | 'lapsed'>
  put_at: string
  put_by: string
  approved_at: string | null
  hold_reason: string | null
  merged_into: string | null
  asked_at: string | null
  answered_at: string | null
  answer_due_on: string | null
  updated_at: string
}
