import type { Test } from 'tap'
import type { HttpClient } from '../support/http-client.ts'
import { listenTo } from './listener.ts'
import { enterAsMissions } from './missions.ts'
import type { Stage } from './stage.ts'

/** The Q&A: questions in advance and live, the moderator's link, everybody listening, and an answer in writing for what was left. */
export async function askAndAnswer(t: Test, stage: Stage, slot: { id: string; startsAt: string }) {
  const { admin, anyone, at, until } = stage
  const path = `/v1/qa-slots/${slot.id}`
  const ask = (who: HttpClient, text: string, more: object = {}) =>
    who.post(201, `${path}/questions`, { text, country: 'BEL', ...more })
  await at('2021-03-22T06:00:00Z')
  await admin.post(200, '/v1/pre-sessions/38/transitions', { to: 'running' })
  await at(new Date(Date.parse(slot.startsAt) - 3_600_000).toISOString())
  const { france, switzerland, belgium } = await enterAsMissions(stage)
  t.match((await france.get(path)).body, { joinUrl: 'https://meet.example.org/j/0000' })
  t.notOk('joinUrl' in (await anyone.get(path)).body, 'only who takes part is told where to join')

  const early = await ask(france, 'What has changed since the last review?')
  await at(slot.startsAt)
  const moderator = await stage.enter({ email: 'mona@moderators.example', purpose: 'moderator' })
  const move = (id: string, body: object) => moderator.post(200, `/v1/questions/${id}/transitions`, body)
  for (const to of ['open', 'live']) await moderator.post(200, `${path}/transitions`, { to })

  const { ticket } = (await switzerland.post(201, '/v1/event-tickets', { slotId: slot.id })).body
  const [inside, outside] = [
    await listenTo(stage.address, `${path}/events?ticket=${ticket}`),
    await listenTo(stage.address, `${path}/events`),
  ]
  await move(early.body.id, { to: 'approved' })
  await belgium.post(201, `${path}/questions`, { kind: 'floor', country: 'BEL' })
  t.equal((await belgium.send('POST', `${path}/questions`, { text: 'And who told you?', country: 'BEL' })).status, 409)
  const late = await ask(switzerland, 'Which recommendation matters most?', { showsState: false })
  await move(early.body.id, { to: 'asked' })
  await move(early.body.id, { to: 'answered' })
  await move(late.body.id, { to: 'approved' })

  const hears = (heard: { data: string }[], words: RegExp) =>
    until(`event with ${words}`, async () => (heard.some(({ data }) => words.test(data)) ? true : undefined))
  await hears(inside.heard, /What has changed/)
  await hears(outside.heard, /answered/)
  t.notMatch(JSON.stringify(outside.heard), /Which recommendation/, 'nobody hears what was not called')
  t.notMatch(JSON.stringify([inside.heard, outside.heard]), /AdaMark|liga\.example/)
  await Promise.all([inside.close(), outside.close()])

  await moderator.post(200, `${path}/transitions`, { to: 'ended' })
  const left = await until('written question', async () => {
    const { body } = await admin.get(`/v1/questions/${late.body.id}`)
    return body.status === 'lapsed' ? body : undefined
  })
  t.match(left.answerDueOn, /^2021-0[34]-\d\d$/)
  const written = await admin.post(200, `/v1/questions/${late.body.id}/transitions`, {
    to: 'answeredInWriting',
    answer: 'The one on access to care.',
  })
  t.equal(written.body.status, 'answeredInWriting')
  await admin.post(200, '/v1/pre-sessions/38/transitions', { to: 'closed' })
}
