import t from 'tap'
import { readHolder } from '../../src/calendar-feeds/service.ts'
import { testApp } from '../support/app.ts'
import { faultsOfText, readWithIcalJs, readWithNodeIcal } from '../support/calendars.ts'
import { aDelegate } from '../support/links.ts'
import { aSession, aSlot, aSpeaker, release } from '../support/speakers.ts'

const feeds = '/v1/calendar-feeds'
type Caller = Awaited<ReturnType<typeof aSession>>

t.test('calendar feeds', async (t) => {
  const app = await testApp(t)
  const { admin, anyone, clock, db, deps } = app
  await admin.post('/v1/pre-sessions/38/transitions', { to: 'callClosed' })
  const slot = await aSlot(app, { joinUrl: 'https://meet.example.org/j/belgium' })
  const other = await aSlot(app, { countries: ['DNK'], room: 'Second', joinUrl: 'https://meet.example.org/j/denmark' })
  const published = await admin.post('/v1/pre-sessions/38/programme/publications', {})
  t.equal(published.statusCode, 201, published.body)
  const speaker = await aSpeaker(app, 'ines', { timeZone: 'America/Asuncion' })
  const seat = () => admin.post(`/v1/qa-slots/${slot.id}/speakers`, { applicationId: speaker.id })
  t.equal((await seat()).statusCode, 201)

  const make = async (caller: Caller, body: object = {}) => {
    const made = await caller.post(feeds, body)
    t.equal(made.statusCode, 201, made.body)
    const { url, ...feed } = made.json()
    return { ...feed, address: new URL(url).pathname } as { id: string; kind: string; address: string }
  }
  const fetchText = async (address: string) => {
    const response = await anyone.get(address)
    t.equal(response.statusCode, 200, response.body)
    t.same(faultsOfText(response.body), [])
    return response.body
  }
  const read = async (address: string) => {
    const entries = readWithIcalJs(await fetchText(address))
    t.same(readWithNodeIcal(await fetchText(address)), entries, 'two parsers agree')
    return Object.fromEntries(entries.map((entry) => [entry.uid.slice(5, 41), entry]))
  }
  const patch = async (change: object) =>
    admin.patch(`/v1/qa-slots/${slot.id}`, change, {
      'if-match': (await admin.get(`/v1/qa-slots/${slot.id}`)).headers.etag as string,
    })

  const own = await make(speaker.own, { timeZone: 'America/Asuncion' })

  await t.test('before the release a speaker learns nothing from it', async (t) => {
    t.match(own, { kind: 'speaker' })
    t.same(await read(own.address), {})
  })

  await t.test('a speaker has its own slots, with where to join', async (t) => {
    await release(app)
    const text = await fetchText(own.address)
    t.match(text, 'https://meet.example.org/j/belgium')
    t.match(text, 'DTSTART;TZID=America/Asuncion:20210324T064500')
    t.notMatch(text, 'denmark')
    const entries = await read(own.address)
    t.same(Object.keys(entries), [slot.id])
    t.match(entries[slot.id], { start: '2021-03-24T09:45:00Z', end: '2021-03-24T10:30:00Z', status: 'CONFIRMED' })
  })

  await t.test('an unchanged calendar is not sent again, and is in no shared cache', async (t) => {
    const first = await anyone.get(own.address)
    t.equal(first.headers['cache-control'], 'private, no-store')
    const again = await anyone.get(own.address, { 'if-none-match': first.headers.etag as string })
    t.equal(again.statusCode, 304)
    t.equal(
      (await anyone.get(own.address, { authorization: 'Bearer nonsense' })).statusCode,
      200,
      'the address is the credential',
    )
  })

  await t.test('every change of what the owner sees counts, and a lost seat takes the entry back', async (t) => {
    const sequence = async () => (await read(own.address))[slot.id]?.sequence ?? Number.NaN
    const before = await sequence()
    t.equal(await sequence(), before, 'fetching counts nothing')
    clock.set('2020-12-16T10:00:00Z')
    await patch({ joinUrl: 'https://meet.example.org/j/moved' })
    const joined = await sequence()
    t.ok(joined > before)
    await patch({ startsAt: '2021-03-24T14:00:00Z', endsAt: '2021-03-24T14:45:00Z' })
    const moved = (await read(own.address))[slot.id]
    t.match(moved, { start: '2021-03-24T14:00:00Z', status: 'CONFIRMED' })
    t.ok((moved?.sequence ?? 0) > joined)
    t.equal((await admin.delete(`/v1/qa-slots/${slot.id}/speakers/${speaker.id}`)).statusCode, 204)
    const lost = (await read(own.address))[slot.id]
    t.match(lost, { start: '2021-03-24T14:00:00Z', status: 'CANCELLED', summary: 'Called off' })
    t.ok((lost?.sequence ?? 0) > (moved?.sequence ?? 0))
    t.notMatch(await fetchText(own.address), /meet\.example|Room XXIII|Belgium/)
    await seat()
    const regained = (await read(own.address))[slot.id]
    t.match(regained, { status: 'CONFIRMED' })
    t.ok((regained?.sequence ?? 0) > (lost?.sequence ?? 0))
    await admin.post(`/v1/qa-slots/${slot.id}/transitions`, { to: 'cancelled', reason: 'No interpreters' })
    const cancelled = (await read(own.address))[slot.id]
    t.match(cancelled, { status: 'CANCELLED' })
    t.ok((cancelled?.sequence ?? 0) > (regained?.sequence ?? 0))
    await admin.post(`/v1/qa-slots/${slot.id}/transitions`, { to: 'planned' })
    t.match((await read(own.address))[slot.id], { status: 'CONFIRMED' })
  })

  await t.test('a mission has the programme, and joins where it takes part', async (t) => {
    const missions = {
      belgium: {
        id: (await aDelegate(app, 'BEL', 'upr@belgium.example')).id,
        state: 'BEL',
        email: 'upr@belgium.example',
      },
      denmark: {
        id: (await aDelegate(app, 'DNK', 'upr@denmark.example')).id,
        state: 'DNK',
        email: 'upr@denmark.example',
      },
    }
    for (const { state, email } of Object.values(missions))
      await db
        .insertInto('mission_registration')
        .values({
          pre_session: 38,
          state,
          name: 'A delegate',
          email,
          position: null,
          registered_at: '2020-12-15T10:00:00Z',
          registered_by: 'test',
          cancelled_at: null,
        })
        .execute()
    const session = ({ state, email }: { state: string; email: string }) =>
      aSession(app, { role: 'mission', state, email })
    const danish = await session(missions.denmark)
    const feed = await make(danish)
    t.match(feed, { kind: 'mission' })
    t.same(Object.keys(await read(feed.address)).sort(), [slot.id, other.id].sort())
    const text = await fetchText(feed.address)
    t.match(text, 'meet.example.org/j/moved')
    t.notMatch(text, 'meet.example.org/j/denmark', 'nothing more of its own country than the public before the release')
    await release(app, 'DNK')
    t.match(await fetchText(feed.address), 'meet.example.org/j/denmark')
    const belgian = await make(await session(missions.belgium))
    t.notMatch(await fetchText(belgian.address), /speaker|ines/i)
    t.equal((await admin.delete(`/v1/mission-delegates/${missions.denmark.id}`)).statusCode, 204)
    t.equal((await anyone.get(feed.address)).statusCode, 404, 'the end of the role ends the feed')
  })

  await t.test('feeds are listed and revoked by their owner alone', async (t) => {
    const second = await make(speaker.own)
    const list = (await speaker.own.get(feeds)).json()
    t.same(
      list.data.map(({ id }: { id: string }) => id),
      [second.id, own.id],
    )
    t.notMatch(JSON.stringify(list), 'cal_')
    t.ok(list.data[1].fetchedAt)
    const stranger = await aSession(app, { role: 'applicant', email: 'stranger@speakers.example' })
    t.same((await stranger.get(feeds)).json().data, [])
    t.equal((await stranger.delete(`${feeds}/${second.id}`)).json().code, 'calendar_feed_not_found')
    const { email } = speaker
    const forDenmark = await aSession(app, { role: 'applicant', email, country: 'DNK' })
    t.same((await forDenmark.get(feeds)).json().data, [], 'a session for one country has the feeds of that country')
    t.equal((await forDenmark.delete(`${feeds}/${second.id}`)).statusCode, 404)
    await make(forDenmark)
    t.equal((await forDenmark.get(feeds)).json().data.length, 1)
    t.equal((await speaker.own.delete(`${feeds}/${second.id}`)).statusCode, 204)
    t.equal((await speaker.own.delete(`${feeds}/${second.id}`)).statusCode, 404)
    const shape = ({ requestId: _, ...problem }: Record<string, unknown>) => problem
    const revoked = await anyone.get(second.address)
    const unknown = await anyone.get(`${feeds}/cal_unknown/programme.ics`)
    t.equal(revoked.statusCode, 404)
    t.same(shape(revoked.json()), shape(unknown.json()))
    t.match(revoked.json(), { instance: `${feeds}/[secret]/programme.ics` })
    t.equal((await anyone.get(own.address)).statusCode, 200)
    await db.updateTable('application').set({ emails: [] }).where('id', '=', speaker.id).execute()
    t.equal((await anyone.get(own.address)).statusCode, 404)
  })

  await t.test('only the hash of an address is kept, and every fetch is recorded as its owner’s', async (t) => {
    const rows = await db.selectFrom('calendar_feed').selectAll().execute()
    const secret = own.address.split('/')[3] as string
    t.match(secret, /^cal_[\w-]{43}$/)
    t.notMatch(JSON.stringify(rows), secret)
    const recorded = (await admin.get('/v1/audit-log?limit=100&action=getCalendarFeed')).json().data
    t.ok(recorded.some(({ actor, role }: { actor: string; role: string }) => actor === own.id && role === 'applicant'))
    t.notMatch(JSON.stringify(recorded), secret)
  })

  await t.test('what cannot be is refused', async (t) => {
    const refused = await speaker.own.post(feeds, { timeZone: 'CET' })
    t.match(refused.json(), { code: 'invalid_request', errors: [{ pointer: '/timeZone' }] })
    t.equal((await admin.post(feeds, {})).statusCode, 403)
    t.equal((await anyone.post(feeds, {})).statusCode, 401)
    // Nobody can ask the issuer later whether a token's owner still is a delegate.
    const byToken = { role: 'mission' as const, id: 'oidc:attache', scopes: ['*'], state: 'CHE' }
    await t.rejects(readHolder(deps, byToken), { code: 'forbidden' })
  })
})
