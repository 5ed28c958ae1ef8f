import type { Test } from 'tap'
import { type Applied, speakers } from './call.ts'
import type { Stage } from './stage.ts'

/** Closing, selecting, confirming; nothing of it outside before the release. */
export async function select(t: Test, stage: Stage, applied: Applied) {
  const { admin, anyone, at } = stage
  const move = (to: string) => admin.post(200, '/v1/pre-sessions/38/transitions', { to })
  await at('2021-01-12T09:00:00Z')
  await move('callClosed')
  await move('selecting')
  const decide = (id: string, decision: string) =>
    admin.post(200, `/v1/applications/${id}/decisions`, { decision, reason: 'Covers health, which nobody else does.' })
  await decide(applied.zoe, 'selected')
  await decide(applied.ada, 'selected')
  await decide(applied.lars, 'selected')
  await decide(applied.reserve, 'reserve')
  await move('confirmed')

  const enter = (name: keyof typeof speakers) => stage.enter({ email: speakers[name].email, purpose: 'applicant' })
  const early = await enter('zoe')
  t.notOk('decision' in (await early.get(`/v1/applications/${applied.zoe}`)).body, 'not told before the release')
  await early.refused(404, `/v1/applications/${applied.ada}`)
  t.same((await anyone.get('/v1/applications')).body.data, [])

  for (const iso3 of ['BEL', 'DNK'])
    await admin.post(200, `/v1/pre-sessions/38/countries/${iso3}/release`, { at: '2021-02-01T09:00:00Z' })
  t.same((await anyone.get('/v1/applications')).body.data, [], 'a release to come releases nothing')
  await at('2021-02-01T09:00:00Z')
  t.same((await anyone.get('/v1/applications')).body.data, [], 'the release alone shows nobody: consent is theirs')

  await early.refused(401, `/v1/applications/${applied.zoe}`)
  const [zoe, ada, lars] = [await enter('zoe'), await enter('ada'), await enter('lars')]
  const agree = (who: typeof zoe, id: string, consents: string[]) =>
    who.put(200, `/v1/applications/${id}/consents`, { consents }, { 'if-match': '*' })
  for (const [who, id] of [
    [zoe, applied.zoe],
    [ada, applied.ada],
    [lars, applied.lars],
  ] as const) {
    t.equal((await who.post(200, `/v1/applications/${id}/answers`, { answer: 'confirmed' })).body.answer, 'confirmed')
    await agree(who, id, ['showNameInProgramme', 'shareWithMissions', 'publishStatement', 'publishVideo'])
  }
  const seen = await anyone.get('/v1/applications')
  t.equal(seen.body.data.length, 3)
  t.match(seen.text, /ZoëMark/)
  t.notMatch(seen.text, /AdaMark|RitaMark|liga\.example/, 'who is at risk has a pseudonym, a reserve is not there')
  return { zoe, ada, lars }
}

export type Selected = Awaited<ReturnType<typeof select>>
