import type { TestApp } from './app.ts'
import { aCompleteApplication } from './builders.ts'
import { runJobs } from './jobs.ts'

/** An application of round 38 that names the address, for Belgium unless said otherwise. */
export async function anApplicant({ admin }: TestApp, email = 'zoe@ligue.example', country = 'BEL') {
  const application = aCompleteApplication()
  const created = await admin.post('/v1/applications', {
    ...application,
    country,
    speaker: { ...application.speaker, email },
  })
  if (created.statusCode !== 201) throw new Error(created.body)
  return created.json() as { id: string }
}

export async function aDelegate({ admin }: TestApp, state = 'CHE', email = 'upr@mission.example') {
  const created = await admin.post('/v1/mission-delegates', { state, email })
  if (created.statusCode !== 201) throw new Error(created.body)
  return created.json() as { id: string }
}

export interface Mail {
  to: string
  subject: string
  text: string
  state: string
}

/** What the service wrote so far, newest first. */
export async function mails({ admin, deps }: TestApp): Promise<Mail[]> {
  await runJobs(deps)
  return (await admin.get('/v1/sandbox/mails?limit=100')).json().data
}

export const linkIn = (text: string): string => /https?:\/\/\S+/.exec(text)?.[0] ?? ''
export const tokenIn = (text: string): string => new URL(linkIn(text)).hash.replace('#access-token=', '')

/** Asks for a link and gives the token of the mail that came of it. */
export async function aToken(app: TestApp, request: Record<string, unknown> = {}): Promise<string> {
  await app.anyone.post('/v1/access-links', {
    email: 'zoe@ligue.example',
    purpose: 'applicant',
    preSession: 38,
    ...request,
  })
  return tokenIn((await mails(app))[0]?.text ?? '')
}

/** Somebody signed in by a link out of a mail, as people are. */
export async function signIn(app: TestApp, request: Record<string, unknown> = {}) {
  const { token } = (await app.anyone.post('/v1/sessions', { token: await aToken(app, request) })).json()
  return app.as({ authorization: `Bearer ${token}` })
}
