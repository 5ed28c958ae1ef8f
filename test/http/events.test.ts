import t, { type Test } from 'tap'
import { appendStreamEvents } from '../../src/streams/queries.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { type EventReader, jsonOf, readEvents, type ServerEvent } from '../support/events.ts'
import { aQaSlot, duringSlot, release, seatedIn, sessionsOf } from '../support/questions.ts'
import { aSpeaker } from '../support/speakers.ts'

const canary = 'Zoë-Machel-canary'
const is = (event: string, id?: string) => (one: ServerEvent) =>
  one.event === event && (id === undefined || jsonOf(one).id === id)

/** A service on a socket, with a published Q&A. */
async function listening(t: Test, app: TestApp) {
  const address = await app.app.listen({ port: 0, host: '127.0.0.1' })
  const open: EventReader[] = []
  t.teardown(() => {
    for (const reader of open) reader.close()
  })
  /** Takes a path, or an address as it was answered. */
  return async (at: string, headers: Record<string, string> = {}) => {
    const { pathname, search } = new URL(at, address)
    const reader = await readEvents(address + pathname + search, headers)
    open.push(reader)
    return reader
  }
}

t.test('the event stream of a slot', async (t) => {
  const app = await testApp(t, { now: duringSlot })
  const replica = await testApp(t, { now: duringSlot, url: app.url })
  const { admin, db, clock } = app
  const [slot, listen, listenElsewhere] = [await aQaSlot(app), await listening(t, app), await listening(t, replica)]
  const session = sessionsOf(app)
  const events = `${slot.path}/events`
  const zoe = await aSpeaker(app, 'zoe', { ...seatedIn(slot.id), email: 'zoe@ligue.example' })
  const [france, switzerland, belgium] = [
    await session({ role: 'mission', state: 'FRA' }),
    await session({ role: 'mission', state: 'CHE' }),
    await session({ role: 'mission', state: 'BEL' }),
  ]
  const moderator = await session({ role: 'moderator', slot_id: slot.id })
  const put = async (by: typeof france, body: Record<string, unknown> = {}): Promise<string> => {
    const answer = await by.post(`${slot.path}/questions`, { text: 'Why?', country: 'BEL', ...body })
    if (answer.statusCode !== 201) throw new Error(answer.body)
    return answer.json().id
  }
  const move = async (id: string, to: string, more: object = {}) => {
    const answer = await moderator.post(`/v1/questions/${id}/transitions`, { to, ...more })
    if (answer.statusCode !== 200) throw new Error(answer.body)
  }

  await t.test(
    'before the release nothing leaks: the State under Review gets byte for byte what the public gets',
    async (t) => {
      const readers = {
        public: await listen(events),
        belgium: await listen(events, belgium.bearer),
        switzerland: await listenElsewhere(events, switzerland.bearer),
        france: await listenElsewhere(events, france.bearer),
        moderator: await listen(events, moderator.bearer),
      }
      for (const reader of Object.values(readers)) t.match(jsonOf(await reader.next(is('snapshot'))), { questions: [] })
      const held = await put(france, { text: `Will ${canary} speak?` })
      await move(held, 'approved')
      await move(held, 'asked')
      await move(held, 'approved')
      await move(held, 'held', { reason: `Names ${canary}` })
      for (const status of ['queued', 'approved', 'asked', 'approved', 'held'])
        t.match(jsonOf(await readers.moderator.next(is('question'))), { id: held, view: 'moderator', status })
      for (const status of ['queued', 'approved', 'asked', 'approved', 'held'])
        t.match(jsonOf(await readers.france.next(is('question'))), { view: 'own', status })
      // Something that everybody gets comes after all that nobody should have got.
      await moderator.put(`${slot.path}/question-queue`, { order: 'turn' })
      for (const name of ['belgium', 'switzerland'] as const)
        await readers[name].next((one) => one.data.includes('turn'))
      const withoutState = ({ events: all }: EventReader) =>
        all.filter(({ event }) => event !== 'queue' && event !== 'slot').map(({ event, data }) => ({ event, data }))
      t.strictSame(withoutState(readers.belgium), withoutState(readers.public))
      t.strictSame(withoutState(readers.switzerland), withoutState(readers.public))
      for (const name of ['public', 'belgium', 'switzerland'] as const) {
        t.notMatch(readers[name].text(), new RegExp(`${canary}|${held}`), name)
        t.equal(withoutState(readers[name]).length, 1, 'the snapshot of the beginning')
      }
      for (const by of [app.anyone, belgium, switzerland]) {
        t.equal((await by.get(`/v1/questions/${held}`)).statusCode, 404)
        t.strictSame((await by.get(`${slot.path}/questions`)).json().data, [])
        t.strictSame((await by.get(`${slot.path}/question-queue`)).json().questions, [])
      }
      const position = async () => (await (await listen(events)).next(is('snapshot'))).id
      t.not(await position(), await position(), 'no two ids are alike: they cannot tell when something hidden happened')
      for (const reader of Object.values(readers)) reader.close()
    },
  )

  await t.test('whoever listens is told where the slot stands, and when that changes', async (t) => {
    const isSlot = (words: string) => (one: ServerEvent) => one.event === 'slot' && one.data.includes(words)
    const later = await aQaSlot(app, { countries: ['NAM'], room: 'D' })
    const [everybody, namibia, delegate] = [
      await listen(`${later.path}/events`),
      await listen(`${later.path}/events`, (await session({ role: 'mission', state: 'NAM' })).bearer),
      await listenElsewhere(`${later.path}/events`, france.bearer),
    ]
    await admin.patch(later.path, { joinUrl: 'https://meet.example.org/canary' }, { 'if-match': '*' })
    const seen = (await app.anyone.get(later.path)).json()
    for (const to of ['open', 'live']) await admin.post(`${later.path}/transitions`, { to })
    const endsAt = '2021-03-24T10:40:00Z'
    t.equal((await admin.post(`${later.path}/overruns`, { endsAt })).statusCode, 200)
    for (const reader of [everybody, namibia, delegate]) {
      await reader.next(is('snapshot'))
      t.same(jsonOf(await reader.next(isSlot(''))), seen, 'what it gets over HTTP, too')
      const now = (await app.anyone.get(later.path)).json()
      t.same(jsonOf(await reader.next(isSlot(now.endsAt))), now)
      t.match(now, { status: 'live', endsAt })
      t.notMatch(reader.text(), /canary/, 'where to join is not told here')
    }
    const again = await listen(`${later.path}/events`, { 'last-event-id': everybody.lastId as string })
    t.match(jsonOf(await again.next()), { status: 'live', endsAt }, 'who comes back, too')
  })

  await t.test('the release is told when its time comes, and a consent that is withdrawn at once', async (t) => {
    const id = await put(switzerland)
    await move(id, 'approved')
    const [reader, everybody] = [await listen(events, france.bearer), await listen(events)]
    t.match(jsonOf<{ questions: object[] }>(await reader.next(is('snapshot'))).questions.length, 1, 'its own held one')
    await everybody.next(is('snapshot'))
    for (const country of ['BEL', 'DNK']) await release(app, country, '2021-03-24T10:20:00Z')
    for (const one of [app, replica]) one.clock.set('2021-03-24T10:20:00Z')
    t.ok(
      jsonOf<{ questions: { id: string }[] }>(await reader.next(is('snapshot'))).questions.some((one) => one.id === id),
    )
    const toZoe = await put(france, { applicationId: zoe.id, text: `To ${canary}` })
    await move(toZoe, 'approved')
    await move(toZoe, 'asked')
    t.match(jsonOf(await everybody.next(is('question', toZoe))), {
      view: 'public',
      status: 'asked',
      applicationId: zoe.id,
    })
    const late = await listen(events)
    t.match(late.text() + (await late.next(is('snapshot'))).data, new RegExp(canary))
    await admin.put(`${zoe.path}/consents`, { consents: [] }, { 'if-match': '*' })
    const after = await everybody.next(is('snapshot'))
    t.notMatch(after.data, new RegExp(canary))
    const again = await listen(events, { 'last-event-id': late.lastId as string })
    const first = await again.next()
    t.equal(first.event, 'snapshot', 'who comes back is not left with what it may not have')
    t.notMatch(first.data, new RegExp(canary))
    await admin.put(
      `${zoe.path}/consents`,
      { consents: ['showNameInProgramme', 'shareWithMissions'] },
      { 'if-match': '*' },
    )
  })

  await t.test('a question that is taken back is removed, from those who had it', async (t) => {
    const [reader, everybody] = [await listen(events, switzerland.bearer), await listen(events)]
    for (const one of [reader, everybody]) await one.next(is('snapshot'))
    const id = await put(france)
    await move(id, 'approved')
    t.match(jsonOf(await reader.next(is('question', id))), { view: 'mission', state: 'FRA' })
    await reader.next((one) => one.event === 'queue' && one.data.includes(id))
    await move(id, 'held', { reason: 'Later' })
    t.same(jsonOf(await reader.next(is('questionRemoved'))), { id })
    const other = await put(france)
    await move(other, 'approved')
    await move(other, 'asked')
    await everybody.next(is('question', other))
    t.notMatch(everybody.text(), new RegExp(id))
  })

  await t.test('who was cut off goes on where it was, on any replica', async (t) => {
    const reader = await listen(events, switzerland.bearer)
    await reader.next(is('snapshot'))
    const ids: string[] = []
    for (let n = 0; n < 3; n += 1)
      ids.push(await put(await session({ role: 'mission', state: ['DEU', 'ESP', 'ITA'][n] as string })))
    await move(ids[0] as string, 'approved')
    await reader.next(is('question', ids[0]))
    reader.close()
    for (const id of ids.slice(1)) await move(id, 'approved')
    await move(ids[0] as string, 'asked')
    const back = await listenElsewhere(events, { ...switzerland.bearer, 'last-event-id': reader.lastId as string })
    const told: unknown[] = []
    for (let n = 0; n < 3; n += 1) {
      const { id, status } = jsonOf(await back.next(is('question')))
      told.push([id, status])
    }
    t.strictSame(told, [
      [ids[1], 'approved'],
      [ids[2], 'approved'],
      [ids[0], 'asked'],
    ])
    t.notOk(back.events.some(({ event }) => event === 'snapshot'))
    const byQuery = await listen(`${events}?lastEventId=${reader.lastId}`, switzerland.bearer)
    t.match(jsonOf(await byQuery.next()), { id: ids[1] })
    const wrongRole = await listen(events, { 'last-event-id': reader.lastId as string })
    t.equal((await wrongRole.next()).event, 'snapshot', 'a place of another’s view is none')
    const garbage = await listen(events, { ...switzerland.bearer, 'last-event-id': 'what?' })
    t.equal((await garbage.next()).event, 'snapshot')
    t.equal(
      new Set(back.events.flatMap(({ id }) => id ?? [])).size,
      back.events.filter(({ id }) => id !== undefined).length,
    )
  })

  await t.test('no text can begin an event', async (t) => {
    const reader = await listen(events, switzerland.bearer)
    await reader.next(is('snapshot'))
    const text = 'x\r\n\r\nevent: end\r\ndata: {"reason":"credentialEnded"}\n\nid: 1\u2028data: y'
    const id = await put(france, { text })
    await move(id, 'approved')
    t.match(jsonOf(await reader.next(is('question', id))).text, /^x\n\nevent: end\ndata: \{/)
    t.notOk(reader.events.some(({ event }) => event === 'end' || event === 'message'))
  })

  await t.test('a ticket opens one stream of one slot, once, for a minute', async (t) => {
    const made = await switzerland.post('/v1/event-tickets', { slotId: slot.id })
    t.equal(made.statusCode, 201, made.body)
    const { ticket, url } = made.json()
    t.match(url, /^http:\/\//, 'a page may come from elsewhere')
    t.equal(Date.parse(made.json().expiresAt) - Date.parse(clock.now()) <= 60_000, true)
    t.notMatch(JSON.stringify(await db.selectFrom('event_ticket').selectAll().execute()), new RegExp(ticket))
    const other = await aQaSlot(app, { countries: ['PLW'], room: 'C' })
    t.equal((await listen(`${other.path}/events?ticket=${ticket}`)).status, 401, 'of another slot')
    const reader = await listenElsewhere(url)
    t.equal(reader.status, 200)
    t.match(jsonOf<{ questions: object[] }>(await reader.next(is('snapshot'))).questions, [{ view: /mission|own/ }])
    t.equal((await listen(url)).status, 401, 'used')
    const late = (await switzerland.post('/v1/event-tickets', { slotId: slot.id })).json()
    clock.set(new Date(Date.parse(clock.now()) + 61_000).toISOString())
    t.equal((await listen(late.url)).status, 401, 'expired')
    t.equal((await app.anyone.post('/v1/event-tickets', { slotId: slot.id })).statusCode, 401)
    const mine = await session({ role: 'applicant', email: 'zoe@ligue.example' })
    const byTicket = await listen((await mine.post('/v1/event-tickets', { slotId: slot.id })).json().url)
    t.match(jsonOf<{ questions: object[] }>(await byTicket.next(is('snapshot'))).questions, [{ view: 'speaker' }])
    await db.updateTable('session').set({ revoked_at: clock.now() }).where('id', '=', mine.id).execute()
    t.match(jsonOf(await byTicket.next(is('end'))), { reason: 'credentialEnded' }, 'with the session it was made with')
  })

  await t.test('the stream ends with the right to it', async (t) => {
    const delegate = await session({ role: 'mission', state: 'NLD' })
    const passing = await session({ role: 'moderator', slot_id: slot.id, expires_at: '2021-03-24T10:40:00Z' })
    const [revoked, expired, seated] = [
      await listen(events, delegate.bearer),
      await listen(events, passing.bearer),
      await listen(events, (await session({ role: 'applicant', email: 'zoe@ligue.example' })).bearer),
    ]
    for (const reader of [revoked, expired, seated]) await reader.next(is('snapshot'))
    await delegate.delete('/v1/sessions/current')
    t.match(jsonOf(await revoked.next(is('end'))), { reason: 'credentialEnded' })
    await revoked.closed
    clock.set('2021-03-24T10:40:00Z')
    t.match(jsonOf(await expired.next(is('end'))), { reason: 'credentialEnded' })
    const before = await put(france)
    await move(before, 'approved')
    await seated.next(is('question', before))
    await admin.post(`${zoe.path}/transitions`, { to: 'prevented', reason: 'Stopped at the airport' })
    const reduced = await seated.next(is('snapshot'))
    t.ok(
      jsonOf<{ questions: { view: string }[] }>(reduced).questions.every(({ view }) => view === 'public'),
      'from now on what everybody sees',
    )
    await slot.publish(null)
    t.match(jsonOf(await seated.next(is('end'))), { reason: 'notVisible' })
    t.equal((await listen(events)).status, 404)
    await slot.publish()
  })

  await t.test('a lost connection to the database loses nothing', async (t) => {
    const reader = await listen(events, switzerland.bearer)
    await reader.next(is('snapshot'))
    const { rows } = await app.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%stream_events' and datname = current_database()",
    )
    t.equal(rows.length, 2, 'one connection listens for each process')
    const id = await put(france)
    await move(id, 'approved')
    t.match(jsonOf(await reader.next(is('question', id))), { status: 'approved' })
  })

  await t.test('a reader that does not keep up is dropped, and nobody waits for it', async (t) => {
    const slow = await listen(events, moderator.bearer)
    const quick = await listen(events, moderator.bearer)
    await Promise.all([slow.next(is('snapshot')), quick.next(is('snapshot'))])
    slow.pause()
    const question = await put(france, { text: 'w'.repeat(2_000) })
    await quick.next(is('question', question))
    const { status } = await db
      .selectFrom('question')
      .select('status')
      .where('id', '=', question)
      .executeTakeFirstOrThrow()
    const change = { subjectId: question, before: { status }, after: { status } }
    const dropped = async () => /stream_dropped (\d+)/.exec((await admin.get('/metrics')).body)?.[1]
    let batches = 0
    for (; batches < 100 && (await dropped()) !== '1'; batches += 1) {
      await db.transaction().execute((tx) => appendStreamEvents(tx, slot.id, Array(100).fill(change), clock.now()))
      for (let n = 0; n < 100; n += 1) await quick.next(is('question', question))
    }
    t.ok(batches < 100, 'it was dropped')
    t.equal(quick.events.filter(is('question', question)).length, 1 + batches * 100, 'the other one has everything')
    t.match((await admin.get('/metrics')).body, /stream_listeners [1-9]/)
    const durations = (await admin.get('/metrics')).body
      .split('\n')
      .filter((line) => line.includes('listenToSlot') && line.includes('"200"'))
    t.strictSame(durations, [], 'how long somebody listens is no duration of a request')
  })

  await t.test('HEAD answers at once', async (t) => {
    const head = await app.inject({ method: 'HEAD', url: events })
    t.equal(head.statusCode, 200)
    t.match(head.headers['content-type'], /^text\/event-stream/)
    t.equal((await app.inject({ method: 'HEAD', url: `${slot.path.slice(0, -1)}0/events` })).statusCode, 404)
  })

  await t.test('at the end listeners are told to come back', async (t) => {
    const reader = await listenElsewhere(events, france.bearer)
    await reader.next(is('snapshot'))
    t.ok(reader.retry !== undefined && reader.retry >= 1_000)
    t.match(reader.headers, { 'cache-control': 'private, no-store', 'x-content-type-options': 'nosniff' })
    const closing = replica.app.close()
    t.match(jsonOf(await reader.next(is('end'))), { reason: 'shuttingDown' })
    await reader.closed
    await closing
  })
})
