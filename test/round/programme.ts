import ICAL from 'ical.js'
import type { Test } from 'tap'
import type { Applied } from './call.ts'
import type { Stage } from './stage.ts'

/** A programme is proposed, adopted and published; speakers have seats; calendars have it. */
export async function makeProgramme(t: Test, stage: Stage, applied: Applied) {
  const { admin, anyone, at } = stage
  const path = '/v1/pre-sessions/38/programme'
  await at('2021-03-01T09:00:00Z')
  const days = ['2021-03-22', '2021-03-23', '2021-03-24']
  const proposal = await admin.post(200, `${path}/proposals`, { days, rooms: ['Online'], countriesPerQa: 4 })
  t.match(proposal.body, { atNight: 0, compromises: [] })
  const { frame, slots } = proposal.body
  const asked = slots.map((slot: Record<string, unknown>) => {
    const { kind, countries, room, startsAt, endsAt } = slot
    const speakers = (slot.speakers as { applicationId: string }[] | undefined)?.map((one) => one.applicationId)
    return { kind, countries, room, startsAt, endsAt, ...(speakers !== undefined && { speakers }) }
  })
  await admin.put(200, path, { frame, slots: asked }, { 'if-match': '*' })
  t.same((await anyone.get(path)).body.slots, [], 'adopted is not published')
  const published = await admin.post(201, `${path}/publications`, { note: 'The programme of Pre-sessions 38' })
  t.match(published.body, { number: 1 })
  await admin.post(200, '/v1/pre-sessions/38/transitions', { to: 'programmePublished' })

  const programme = await anyone.get(`${path}?timeZone=Pacific/Palau`)
  t.equal(programme.body.slots.length, slots.length)
  t.notMatch(programme.text, /ZoëMark|AdaMark|LarsMark|RitaMark|joinUrl/)
  const calendar = (await anyone.get(`${path}.ics`)).text
  const events = new ICAL.Component(ICAL.parse(calendar)).getAllSubcomponents('vevent')
  t.same(
    events.map((event) => new ICAL.Event(event).startDate.toJSDate().toISOString().replace('.000', '')).sort(),
    slots.map(({ startsAt }: { startsAt: string }) => startsAt).sort(),
  )

  const block = (await admin.get('/v1/qa-slots?preSession=38&country=BEL')).body.data[0]
  await admin.patch(
    200,
    `/v1/qa-slots/${block.id}`,
    {
      joinUrl: 'https://meet.example.org/j/0000',
      moderators: [{ name: 'Mona Moderator', email: 'mona@moderators.example' }],
    },
    { 'if-match': '*', 'content-type': 'application/merge-patch+json' },
  )
  const seats = (await admin.get(`/v1/qa-slots/${block.id}/speakers`)).body.data as { applicationId: string }[]
  for (const id of [applied.zoe, applied.ada])
    if (!seats.some(({ applicationId }) => applicationId === id))
      await admin.post(201, `/v1/qa-slots/${block.id}/speakers`, { applicationId: id })
  return { block: block as { id: string; startsAt: string } }
}
