import { addSeconds, secondsBetween } from '../domain/instant.ts'
import { reservedCalls } from './budget.ts'
import type { FormStatusRow, IntakeFacts } from './queries-status.ts'
import type { alertCodes } from './schemas-status.ts'

export interface Alert {
  code: (typeof alertCodes)[number]
  formId: string | null
  message: string
}

const hour = 3_600
/** The slowest schedule polls every ten minutes; three misses are a fault. */
const pollOverdueSeconds = 30 * 60
/** Applications come in bursts at the end: two silent days are odd in an open call, six silent hours just before its end. */
const silentSeconds = 48 * hour
const silentNearDeadlineSeconds = 6 * hour
/** A delivery is read within a second. */
const unreadSeconds = 5 * 60

/** What asks for a person. An alarm on silence, not only on errors: a dead poller reports nothing. */
export function listAlerts(
  facts: IntakeFacts,
  forms: FormStatusRow[],
  { now, apiConfigured }: { now: string; apiConfigured: boolean },
): Alert[] {
  const alerts: Alert[] = forms.flatMap((form) => [
    ...(apiConfigured ? pollAlerts(form, now) : []),
    ...formAlerts(form, now),
  ])
  const add = (code: Alert['code'], count: number, message: string) => {
    if (count > 0) alerts.push({ code, formId: null, message })
  }
  add(
    'missedWebhooks',
    facts.recently_recovered,
    `${facts.recently_recovered} submission(s) of the last 48 hours were never delivered by Jotform and were found by poll. Check the webhook in Jotform.`,
  )
  add(
    'overQuota',
    facts.over_quota,
    `${facts.over_quota} submission(s) are over the quota of the Jotform account. They count as received; raise the plan, or Jotform will delete the oldest.`,
  )
  add(
    'needsAttention',
    facts.recently_waiting,
    `${facts.recently_waiting} submission(s) came to need a person in the last 48 hours. List them, and older ones, with ?state=needsAttention.`,
  )
  const isStuck = facts.oldest_unread_at !== null && secondsBetween(facts.oldest_unread_at, now) > unreadSeconds
  add(
    'deliveriesWaiting',
    isStuck ? facts.unread : 0,
    `${facts.unread} delivery(ies) are stored and not read, the oldest since ${facts.oldest_unread_at}. Check that a worker runs, and its log.`,
  )
  add(
    'forgedDeliveries',
    facts.recently_forged,
    `${facts.recently_forged} submission(s) of the last 48 hours are not known to Jotform. Change the hook secret if it may have leaked.`,
  )
  return alerts
}

function pollAlerts(form: FormStatusRow, now: string): Alert[] {
  const alert = (code: Alert['code'], message: string): Alert => ({ code, formId: form.form_id, message })
  const alerts: Alert[] = []
  if (form.poll_failure === 'unauthorised')
    alerts.push(
      alert(
        'apiKeyRejected',
        'Jotform refuses the API key: nothing can be verified. Check JOTFORM_API_KEY and the region of JOTFORM_API_URL.',
      ),
    )
  if (form.poll_failures > 0)
    alerts.push(alert('pollFailing', `${form.poll_failures} poll(s) failed: ${form.poll_error}`))
  const since = form.last_poll_at ?? form.created_at
  if (isWatched(form, now) && secondsBetween(since, now) > pollOverdueSeconds)
    alerts.push(alert('pollOverdue', `No poll of Jotform has worked since ${since}. Check that a worker runs.`))
  if (form.webhook_count === 0)
    alerts.push(
      alert(
        'webhookUnregistered',
        'Our webhook is not registered in the form. Add it in the form settings in Jotform.',
      ),
    )
  if ((form.webhook_count ?? 1) > 1)
    alerts.push(
      alert(
        'webhookRegisteredTwice',
        `Our webhook is registered ${form.webhook_count} times. Remove all but one in Jotform.`,
      ),
    )
  if (form.limit_left !== null && form.limit_left < reservedCalls)
    alerts.push(
      alert(
        'limitLow',
        `Only ${form.limit_left} API calls are left today; polls are fewer until midnight in New York.`,
      ),
    )
  return alerts
}

function formAlerts(form: FormStatusRow, now: string): Alert[] {
  const alerts: Alert[] = []
  for (const drift of form.drift)
    alerts.push({ code: 'questionsChanged', formId: form.form_id, message: drift.message })
  const since = form.last_webhook_at ?? form.created_at
  const isNear = form.closings.some((at) => secondsBetween(now, at) > 0 && secondsBetween(now, at) <= silentSeconds)
  if (
    form.round_status === 'callOpen' &&
    isWatched(form, now) &&
    secondsBetween(since, now) > (isNear ? silentNearDeadlineSeconds : silentSeconds)
  ) {
    alerts.push({
      code: 'jotformSilent',
      formId: form.form_id,
      message: `Jotform has delivered nothing since ${since}. Send a test submission, and check the webhook in the form settings.`,
    })
  }
  return alerts
}

/** Until a while after the last deadline of the form. */
function isWatched(form: FormStatusRow, now: string): boolean {
  return form.closings.some((at) => secondsBetween(now, addSeconds(new Date(at).toISOString(), hour)) > 0)
}
