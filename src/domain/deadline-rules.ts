import type { EffectiveDeadline } from './effective-deadline.ts'
import { addSeconds, toMillis } from './instant.ts'
import type { Receipt } from './receipt.ts'
import type { RuleResult } from './rule.ts'
import { sayDuration, sayInstant, sayLocal } from './wording.ts'
import { offsetAt } from './zone.ts'

export interface DeadlineFacts {
  receipt: Receipt
  deadline: EffectiveDeadline
  contentUnknown?: string | undefined
}

/** R4–R7: the deadline, its zone and wording, its extension, and what follows from being late. */
export function judgeDeadline(facts: DeadlineFacts): RuleResult[] {
  return [judgeReceipt(facts), showDeadline(facts), showExtension(facts), judgeLateness(facts)]
}

/** R4: an application counts if it was received before the deadline closed. */
function judgeReceipt(facts: DeadlineFacts): RuleResult {
  const { receipt, deadline, contentUnknown } = facts
  const { receivedAt, basis, timing, borderline, marginSeconds } = receipt
  const compared = { receivedAt, closesAt: deadline.closesAt, basis, timing, borderline, marginSeconds }
  const evidence = { ...receipt.evidence, ...compared, ...(contentUnknown && { contentUnknown }) }
  return { rule: 'R4', ...readReceipt(facts), evidence }
}

function readReceipt({ receipt, deadline, contentUnknown }: DeadlineFacts): Pick<RuleResult, 'outcome' | 'message'> {
  const { timing, borderline, marginSeconds } = receipt
  const when = `Received on ${sayInstant(receipt.receivedAt, deadline.timeZone)}`
  const span = sayDuration(marginSeconds)
  if (timing === 'undetermined') {
    const message = `It could not be decided whether the application was received in time. ${receipt.reason}`
    return { outcome: 'unknown', message }
  }
  if (timing === 'late') {
    const after = marginSeconds === 0 ? 'at the very moment when' : `${span} after`
    return { outcome: 'fail', message: `${when}, ${after} the deadline closed.` }
  }
  const before = `${when}, ${span} before the deadline closed.`
  if (contentUnknown) return { outcome: 'unknown', message: `${before} ${contentUnknown}` }
  if (!borderline) return { outcome: 'pass', message: before }
  return { outcome: 'warn', message: `${before} This is so close that staff look at it once more.` }
}

/** R5: the deadline is the clock time of a named place; a published "CET" that does not fit the season is pointed out. */
function showDeadline({ deadline }: DeadlineFacts): RuleResult {
  const { local, timeZone, wording, offset, closesAt } = deadline
  const offsetThen = offsetAt(toMillis(addSeconds(closesAt, -60)), timeZone)
  const evidence = { local, timeZone, wording: wording ?? null, offset: offset ?? offsetThen, closesAt }
  const message = `The deadline is ${sayLocal(local)} in ${timeZone} (UTC${offsetThen}); that minute counts in full, so it closes at ${closesAt}.`
  const doubt = wording === undefined ? undefined : doubtfulName(wording, offsetThen)
  if (!doubt) return { rule: 'R5', outcome: 'pass', message, evidence }
  const note = `The published wording says ${doubt}, which is another time on that date; the deadline stated here applies.`
  return { rule: 'R5', outcome: 'warn', message: `${message} ${note}`, evidence }
}

/** R6: a deadline may be extended for a country, and then for all its applicants alike. */
function showExtension({ deadline }: DeadlineFacts): RuleResult {
  const { original } = deadline
  if (!original)
    return {
      rule: 'R6',
      outcome: 'pass',
      message: 'The deadline was not extended for this country.',
      evidence: { isExtended: false },
    }
  const extended = deadline.waived ?? deadline
  const message = `The deadline for this country was extended from ${sayLocal(original.local)} to ${sayLocal(extended.local)}, for all its applicants alike.`
  return {
    rule: 'R6',
    outcome: 'pass',
    message,
    evidence: { isExtended: true, originalClosesAt: original.closesAt, closesAt: extended.closesAt },
  }
}

/** R7: a late application is kept and marked, never dropped; only a recorded waiver lets it take part. */
function judgeLateness({ receipt, deadline }: DeadlineFacts): RuleResult {
  const { waiver, waived } = deadline
  const evidence = {
    timing: receipt.timing,
    ...(waiver && { waivedUntil: waiver.until, generalClosesAt: waived?.closesAt ?? null }),
  }
  const admitted = waiver
    ? ` A waiver gives this applicant time until ${sayInstant(waiver.until, deadline.timeZone)}.`
    : ''
  const late =
    'The application is late. It is kept and shown as late, and takes no part in the selection unless a waiver is granted.'
  if (receipt.timing === 'late') return { rule: 'R7', outcome: 'fail', message: `${late}${admitted}`, evidence }
  if (receipt.timing === 'onTime')
    return { rule: 'R7', outcome: 'pass', message: `The application is not late.${admitted}`, evidence }
  return {
    rule: 'R7',
    outcome: 'unknown',
    message: `Whether the application is late could not be decided.${admitted}`,
    evidence,
  }
}

function doubtfulName(wording: string, offset: string): string | undefined {
  const named: [RegExp, string, string][] = [
    [/\bCET\b/i, 'CET', '+01:00'],
    [/\bCEST\b/i, 'CEST', '+02:00'],
  ]
  return named.find(([pattern, , meant]) => pattern.test(wording) && meant !== offset)?.[1]
}
