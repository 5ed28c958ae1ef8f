import t from 'tap'
import {
  addSeconds,
  compareInstants,
  earliest,
  fromMillis,
  latest,
  parseInstant,
  secondsBetween,
  toMillis,
} from '../../src/domain/instant.ts'

t.test('an instant is written one way', async (t) => {
  t.equal(parseInstant('2021-01-08T22:59:59.999Z'), '2021-01-08T22:59:59.999Z')
  t.equal(parseInstant('2021-01-08T22:59:59.5Z'), '2021-01-08T22:59:59.500Z')
  t.equal(parseInstant('2021-01-08T23:00:00.000Z'), '2021-01-08T23:00:00Z')
  t.equal(parseInstant('2021-01-09T00:00:00+01:00'), '2021-01-08T23:00:00Z')
  t.equal(
    parseInstant('2021-01-08T22:59:59.9999999Z'),
    '2021-01-08T22:59:59.999Z',
    'never rounded up into the next second',
  )
  for (const text of ['2021-01-08', '2021-01-08T23:00:00', '2021-02-30T00:00:00Z', '2021-01-08T23:00Z', 'now', '']) {
    t.equal(parseInstant(text), undefined, text)
  }
})

t.test('instants are compared as instants, not as text', async (t) => {
  t.ok(compareInstants('2021-01-08T22:59:59Z', '2021-01-08T22:59:59.001Z') < 0)
  t.equal(compareInstants('2021-01-08T22:59:59Z', '2021-01-08T22:59:59.000Z'), 0)
  t.equal(earliest('2021-01-08T22:59:59.001Z', undefined, '2021-01-08T22:59:59Z'), '2021-01-08T22:59:59Z')
  t.equal(latest('2021-01-08T22:59:59.001Z', undefined, '2021-01-08T22:59:59Z'), '2021-01-08T22:59:59.001Z')
  t.equal(earliest(undefined), undefined)
  t.equal(latest(), undefined)
  t.equal(secondsBetween('2021-01-08T22:59:59.999Z', '2021-01-08T23:00:00Z'), 0.001)
  t.equal(addSeconds('2021-01-08T23:00:00Z', -0.001), '2021-01-08T22:59:59.999Z')
})

t.test('what is no instant is a mistake of the program', async (t) => {
  t.throws(() => toMillis('2021-01-08'), RangeError)
  t.throws(() => toMillis('yesterday'), RangeError)
  t.throws(() => fromMillis(Number.NaN), RangeError)
})
