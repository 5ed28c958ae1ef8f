import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { addSeconds } from '../domain/instant.ts'
import { listAlerts } from './alerts.ts'
import { isApiConfigured } from './context.ts'
import { findIntakeFacts, listFormStatus } from './queries-status.ts'
import { deliveryGraceSeconds } from './reconcile.ts'
import type { Status } from './schemas-status.ts'

/** What happened longer ago is counted and alarms nobody: an alarm that never ends is not heard. */
const recentSeconds = 48 * 3_600

/** How the intake stands, and what asks for a person. */
export async function getIntakeStatus(deps: Deps): Promise<Static<typeof Status>> {
  const now = deps.clock.now()
  const facts = await findIntakeFacts(deps.db, {
    deliveredBefore: addSeconds(now, -deliveryGraceSeconds),
    recentlyAfter: addSeconds(now, -recentSeconds),
  })
  const forms = await listFormStatus(deps.db)
  return {
    verification: isApiConfigured(deps) ? 'on' : 'off',
    hookSecrets: deps.config.jotform.hookSecrets.length,
    now,
    counts: facts.counts,
    forgedCount: facts.forged,
    unreadableCount: facts.unreadable,
    unreadCount: facts.unread,
    recoveredCount: facts.recovered,
    oldestUnfinishedAt: facts.oldest_unfinished_at,
    lastWebhookAt: facts.last_webhook_at,
    forms: forms.map((form) => ({
      formId: form.form_id,
      preSession: form.pre_session,
      lastPollAt: form.last_poll_at,
      lastFullPollAt: form.last_full_at,
      pollFailures: form.poll_failures,
      pollError: form.poll_error,
      limitLeft: form.limit_left,
      webhookRegistered: form.webhook_count === null ? null : form.webhook_count === 1,
      drift: form.drift,
    })),
    alerts: listAlerts(facts, forms, { now, apiConfigured: isApiConfigured(deps) }),
  }
}
