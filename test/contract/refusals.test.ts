import t from 'tap'
import { credentials } from '../access/callers.ts'
import { testApp } from '../support/app.ts'
import { addressOf, jsonTypeOf, type Place, readDocument } from '../support/document.ts'

const { operations, document, exampleOf } = await readDocument()

/** A wrong secret is answered 404 before anything of the request is looked at; its own tests are in test/jotform. */
const isHook = ({ path }: Place) => path.includes('/hooks/')

const needle = 'notAParameter'

t.test('what no operation takes', async (t) => {
  const app = await testApp(t)
  const { inject } = app
  const { bearer } = credentials(app)
  const nobody = { email: 'nobody@ligue.example', country: 'BEL' }
  const asOne = async (name: 'admin' | 'mission') => ({ authorization: `Bearer ${await bearer(name, nobody)}` })
  const [asAdmin, asMission] = [await asOne('admin'), await asOne('mission')]
  /** Somebody who may call the operation: an admin, unless it is for missions alone. */
  const entitled = (place: Place) =>
    place['x-access'].some((role) => role === 'admin' || role === 'public') ? asAdmin : asMission
  const send = (place: Place, contentType: string | undefined, payload: string | undefined, query = '') =>
    inject({
      method: place.method as 'GET',
      url: addressOf(place.path) + query,
      headers: { ...entitled(place), ...(contentType === undefined ? {} : { 'content-type': contentType }) },
      ...(payload === undefined ? {} : { payload }),
    })
  // A file that happens to be JSON is an upload: it has its own size and is no body with known fields.
  const isUpload = (place: Place) => place.requestBody?.content?.['multipart/form-data'] !== undefined
  const withJson = operations.filter((place) => jsonTypeOf(place) !== undefined && !isHook(place) && !isUpload(place))

  await t.test('an unknown query parameter has a pointer', async (t) => {
    for (const place of operations.filter((one) => !isHook(one))) {
      const type = jsonTypeOf(place)
      const response = await send(
        place,
        type,
        type === undefined ? undefined : JSON.stringify(exampleOf(place)),
        `?${needle}=1`,
      )
      t.equal(response.statusCode, 400, place.operationId)
      t.match(response.json().errors, [{ pointer: `/query/${needle}`, code: 'unknown_field' }], place.operationId)
    }
  })

  await t.test('a method of no operation is answered with those there are', async (t) => {
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
    for (const [path, item] of Object.entries(document.paths)) {
      const known = Object.keys(item).map((method) => method.toUpperCase())
      const allow = [...new Set([...known, ...(known.includes('GET') ? ['HEAD'] : [])])].sort().join(', ')
      for (const method of methods.filter((one) => !known.includes(one))) {
        const response = await inject({ method: method as 'GET', url: addressOf(path) })
        t.equal(response.statusCode, 405, `${method} ${path}`)
        t.equal(response.headers.allow, allow, `${method} ${path}`)
        t.equal(response.json().code, 'method_not_allowed')
      }
    }
  })

  await t.test('another media type is refused', async (t) => {
    const withBody = operations.filter((place) => place.requestBody !== undefined && !isHook(place))
    for (const place of withBody) {
      for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']) {
        const response = await send(place, type, 'a=1')
        t.equal(response.statusCode, 415, `${place.operationId} ${type}`)
      }
    }
  })

  await t.test('a body over the limit is refused', async (t) => {
    const large = JSON.stringify({ text: 'x'.repeat(256 * 1024) })
    for (const place of withJson)
      t.equal((await send(place, jsonTypeOf(place), large)).statusCode, 413, place.operationId)
  })

  await t.test('an unknown field has a pointer', async (t) => {
    for (const place of withJson) {
      const response = await send(place, jsonTypeOf(place), JSON.stringify({ ...exampleOf(place), notAField: 1 }))
      t.equal(response.statusCode, 400, place.operationId)
      const faults = response.json().errors as { pointer: string; code: string }[]
      t.ok(
        faults.some(({ pointer, code }) => pointer === '/notAField' && code === 'unknown_field'),
        place.operationId,
      )
    }
  })

  await t.test('a body that is no object, or none at all, is refused', async (t) => {
    for (const place of withJson) {
      for (const body of ['[]', 'null', '"text"', '1', '', '{', '{"a":1}{"b":2}']) {
        const response = await send(place, jsonTypeOf(place), body)
        t.equal(response.statusCode, 400, `${place.operationId} ${body}`)
        t.ok(response.json().errors.length > 0, `${place.operationId} ${body}`)
      }
    }
  })
})
