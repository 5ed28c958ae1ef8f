import assert from 'node:assert/strict'
import createClient from 'openapi-fetch'
import type { components, paths } from '../generated/types.js'

/** A round's last half hour through openapi-fetch: what the types promise, the service keeps. */
export async function tell(baseUrl: string, key: string): Promise<void> {
  const anyone = createClient<paths>({ baseUrl })
  const api = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } })

  const countries = await anyone.GET('/v1/pre-sessions/{number}/countries', { params: { path: { number: 38 } } })
  assert.equal(countries.data?.data.length, 14)

  const created = await api.POST('/v1/applications', {
    params: { header: { 'idempotency-key': crypto.randomUUID() } },
    body: {
      preSession: 38,
      country: 'BEL',
      organisation: {
        name: 'Ligue des droits',
        type: 'nationalCso',
        basedIn: 'BEL',
        email: 'contact@ligue.example',
        aim: 'We document cases.',
      },
      speaker: { firstName: 'Zoë', lastName: 'Machel', email: 'zoe@ligue.example' },
      issues: ['right-to-health'],
    },
  })
  assert.ok(created.data, JSON.stringify(created.error))
  const path = { id: created.data.id }

  const form = new FormData()
  form.append('kind', 'uprSubmission')
  form.append('file', new Blob(['%PDF-1.4\n%%EOF\n']), 'submission.pdf')
  const added = await api.POST('/v1/applications/{id}/documents', {
    params: { path },
    body: { file: '' },
    bodySerializer: () => form,
  })
  assert.ok(added.data, JSON.stringify(added.error))

  const etag = (await api.GET('/v1/applications/{id}', { params: { path } })).response.headers.get('etag') ?? ''
  const patched = await api.PATCH('/v1/applications/{id}', {
    params: { path, header: { 'if-match': etag } },
    body: { statementLanguage: 'fr' },
  })
  assert.ok(patched.data, JSON.stringify(patched.error))

  const handedIn = await api.POST('/v1/applications/{id}/submission', { params: { path } })
  assert.equal(handedIn.data?.outcome, 'eligible', JSON.stringify(handedIn.error))
  const assessment = await api.GET('/v1/applications/{id}/assessment', { params: { path } })
  assert.deepEqual(assessment.data?.missing, [])

  // To whom it is not shown, it is not there; the error is a problem with a stable code.
  const hidden = await anyone.GET('/v1/applications/{id}', { params: { path } })
  const problem: components['schemas']['Problem'] | undefined = hidden.error
  assert.equal(problem?.code, 'application_not_found')

  let cursor: string | undefined
  const seen: string[] = []
  do {
    const page = await api.GET('/v1/applications', { params: { query: { preSession: 38, limit: 1, cursor } } })
    assert.ok(page.data, JSON.stringify(page.error))
    seen.push(...page.data.data.map(({ id }) => id))
    cursor = page.data.nextCursor ?? undefined
  } while (cursor !== undefined)
  assert.ok(seen.includes(path.id))
}
