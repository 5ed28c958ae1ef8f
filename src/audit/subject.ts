import { createHmac } from 'node:crypto'
import type { Keys } from '../crypto/data-key.ts'

/** Numbers that Jotform gives to submissions; those of forms are shorter. */
export const isSubmissionId = (text: string): boolean => /^\d{17,25}$/.test(text)

/**
 * How the log names a Jotform submission. Its number leads to a person as long as Jotform has it, and an entry is never erased: so a keyed hash,
 * by which whoever knows the number still finds the entry.
 */
export const subjectOfSubmission = ({ erased }: Pick<Keys, 'erased'>, submissionId: string): string =>
  createHmac('sha256', erased).update(`audit ${submissionId}`).digest('hex').slice(0, 32)
