import t from 'tap'
import { testApp } from '../support/app.ts'
import { aSession, aSlot, aSpeaker, release } from '../support/speakers.ts'

t.test('running order of a screening', async (t) => {
  const app = await testApp(t)
  const { admin, anyone, db } = app
  await admin.post('/v1/pre-sessions/38/transitions', { to: 'callClosed' })
  const slot = await aSlot(app, { startsAt: '2021-03-24T09:00:00Z', endsAt: '2021-03-24T09:30:00Z' }, '/v1/screenings')
  await admin.post('/v1/pre-sessions/38/programme/publications', {})
  const path = `/v1/screenings/${slot.id}/running-order`
  const first = await aSpeaker(app, 'ana', { consents: ['showNameInProgramme'] })
  const second = await aSpeaker(app, 'bela')
  const accept = async (applicationId: string, durationSeconds: number) => {
    const { id } = await db
      .insertInto('video_submission')
      .values({
        application_id: applicationId,
        language: 'en',
        status: 'accepted',
        current_version: 1,
        created_by: 'test',
        created_at: '2021-03-01T10:00:00Z',
        updated_at: '2021-03-01T10:00:00Z',
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await db
      .insertInto('video_version')
      .values({
        submission_id: id,
        n: 1,
        state: 'accepted',
        stored_key: `video-${applicationId}`,
        size_bytes: 1000,
        sha256: 'x',
        file_name: 'statement.mp4',
        language: 'en',
        received_at: '2021-03-01T10:00:00Z',
        media: JSON.stringify({ durationSeconds }),
        created_at: '2021-03-01T10:00:00Z',
      } as never)
      .execute()
  }
  const read = async (caller: { get: typeof admin.get } = admin) => {
    const response = await caller.get(path)
    t.equal(response.statusCode, 200, response.body)
    return response.json()
  }

  await t.test('times come from accepted videos, and from the speaking time until there is one', async (t) => {
    t.match(await read(), {
      items: [
        {
          applicationId: first.id,
          country: 'BEL',
          startsAt: '2021-03-24T09:00:00Z',
          endsAt: '2021-03-24T09:05:00Z',
          basis: 'speakingTime',
        },
        { applicationId: second.id, startsAt: '2021-03-24T09:05:00Z' },
      ],
      spareSeconds: 1200,
    })
    await accept(first.id, 271.4)
    t.match(await read(), {
      items: [{ endsAt: '2021-03-24T09:04:32Z', basis: 'video' }, { startsAt: '2021-03-24T09:04:32Z' }],
    })
  })

  await t.test('before the release it tells nothing to anybody else', async (t) => {
    const mission = await aSession(app, { role: 'mission', email: 'upr@mission.example', state: 'FRA' })
    const nothing = { slotId: slot.id, items: [] }
    for (const caller of [anyone, mission, first.own]) t.same(await read(caller), nothing)
    const other = await aSlot(app, { countries: ['PLW'], room: 'Second' }, '/v1/screenings')
    await admin.post('/v1/pre-sessions/38/programme/publications', {})
    t.same((await anyone.get(`/v1/screenings/${other.id}/running-order`)).json(), { ...nothing, slotId: other.id })
    t.equal((await anyone.get('/v1/screenings/019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10/running-order')).statusCode, 404)
  })

  await t.test('afterwards each by consent, and no times that tell of somebody hidden', async (t) => {
    await release(app)
    t.same(await read(anyone), { slotId: slot.id, items: [{ applicationId: first.id, country: 'BEL' }] })
    t.same((await read(second.own)).items, [
      { applicationId: second.id, country: 'BEL', startsAt: '2021-03-24T09:04:32Z', endsAt: '2021-03-24T09:09:32Z' },
    ])
    const etag = (await admin.get(`/v1/applications/${second.id}/consents`)).headers.etag as string
    await admin.put(
      `/v1/applications/${second.id}/consents`,
      { consents: ['showNameInProgramme'] },
      { 'if-match': etag },
    )
    t.match((await read(anyone)).items, [
      { applicationId: first.id, startsAt: '2021-03-24T09:00:00Z' },
      { applicationId: second.id, startsAt: '2021-03-24T09:04:32Z' },
    ])
    t.notOk('spareSeconds' in (await read(anyone)))
  })

  await t.test('times of a joint screening wait for the release of every country in it', async (t) => {
    const joint = await aSlot(
      app,
      { countries: ['BEL', 'DNK'], room: 'C', startsAt: '2021-03-25T09:00:00Z', endsAt: '2021-03-25T10:00:00Z' },
      '/v1/screenings',
    )
    await admin.post('/v1/pre-sessions/38/programme/publications', {})
    const address = `/v1/screenings/${joint.id}/running-order`
    for (const caller of [anyone, first.own]) {
      const before = (await caller.get(address)).json()
      t.match(before.items, [{ applicationId: first.id }])
      for (const item of before.items) t.notOk('startsAt' in item, 'they would tell that nobody speaks on Denmark')
    }
    await release(app, 'DNK')
    t.match((await anyone.get(address)).json().items, [{ startsAt: '2021-03-25T09:00:00Z' }, {}])
  })

  await t.test('staff set the order', async (t) => {
    const etag = (await admin.get(path)).headers.etag as string
    const set = (applicationIds: string[], headers: Record<string, string> = { 'if-match': etag }) =>
      admin.put(path, { applicationIds }, headers)
    t.equal((await set([second.id], {})).statusCode, 428)
    t.equal((await set([second.id], { 'if-match': '"old"' })).statusCode, 412)
    const faults = (await set(['019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10'])).json().errors
    t.match(faults, [{ pointer: '/applicationIds/0', code: 'not_a_speaker' }])
    const done = await set([second.id])
    t.equal(done.statusCode, 200, done.body)
    t.same(
      done.json().items.map(({ applicationId }: { applicationId: string }) => applicationId),
      [second.id, first.id],
    )
    t.same(await read(), done.json())
    t.equal((await set([first.id])).statusCode, 412)
  })
})
