import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { Temporal } from 'temporal-polyfill'
import { resolveDeadline } from '../../src/domain/deadline.ts'
import { fromMillis } from '../../src/domain/instant.ts'
import { easternToUtc } from '../../src/domain/receipt.ts'
import { isGeographicTimeZone } from '../../src/domain/zone.ts'
import { sized } from '../support/sizes.ts'

/** How many are chosen at random, in any zone and in Eastern time each; those near clock changes come on top. */
const readings = sized(6_000, 60_000)
const minute = 60_000
const from = Temporal.Instant.from('2015-01-01T00:00:00Z').epochMilliseconds
const years = 15 * 365 * 24 * 60

/** The same numbers in every run. */
function random(seed: number) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const zones = Intl.supportedValuesOf('timeZone').filter(isGeographicTimeZone)

/** Minutes near each clock change of the zone, where readings are missing or come twice. */
function nearChanges(zone: string): number[] {
  let at = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone)
  const found: number[] = []
  while (found.length < 12) {
    const next = at.getTimeZoneTransition('next')
    if (!next || next.year > 2029) return found
    found.push(next.epochMilliseconds)
    at = next
  }
  return found
}

/** What Temporal says of a wall-clock reading: an instant, or none, or two. */
function expected(wall: Temporal.PlainDateTime, zone: string): number[] {
  const instants = (['earlier', 'later'] as const)
    .map((disambiguation) => wall.toZonedDateTime(zone, { disambiguation }))
    .filter((zoned) => zoned.toPlainDateTime().equals(wall))
    .map((zoned) => zoned.epochMilliseconds)
  return [...new Set(instants)]
}

function resolved(local: string, timeZone: string): string[] {
  const result = resolveDeadline({ local, timeZone })
  if ('deadline' in result) return [result.deadline.closesAt]
  const [fault] = result.faults
  if (fault?.code !== 'ambiguous_local_time')
    return fault?.code === 'nonexistent_local_time' ? [] : ['?', String(fault?.code)]
  const offsets = fault.message.match(/[+-]\d\d:\d\d/g) ?? []
  return offsets.flatMap((offset) => {
    const chosen = resolveDeadline({ local, timeZone, offset })
    return 'deadline' in chosen ? [chosen.deadline.closesAt] : ['?']
  })
}

t.test('deadlines agree with Temporal in every zone, on ordinary days and around clock changes', async (t) => {
  const next = random(38)
  const tally = { none: 0, one: 0, two: 0 }
  let wrong = 0
  const check = (wall: Temporal.PlainDateTime, zone: string) => {
    const instants = expected(wall, zone).map((at) => fromMillis(at + minute))
    const got = resolved(wall.toString({ smallestUnit: 'minute' }), zone)
    tally[instants.length === 0 ? 'none' : instants.length === 1 ? 'one' : 'two'] += 1
    if (got.join() === instants.join()) return
    wrong += 1
    if (wrong < 5) t.strictSame(got, instants, `${wall} ${zone}`)
  }
  for (const zone of zones) {
    for (const change of nearChanges(zone)) {
      const before = Temporal.Instant.fromEpochMilliseconds(change - 1)
        .toZonedDateTimeISO(zone)
        .toPlainDateTime()
      for (let i = 0; i < 4; i += 1)
        check(before.add({ minutes: Math.floor(next() * 240) - 120 }).round('minute'), zone)
    }
  }
  for (let i = 0; i < readings; i += 1) {
    const zone = zones[Math.floor(next() * zones.length)]!
    const at = Temporal.Instant.fromEpochMilliseconds(from + Math.floor(next() * years) * minute)
    check(at.toZonedDateTimeISO('UTC').toPlainDateTime(), zone)
  }
  t.equal(wrong, 0)
  t.ok(tally.none > 100 && tally.two > 100 && tally.one > readings, JSON.stringify(tally))
})

t.test('Eastern texts agree with Temporal, both ways', async (t) => {
  const next = random(40)
  const changes = nearChanges('America/New_York')
  let wrong = 0
  for (let i = 0; i < readings; i += 1) {
    const base =
      i % 5 === 0 ? changes[i % changes.length]! + (next() - 0.5) * 240 * minute : from + next() * years * minute
    const wall = Temporal.Instant.fromEpochMilliseconds(Math.floor(base / 1000) * 1000)
      .toZonedDateTimeISO(i % 2 === 0 ? 'America/New_York' : '-05:00')
      .toPlainDateTime()
    const got = easternToUtc(wall.toString({ smallestUnit: 'second' }).replace('T', ' '))
    const instants = expected(wall, 'America/New_York').map(fromMillis)
    if (got.join() !== instants.join()) wrong += 1
    if (got.join() !== instants.join() && wrong < 5) t.strictSame(got, instants, String(wall))
  }
  t.equal(wrong, 0)
})

t.test('the time zone of the machine changes nothing', async (t) => {
  const code = `
    import { resolveDeadline, describeInstant } from './src/domain/deadline.ts'
    import { easternToUtc } from './src/domain/receipt.ts'
    import { sayInstant } from './src/domain/wording.ts'
    console.log(JSON.stringify([
      resolveDeadline({ local: '2021-03-28T02:30', timeZone: 'Europe/Zurich' }),
      resolveDeadline({ local: '2021-08-16T23:59', timeZone: 'Europe/Zurich' }),
      describeInstant('2021-01-08T23:00:00Z', 'Europe/Zurich'),
      easternToUtc('2021-11-07 01:30:00'),
      sayInstant('2021-01-08T23:00:00Z', 'Europe/Zurich'),
    ]))`
  const run = async (TZ: string) => {
    const args = ['--input-type=module-typescript', '-e', code]
    const env = { ...process.env, TZ, LANG: 'fr_FR.UTF-8', LC_ALL: 'fr_FR.UTF-8' }
    return (
      await promisify(execFile)(process.execPath, args, { env, cwd: fileURLToPath(new URL('../..', import.meta.url)) })
    ).stdout
  }
  const outputs = await Promise.all(['UTC', 'Europe/Zurich', 'Pacific/Apia', 'America/St_Johns'].map(run))
  t.match(outputs[0], /2021-08-16T22:00:00Z/)
  t.equal(new Set(outputs).size, 1)
})
