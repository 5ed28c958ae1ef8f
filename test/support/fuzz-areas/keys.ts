import { hashOf } from '../../../src/http/access.ts'
import { type Area, ids, type Names, numbers } from './area.ts'
import { emailOf } from './speakers.ts'

/** API keys, sessions, access links and calendar feeds: what lets somebody in. */
export const credentials: Area = {
  async seed({ by, create, db, post, session }) {
    const made: Names = {}
    await Promise.all(
      numbers(10).map(async (n) => {
        const scopes = ['applications:read', 'applications:write']
        made[`key${n}`] = await create('/v1/api-keys', {
          name: `Key ${n}`,
          role: n < 5 ? 'reviewer' : 'secretariat',
          scopes,
        })
      }),
    )
    const limited = { name: 'Limited', role: 'secretariat', preSessions: [38], countries: ['BEL'] }
    made.limitedKey = (await post('/v1/api-keys', limited)).key
    for (const n of numbers(12)) await session(`ses_guest${n}`, { role: 'applicant', email: emailOf('speaker4') })
    for (const n of numbers(6))
      made[`session${n}`] = await session(`ses_${n}`, { role: 'applicant', email: emailOf('speaker4') })
    const times = { created_at: '2020-12-15T00:00:00Z', expires_at: '2100-01-01T00:00:00Z' }
    await Promise.all(
      numbers(6).map(async (n) => {
        const link = { email: 'zoe@ligue.example', pre_session: 38, country: null, state: null, slot_id: null }
        await db
          .insertInto('access_link')
          .values({
            ...link,
            ...times,
            purpose: 'applicant',
            token_hash: hashOf(`lnk_${n}`),
            used_at: null,
            replaced_at: null,
          })
          .execute()
      }),
    )
    await Promise.all(
      numbers(8).map(async (n) => {
        const feed = await post('/v1/calendar-feeds', { timeZone: 'Europe/Paris' }, by('ses_speaker'))
        made[`feed${n}`] = feed.id
        made[`feedSecret${n}`] = new URL(feed.url).pathname.split('/').at(-2) as string
      }),
    )
    return made
  },
  cases: {
    createApiKey: [
      { body: { name: 'Portal', role: 'integration', scopes: ['applications:read'], preSessions: [38] } },
      { body: { name: 'Portal', role: 'reviewer' } },
    ],
    getApiKey: ids('key', 2),
    updateApiKey: ids('key', 4).map((it) => ({ ...it, body: { name: 'Reviewer portal', countries: ['BEL'] } })),
    rotateApiKey: ids('key', 8)
      .slice(4)
      .map((it) => ({ ...it, body: { overlapSeconds: 3600 } })),
    revokeApiKey: ids('key', 10)
      .slice(8)
      .map((it) => ({ ...it, body: { reason: 'Sent by mail by mistake' } })),
    getReviewerAssignments: ids('key', 4),
    assignReviewer: ids('key', 4).map((it) => ({
      ...it,
      body: { data: [{ preSession: 38, country: 'BEL', seesIdentities: false }] },
    })),
    requestAccessLink: [
      { bearer: 'none', body: { email: 'zoe@ligue.example', purpose: 'applicant', preSession: 38 } },
      { bearer: 'none', body: { email: 'upr@mission.example', purpose: 'mission', preSession: 38 } },
    ],
    createSession: numbers(6).map((n) => ({ bearer: 'none', body: { token: `lnk_${n}` } })),
    getCurrentSession: ['admin', 'speaker', 'mission', 'qaModerator', 'limited'].map((bearer) => ({ bearer })),
    endCurrentSession: numbers(12).map((n) => ({ bearer: `guest${n}` })),
    revokeSession: ids('session', 6),
    createCalendarFeed: ['speaker', 'mission'].map((bearer) => ({ bearer, body: { timeZone: 'Asia/Kathmandu' } })),
    listCalendarFeeds: [{ bearer: 'speaker' }, { bearer: 'mission' }],
    revokeCalendarFeed: ids('feed', 6).map((it) => ({ ...it, bearer: 'speaker' })),
    getCalendarFeed: [7, 8].map((n) => ({ params: { secret: `{{feedSecret${n}}}` }, bearer: 'none' })),
  },
}
