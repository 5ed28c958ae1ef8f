import type { Deps } from '../deps.ts'
import { type JotformClient, JotformError } from './client.ts'
import { findDrift, hashQuestions } from './drift.ts'
import { type FormRow, updateForm } from './queries-forms.ts'

/** Looks at what surrounds the submissions: the questions, our webhook, the account's usage. */
export async function refreshForm(deps: Deps, client: JotformClient, form: FormRow): Promise<void> {
  const questions = await client.getQuestions(form.form_id)
  const at = deps.clock.now()
  const hash = hashQuestions(questions)
  // Types are compared with the questions as they were when the mapping was made, which stay until a new mapping comes.
  const before = form.questions ?? questions
  await updateForm(deps.db, form.form_id, {
    drift: JSON.stringify(findDrift(form.mapping, questions, before)),
    questions_at: at,
    ...(form.questions === null ? { questions: JSON.stringify(questions), questions_hash: hash } : {}),
    ...(await webhookColumns(deps, client, form.form_id, at)),
    ...(await usageColumns(client)),
    limit_left: client.limitLeft() ?? null,
  })
}

/** Some accounts may not list webhooks: then nothing is known, which is no reason to fail a poll. */
async function webhookColumns(deps: Deps, client: JotformClient, formId: string, at: string) {
  try {
    const urls = await client.getWebhooks(formId)
    return { webhook_count: urls.filter((url) => isOurs(deps, url)).length, webhook_checked_at: at }
  } catch (error) {
    if (error instanceof JotformError && error.failure !== 'unavailable' && error.failure !== 'rateLimited') return {}
    throw error
  }
}

/** Ours is whatever carries one of our secrets: the address outside may differ from the one we listen at. */
function isOurs(deps: Deps, url: string): boolean {
  return deps.config.jotform.hookSecrets.some((secret) => url.includes(`/jotform/hooks/${secret}`))
}

async function usageColumns(client: JotformClient) {
  try {
    return { usage: JSON.stringify(await client.getUsage()) }
  } catch (error) {
    if (error instanceof JotformError) return {}
    throw error
  }
}
