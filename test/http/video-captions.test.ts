import t from 'tap'
import { testApp } from '../support/app.ts'
import { anApplicant } from '../support/links.ts'
import { aSpeaker } from '../support/speakers.ts'
import { mediaFile, receiveAndCheck } from '../support/video-files.ts'
import { aMission, aSession, aVideo, released } from '../support/videos.ts'

const path = '/v1/video-submissions'
const vtt = 'WEBVTT by Zoë\n\nNOTE at home\n\n1\n00:00.500 --> 00:02.000\n<v Zoë>Thank you.</v>\n'
const kept = 'WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nThank you.\n'
const asVtt = { 'content-type': 'text/vtt' }

t.test('captions of a video', async (t) => {
  const app = await testApp(t)
  const { admin, anyone } = app
  const { id: applicationId, own: person } = await aSpeaker(app, 'zoe', { ...released, consents: ['publishVideo'] })
  const { id } = (await person.post(path, aVideo(applicationId))).json()
  const captions = `${path}/${id}/captions`
  const put = (text: string, type = 'text/vtt', language = 'en', who = person) =>
    who.put(`${captions}/${language}`, text, { 'content-type': type })

  await t.test('are kept as WebVTT of the captions alone', async (t) => {
    const made = await put(vtt)
    t.equal(made.statusCode, 201, made.body)
    t.match(made.json(), { language: 'en', sourceFormat: 'vtt', checks: [{ code: 'captions', outcome: 'pass' }] })
    const got = await person.get(`${captions}/en`)
    t.equal(got.headers['content-type'], 'text/vtt; charset=utf-8')
    t.equal(got.body, kept)
    t.equal(got.headers.etag, made.headers.etag)
    t.equal((await person.get(`${captions}/en`, { 'if-none-match': got.headers.etag as string })).statusCode, 304)
    t.match((await person.get(`${path}/${id}`)).json().captions, [{ language: 'en' }])
  })

  await t.test('may come as SubRip, in any language of the round, spelled as it may be', async (t) => {
    const srt = '1\r\n00:00:00,500 --> 00:00:02,000\r\nMerci & <i>bonjour</i>\r\n'
    t.match((await put(srt, 'application/x-subrip; charset=utf-8', 'FR')).json(), {
      language: 'fr',
      sourceFormat: 'srt',
    })
    t.match((await person.get(`${captions}/fr`)).body, 'Merci &amp; <i>bonjour</i>')
    t.match((await put(srt, 'application/x-subrip', 'ru')).json(), {
      status: 400,
      errors: [
        { pointer: '/params/language', code: 'not_an_allowed_value', message: 'Languages of this round: en, fr, es.' },
      ],
    })
    t.match((await put(srt, 'application/x-subrip', 'e')).json(), { status: 400 })
  })

  await t.test('are refused with every fault and its line', async (t) => {
    const text = 'WEBVTT\n\n00:00.500 --> 00:02,000\nOne\n\n00:03.000 --> 00:04.000\nTwo <script>x</script>\n'
    const refused = await put(text)
    t.match(refused.json(), {
      status: 422,
      code: 'captions_invalid',
      errors: [
        { pointer: '/lines/3', code: 'wrong_timing', message: /^Line 3: / },
        { pointer: '/lines/7', code: 'wrong_markup', message: /^Line 7: / },
        { pointer: '/lines/7', code: 'wrong_markup' },
      ],
    })
    t.equal((await person.get(`${captions}/en`)).body, kept, 'what was there stays')
    t.match((await put('')).json(), { code: /captions_invalid|invalid_request/ })
    t.equal((await put('{}', 'application/json')).statusCode, 415)
    t.equal((await put('x'.repeat(600 * 1024))).statusCode, 413)
  })

  await t.test('are changed by whoever knows what stands there', async (t) => {
    const etag = (await person.get(`${captions}/en`)).headers.etag as string
    t.equal((await person.put(`${captions}/en`, vtt, { ...asVtt, 'if-match': '"old"' })).statusCode, 412)
    t.equal((await person.put(`${captions}/en`, vtt, { ...asVtt, 'if-match': etag })).statusCode, 200)
    t.equal((await person.delete(`${captions}/fr`, { 'if-match': '"old"' })).statusCode, 412)
    t.equal((await person.delete(`${captions}/FR`)).statusCode, 204)
    t.equal((await person.delete(`${captions}/fr`)).json().code, 'captions_not_found')
    t.equal((await person.get(`${captions}/fr`)).json().code, 'captions_not_found')
  })

  await t.test('are held against the video when it is measured, and against each that replaces it', async (t) => {
    const checks = async () => (await admin.get(`${path}/${id}`)).json().captions[0].checks
    await put('WEBVTT\n\n00:00.500 --> 00:02.500\nOne\n\n00:02.500 --> 00:10.000\nTwo\n')
    t.match(await checks(), [{ code: 'captions', outcome: 'pass' }])
    await receiveAndCheck(app, id, mediaFile('right.mp4'))
    t.match(await checks(), [{ code: 'outsideVideo', outcome: 'warn', measured: 6 }])
    await receiveAndCheck(app, id, mediaFile('silent.mp4'))
    t.match(await checks(), [
      { code: 'outsideVideo', outcome: 'fail', message: /^Line 6: This caption starts at 00:00:02.500/ },
    ])
    t.match((await put('WEBVTT\n\n00:05.000 --> 00:06.000\nOne\n')).json().errors, [
      { pointer: '/lines/3', code: 'outside_video' },
    ])
    t.equal((await put(vtt)).statusCode, 200)
  })

  await t.test('are seen by those who see the video, and by nobody before', async (t) => {
    const mission = await aMission(app, 'CHE')
    await anApplicant(app, 'ana@autre.example')
    const stranger = await aSession(app, { email: 'ana@autre.example' })
    for (const who of [anyone, mission, stranger]) {
      const refused = await who.get(`${captions}/en`)
      t.equal(refused.statusCode, 404)
      t.equal(refused.json().code, 'video_submission_not_found')
      if (who !== anyone) t.ok([403, 404].includes((await put(vtt, 'text/vtt', 'en', who as typeof person)).statusCode))
    }
    t.equal(
      (await admin.post(`${path}/${id}/reviews`, { decision: 'accept', reasons: ['Silent, with captions.'] }))
        .statusCode,
      200,
    )
    for (const who of [anyone, mission]) t.equal((await who.get(`${captions}/en`)).body, kept)
    t.equal((await anyone.get(`${captions}/fr`)).json().code, 'video_submission_not_found')
    const addresses = (await anyone.post(`${path}/${id}/addresses`)).json()
    const { pathname, search } = new URL(addresses.captions[0].url)
    t.equal((await anyone.get(pathname + search)).body, kept)
    t.equal((await anyone.get(`${pathname}?signature=${'x'.repeat(40)}`)).statusCode, 404)
  })

  await t.test("are the secretariat's to change once the video is accepted", async (t) => {
    t.equal((await put(vtt)).json().code, 'video_closed')
    t.equal((await person.delete(`${captions}/en`)).json().code, 'video_closed')
    t.equal((await put(vtt, 'text/vtt', 'en', admin as typeof person)).statusCode, 200)
    const { data } = (await admin.get(`/v1/applications/${applicationId}/history?limit=100`)).json()
    t.ok(data.some(({ action }: { action: string }) => action === 'video.captionsSet'))
  })
})
