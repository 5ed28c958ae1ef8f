import t from 'tap'
import { testApp } from '../support/app.ts'
import { aQaSlot, duringSlot, release, seatedIn, sessionsOf } from '../support/questions.ts'
import { aSpeaker } from '../support/speakers.ts'

const words = 'Which of the recommendations has had the least effect?'

t.test('questions of a Q&A', async (t) => {
  const app = await testApp(t, { now: duringSlot })
  const { admin, anyone, clock } = app
  const slot = await aQaSlot(app)
  const session = sessionsOf(app)
  const zoe = await aSpeaker(app, 'zoe', { ...seatedIn(slot.id), email: 'zoe@ligue.example' })
  const ole = await aSpeaker(app, 'ole', {
    ...seatedIn(slot.id),
    email: 'ole@dk.example',
    country: 'DNK',
    consents: [],
  })
  for (const country of ['BEL', 'DNK']) await release(app, country, '2021-03-20T09:00:00Z')
  const mission = (state: string) => session({ role: 'mission', state })
  const [france, switzerland, belgium, germany] = await Promise.all(['FRA', 'CHE', 'BEL', 'DEU'].map(mission))
  if (france === undefined || switzerland === undefined || belgium === undefined || germany === undefined) return
  const moderator = await session({ role: 'moderator', slot_id: slot.id })
  const speaker = await session({ role: 'applicant', email: 'zoe@ligue.example' })
  const put = async (by: typeof france, body: Record<string, unknown> = {}) => {
    const answer = await by.post(`${slot.path}/questions`, { text: words, country: 'BEL', ...body })
    t.equal(answer.statusCode, 201, answer.body)
    return answer.json() as { id: string; [field: string]: unknown }
  }
  const move = (by: typeof france | typeof admin, id: string, body: Record<string, unknown>) =>
    by.post(`/v1/questions/${id}/transitions`, body)
  const see = async (by: { get: typeof admin.get }, id: string) => {
    const answer = await by.get(`/v1/questions/${id}`)
    return answer.statusCode === 200 ? answer.json() : answer.statusCode
  }

  await t.test('a question goes its way, and each sees of it what is its own', async (t) => {
    const answer = await france.post(`${slot.path}/questions`, { text: words, country: 'bel' })
    const question = answer.json()
    t.match(question, {
      view: 'own',
      status: 'queued',
      country: 'BEL',
      state: 'FRA',
      text: words,
      showsState: true,
      votes: 0,
    })
    t.equal(answer.headers.location, `/v1/questions/${question.id}`)
    for (const other of [switzerland, belgium, speaker, anyone]) t.equal(await see(other, question.id), 404)
    t.match(await see(moderator, question.id), { view: 'moderator', putAt: duringSlot.slice(0, 16) })
    t.match(await see(admin, question.id), { view: 'staff', putBy: france.id })

    t.match((await move(moderator, question.id, { to: 'approved' })).json(), { view: 'moderator', status: 'approved' })
    t.match(await see(switzerland, question.id), { view: 'mission', status: 'approved', state: 'FRA', voted: false })
    t.match(await see(speaker, question.id), { view: 'speaker', status: 'approved' })
    for (const other of [belgium, anyone]) t.equal(await see(other, question.id), 404, 'not called yet')

    await move(moderator, question.id, { to: 'asked' })
    const seen = await see(anyone, question.id)
    t.strictSame(Object.keys(seen).sort(), [
      'addressedTo',
      'askedAt',
      'country',
      'id',
      'kind',
      'slotId',
      'state',
      'status',
      'text',
      'view',
    ])
    t.strictSame(await see(belgium, question.id), seen, 'the State under Review sees what everybody sees')
    t.match((await move(moderator, question.id, { to: 'answered' })).json(), { status: 'answered' })
    t.match(await see(anyone, question.id), { status: 'answered' })
    t.match((await move(moderator, question.id, { to: 'held', reason: 'Too late' })).json(), {
      code: 'illegal_transition',
    })
  })

  await t.test('a State whose name is not shown is told to the moderator and the secretariat alone', async (t) => {
    const { id } = await put(france, { showsState: false })
    await move(moderator, id, { to: 'approved' })
    for (const other of [switzerland, speaker]) t.notMatch(JSON.stringify(await see(other, id)), /FRA|putAt|approvedAt/)
    t.match(await see(moderator, id), { state: 'FRA', showsState: false })
    await move(moderator, id, { to: 'asked' })
    for (const other of [belgium, anyone]) t.notMatch(JSON.stringify(await see(other, id)), /FRA/)
    const named = await put(germany)
    const hidden = await put(germany, { showsState: false })
    const time = (uuid: string) => uuid.replaceAll('-', '').slice(0, 12)
    t.equal(time(hidden.id), time(named.id), 'an id does not tell when it was made')
    await move(moderator, hidden.id, { to: 'approved' })
    const before = (await switzerland.get(`/v1/questions/${hidden.id}`)).headers.etag
    await move(moderator, named.id, { to: 'held', reason: 'Twice' })
    t.equal((await switzerland.get(`/v1/questions/${hidden.id}`)).headers.etag, before)
    for (const one of [named.id, hidden.id]) await move(admin, one, { to: 'approved' })
    for (const one of [named.id, hidden.id]) await move(admin, one, { to: 'asked' })
  })

  await t.test('holding needs a reason, which missions are not told', async (t) => {
    const { id } = await put(france, { text: 'Is it true that the panel is paid?' })
    t.match((await move(moderator, id, { to: 'held' })).json().errors, [{ pointer: '/reason', code: 'required' }])
    t.match((await move(moderator, id, { to: 'held', reason: 'Hostile' })).json(), {
      status: 'held',
      holdReason: 'Hostile',
    })
    const own = await see(france, id)
    t.match(own, { view: 'own', status: 'held' })
    t.notMatch(JSON.stringify(own), /Hostile/)
    t.equal(await see(switzerland, id), 404)
    t.match((await move(moderator, id, { to: 'approved' })).json(), { status: 'approved', holdReason: undefined })
    t.match((await move(moderator, id, { to: 'asked', reason: 'No' })).json().errors, [{ code: 'not_for_this_move' }])
  })

  await t.test('one speaker is asked, where the mission may know of the speaker', async (t) => {
    const toZoe = await put(switzerland, { applicationId: zoe.id, country: undefined })
    t.match(toZoe, { addressedTo: 'speaker', applicationId: zoe.id, country: 'BEL' })
    const refused = async (by: typeof france, body: object) =>
      (await by.post(`${slot.path}/questions`, { text: words, ...body })).json().errors
    const hidden = await refused(france, { applicationId: ole.id })
    t.match(hidden, [{ pointer: '/applicationId', code: 'unknown_speaker' }])
    t.strictSame(
      await refused(france, { applicationId: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10' }),
      hidden,
      'nor is it there',
    )
    t.match(await refused(france, { applicationId: zoe.id, country: 'DNK' }), [{ code: 'not_of_this_speaker' }])
    t.match(await refused(france, { country: 'PLW' }), [{ code: 'unknown_country' }])
    t.equal((await put(moderator, { applicationId: ole.id, country: 'DNK' })).applicationId, ole.id)
    const [own] = (await moderator.get(`${slot.path}/questions?limit=100`))
      .json()
      .data.filter((one: { applicationId?: string }) => one.applicationId === ole.id)
    t.match(own, { status: 'approved', state: undefined }, 'the moderator’s own is let through at once')
    for (const other of [france, anyone, speaker])
      t.equal(await see(other, own.id), 404, 'its speaker is not to be known')
    await move(moderator, toZoe.id, { to: 'approved' })
    t.match(await see(speaker, toZoe.id), { view: 'speaker', applicationId: zoe.id })
    await move(moderator, toZoe.id, { to: 'held', reason: 'Later' })
  })

  await t.test('the State under Review has the floor, and no question about itself', async (t) => {
    const refused = await belgium.post(`${slot.path}/questions`, { text: words, country: 'BEL' })
    t.match(refused.json(), { status: 409, code: 'floor_only' })
    t.match(
      (await belgium.post(`${slot.path}/questions`, { text: words })).json(),
      { code: 'floor_only' },
      'nor about all',
    )
    await put(belgium, { country: 'DNK' })
    const opening = await put(belgium, { kind: 'openingStatement', text: 'Two minutes on progress' })
    t.match((await belgium.post(`${slot.path}/questions`, { kind: 'openingStatement', country: 'BEL' })).json(), {
      code: 'opening_taken',
    })
    const floor = await put(belgium, { kind: 'floor', text: undefined })
    t.match((await france.post(`${slot.path}/questions`, { kind: 'floor', country: 'BEL' })).json(), {
      code: 'not_under_review',
    })
    await move(moderator, floor.id, { to: 'approved' })
    await move(moderator, opening.id, { to: 'approved' })
    const queue = (await moderator.get(`${slot.path}/question-queue`)).json()
    t.equal(queue.questions[0], opening.id, 'R29: first')
    const seen = await see(switzerland, opening.id)
    t.match(seen, { kind: 'openingStatement', state: 'BEL' })
    t.notMatch(JSON.stringify(seen), /progress/, 'its note is for the moderator')
    for (const one of [opening.id, floor.id]) await move(moderator, one, { to: 'asked' })
  })

  await t.test('votes are one a mission, for what waits, and not for one’s own', async (t) => {
    const { id } = await put(germany)
    const vote = (by: typeof france, method: 'put' | 'delete' = 'put') =>
      method === 'put' ? by.put(`/v1/questions/${id}/votes/mine`, {}) : by.delete(`/v1/questions/${id}/votes/mine`)
    t.equal((await vote(france)).statusCode, 404, 'not let through')
    await move(moderator, id, { to: 'approved' })
    t.match((await vote(france)).json(), { votes: 1, voted: true })
    t.match((await vote(france)).json(), { votes: 1, voted: true }, 'once')
    t.match((await vote(switzerland)).json(), { votes: 2, voted: true })
    t.match((await vote(germany)).json(), { code: 'own_question' })
    t.equal((await vote(belgium)).statusCode, 404, 'R30: not the State under Review')
    t.match((await vote(france, 'delete')).json(), { votes: 1, voted: false })
    t.match(await see(admin, id), { voters: ['CHE'] })
    t.notMatch(JSON.stringify(await see(moderator, id)), /CHE/)
    await move(moderator, id, { to: 'asked' })
    t.match((await vote(france)).json(), { code: 'voting_closed' })
  })

  await t.test('questions join with their votes', async (t) => {
    const [kept, joined, before] = [await put(france), await put(switzerland), await put(germany, { country: 'DNK' })]
    await move(moderator, kept.id, { to: 'approved' })
    await move(moderator, joined.id, { to: 'approved' })
    await germany.put(`/v1/questions/${joined.id}/votes/mine`, {})
    t.match((await move(moderator, joined.id, { to: 'merged', into: joined.id })).json(), { code: 'cannot_merge' })
    t.match((await move(moderator, joined.id, { to: 'merged' })).json(), {
      detail: /field "into"/,
      errors: [{ pointer: '/into' }],
    })
    const called = await put(france)
    for (const to of ['approved', 'asked']) await move(moderator, called.id, { to })
    t.match((await move(moderator, joined.id, { to: 'merged', into: called.id })).json(), {
      code: 'cannot_merge',
      detail: /status asked/,
    })
    await move(moderator, before.id, { to: 'merged', into: joined.id })
    t.match((await move(moderator, joined.id, { to: 'merged', into: kept.id })).json(), {
      status: 'merged',
      mergedInto: kept.id,
    })
    t.match(await see(admin, kept.id), { voters: ['CHE', 'DEU'] })
    t.match(await see(admin, before.id), { mergedInto: kept.id }, 'what was joined before goes along')
    t.match(await see(switzerland, joined.id), { view: 'own', status: 'merged', mergedInto: kept.id })
    t.equal(await see(germany, joined.id), 404)
    await move(moderator, kept.id, { to: 'asked' })
  })

  await t.test('the queue is by time or by turn', async (t) => {
    const open = (await moderator.get(`${slot.path}/question-queue`)).json().questions
    for (const id of open) await move(moderator, id, { to: 'asked' })
    const ids: string[] = []
    for (const by of [germany, germany, switzerland]) {
      clock.set(new Date(Date.parse(clock.now()) + 60_000).toISOString())
      ids.push((await put(by)).id)
    }
    for (const id of ids) await move(moderator, id, { to: 'approved' })
    const order = async (by: { get: typeof admin.get }) => (await by.get(`${slot.path}/question-queue`)).json()
    t.strictSame(await order(france), { slotId: slot.id, order: 'time', questions: ids })
    t.equal((await france.put(`${slot.path}/question-queue`, { order: 'turn' })).statusCode, 403)
    const turned = await moderator.put(`${slot.path}/question-queue`, { order: 'turn' })
    t.equal(turned.json().questions[0], ids[2], 'Switzerland was called less')
    t.strictSame((await order(france)).questions, turned.json().questions)
    t.strictSame((await order(belgium)).questions, [], 'not of its own country')
    t.strictSame((await order(anyone)).questions, [])
    for (const id of ids) await move(moderator, id, { to: 'asked' })
  })

  await t.test('nobody floods the queue', async (t) => {
    const spain = await mission('ESP')
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) ids.push((await put(spain)).id)
    const second = await session({ role: 'mission', state: 'ESP', email: 'colleague@mission.example' })
    const refused = await second.post(`${slot.path}/questions`, { text: words, country: 'BEL' })
    t.match(refused.json(), { status: 409, code: 'too_many_questions' }, 'two delegates are one mission')
    await move(moderator, ids[0] as string, { to: 'held', reason: 'Enough' })
    const race = await Promise.all(
      Array.from({ length: 5 }, () => spain.post(`${slot.path}/questions`, { text: words, country: 'BEL' })),
    )
    t.strictSame(race.map(({ statusCode }) => statusCode).sort(), [201, 409, 409, 409, 409])
  })

  await t.test('text of users stays text', async (t) => {
    const italy = await mission('ITA')
    const text = 'a\r\nevent: end\rdata: {}\n\n<script>alert(1)</script>\u202Edesrever\u0007'
    const { id } = await put(italy, { text })
    t.equal((await see(italy, id)).text, 'a\nevent: end\ndata: {}\n\n<script>alert(1)</script> desrever')
    t.equal((await italy.post(`${slot.path}/questions`, { text: ' \n ' })).statusCode, 400)
    t.equal((await italy.post(`${slot.path}/questions`, { country: 'BEL' })).json().errors[0].pointer, '/text')
  })

  await t.test('the secretariat hands in what was written on paper; others ask for their own State', async (t) => {
    const paper = await admin.post(`${slot.path}/questions`, { text: words, state: 'isl', country: 'BEL' })
    t.match(paper.json(), { view: 'staff', state: 'ISL', status: 'queued' })
    t.match((await admin.post(`${slot.path}/questions`, { text: words, state: 'ZZZ' })).json().errors, [
      { code: 'unknown_state' },
    ])
    t.match((await france.post(`${slot.path}/questions`, { text: words, state: 'CHE' })).json().errors, [
      { pointer: '/state' },
    ])
    t.equal((await anyone.post(`${slot.path}/questions`, { text: words })).statusCode, 401, 'R30: none from the public')
    t.equal((await speaker.post(`${slot.path}/questions`, { text: words })).statusCode, 403)
  })

  await t.test('a moderator has one slot', async (t) => {
    const other = await session({
      role: 'moderator',
      slot_id: (await aQaSlot(app, { countries: ['PLW'], room: 'B' })).id,
    })
    const { id } = await put(await mission('NOR'))
    t.match((await move(other, id, { to: 'approved' })).json(), { status: 404, code: 'question_not_found' })
    t.equal((await other.put(`${slot.path}/question-queue`, { order: 'time' })).statusCode, 403)
    t.match(
      (await other.post(`/v1/questions/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10/transitions`, { to: 'approved' })).json(),
      { code: 'question_not_found' },
    )
  })

  await t.test('lists page through what is seen', async (t) => {
    const all = (await admin.get(`${slot.path}/questions?limit=100`)).json().data as { id: string }[]
    const seen: string[] = []
    let path: string | undefined = `${slot.path}/questions?limit=7`
    while (path !== undefined) {
      const answer = await admin.get(path)
      seen.push(...answer.json().data.map(({ id }: { id: string }) => id))
      path = /<([^>]+)>; rel="next"/.exec(String(answer.headers.link ?? ''))?.[1]
    }
    t.strictSame(
      seen,
      all.map(({ id }) => id),
    )
    const open = (await anyone.get(`${slot.path}/questions?limit=100`)).json().data as { view: string }[]
    t.ok(open.length > 0 && open.every(({ view }) => view === 'public'))
    const mine = (await belgium.get(`${slot.path}/questions?limit=100`)).json().data as {
      view: string
      country?: string
    }[]
    t.ok(mine.every(({ view, country }) => country === 'DNK' || view === 'public' || view === 'own'))
  })

  await t.test('what was not answered becomes a written question with a date', async (t) => {
    const iceland = await mission('ISL')
    const { id } = await put(iceland, { applicationId: zoe.id })
    await move(moderator, id, { to: 'approved' })
    t.match((await move(moderator, id, { to: 'lapsed' })).json(), { status: 'lapsed', answerDueOn: '2021-04-07' })
    t.match((await move(moderator, id, { to: 'answeredInWriting', answer: 'Yes' })).json(), { status: 403 })
    t.match((await move(speaker, id, { to: 'answeredInWriting' })).json().errors, [{ pointer: '/answer' }])
    t.match((await move(speaker, id, { to: 'approved' })).json(), { status: 403 })
    const answered = await move(speaker, id, { to: 'answeredInWriting', answer: 'The law was never applied.' })
    t.match(answered.json(), { view: 'speaker', status: 'answeredInWriting', answer: 'The law was never applied.' })
    t.match(await see(france, id), { answer: 'The law was never applied.' })
    t.match(await see(iceland, id), { answer: 'The law was never applied.' })
    t.match(await see(admin, id), { answeredBy: zoe.id })
    t.equal(await see(anyone, id), 404, 'it was never called')
    await admin.put(`${zoe.path}/consents`, { consents: ['showNameInProgramme'] }, { 'if-match': '*' })
    t.equal((await see(france, id)).answer, undefined, 'a consent that is withdrawn counts at once')
    await admin.put(`${zoe.path}/consents`, { consents: [] }, { 'if-match': '*' })
    t.equal(await see(france, id), 404)
    t.match(await see(iceland, id), {
      view: 'own',
      addressedTo: 'speaker',
      applicationId: undefined,
      answer: undefined,
    })
  })

  await t.test('what is put to a speaker, and what a speaker answered, goes with the application', async (t) => {
    const kim = await aSpeaker(app, 'kim', { ...seatedIn(slot.id), email: 'kim@ligue.example' })
    const finland = await mission('FIN')
    const toKim = await put(finland, { applicationId: kim.id })
    const toPanel = await put(finland)
    const joined = await put(finland)
    await move(moderator, toKim.id, { to: 'approved' })
    for (const to of ['approved', 'asked', 'lapsed']) await move(moderator, toPanel.id, { to })
    await move(moderator, joined.id, { to: 'merged', into: toKim.id })
    await move(admin, toPanel.id, { to: 'answeredInWriting', answer: 'I was there.', applicationId: kim.id })
    t.match(await see(finland, toPanel.id), { answer: 'I was there.' })
    const person = (await admin.post('/v1/people', { emails: ['kim@ligue.example'] })).json()
    const erase = (body: object) => admin.post(`/v1/people/${person.id}/erasure`, { reason: 'Asked for it.', ...body })
    const { confirmation } = (await erase({ dryRun: true })).json()
    t.equal((await erase({ confirmation })).statusCode, 200)
    for (const { id } of [toKim, joined]) t.equal(await see(admin, id), 404)
    t.match(await see(finland, toPanel.id), { status: 'answeredInWriting', answer: undefined })
    const history = (await admin.get('/v1/pre-sessions/38/history?limit=100')).body
    t.notMatch(history, /I was there/)
  })

  await t.test('a page of questions takes as many statements however many there are', async (t) => {
    const counted = async (path: string) => {
      app.statements.take()
      await moderator.get(path)
      return app.statements.take().length
    }
    const one = await counted(`${slot.path}/questions?limit=1`)
    t.equal(await counted(`${slot.path}/questions?limit=100`), one)
    t.equal(one, 3, 'the session, the slot, its questions')
  })

  await t.test('a slot that is over takes no more questions', async (t) => {
    for (const to of ['open', 'live', 'ended']) await admin.post(`${slot.path}/transitions`, { to })
    const late = await france.post(`${slot.path}/questions`, { text: words, country: 'BEL' })
    t.match(late.json(), { status: 409, code: 'questions_closed' })
    const left = (await admin.get(`${slot.path}/questions?limit=100`)).json().data as {
      status: string
      answerDueOn?: string
      kind: string
    }[]
    const open = left.filter(({ status }) => ['queued', 'approved', 'asked', 'held'].includes(status))
    t.strictSame(open, [], 'everything that was open has lapsed')
    t.ok(left.some(({ status, answerDueOn }) => status === 'lapsed' && answerDueOn === '2021-04-07'))
    t.ok(left.filter(({ kind }) => kind !== 'question').every(({ answerDueOn }) => answerDueOn === undefined))
  })
})
