// Two replicas on one database, and many who want the same place at the same moment; then a hundred thousand random operations against a model.
// Says what it measured and fails when a place is taken twice, when anything is answered 5xx, or when the losers wait too long. `npm run booking:race`
import fc from 'fast-check'
import { countDoubleBookings } from '../src/slots/queries-occupancy.ts'
import { type MadeSpeaker, manySpeakers, sentBy } from '../test/support/many-speakers.ts'
import { countMissingPlaces, ModelledDay, modelledPeople, operation, type Tally } from '../test/support/slot-model.ts'
import { type Burst, countOverfull, requestsOf } from './support/bursts.ts'
import { startInProcess } from './support/in-process.ts'
import { option } from './support/random.ts'
import { type Replicas, startReplicas } from './support/replicas.ts'
import { type Closing, runScript } from './support/run.ts'
import { type Asked, openConnections, percentile } from './support/volley.ts'

const attempts = Number(option('attempts') ?? 1_000)
const rounds = Number(option('rounds') ?? 5)
const connections = Number(option('connections') ?? 16)
const operations = Number(option('operations') ?? 100_000)
/** `race` or `model`; both, where it is left out. */
const only = option('only')
const seed = Number(option('seed') ?? Date.now() % 2 ** 31)
const goalMs = 100
const warmUps = 2
const limitMs = 120 * 60_000
/** With the seed, the one day that failed. */
const path = option('path')
/** Operations of one modelled day. */
const dayLength = 200
const burstSize = 32

const countries = ['BEL', 'DNK', 'PLW', 'SOM']
const slotOf = (more: object) => ({
  preSession: 38,
  countries: ['BEL'],
  startsAt: '2021-03-24T09:45:00Z',
  endsAt: '2021-03-24T10:30:00Z',
  room: 'Room XXIII',
  ...more,
})

type Send = ReturnType<typeof openConnections>['send']

interface Race {
  name: string
  /** Makes a fresh place and everybody's attempt at it. */
  prepare(round: number): Promise<Asked[]>
}

function races(send: Send, crowd: readonly MadeSpeaker[], twins: readonly MadeSpeaker[]): Race[] {
  const create = async (more: object) => {
    const answer = await send({ method: 'POST', path: '/v1/qa-slots', body: slotOf(more) })
    if (answer.status !== 201) throw new Error(`A slot was not made: ${answer.text}`)
    return (JSON.parse(answer.text) as { id: string }).id
  }
  return [
    {
      name: 'one seat, a thousand speakers',
      async prepare() {
        const id = await create({ capacity: 1 })
        return crowd.map((one) => ({
          method: 'POST',
          path: `/v1/qa-slots/${id}/speakers`,
          body: { applicationId: one.id },
        }))
      },
    },
    {
      name: 'one room, overlapping times',
      async prepare(round) {
        // Each begins before 10:00 and ends after it, no two alike.
        return crowd.map((_, index) => ({
          method: 'POST',
          path: index % 2 === 0 ? '/v1/qa-slots' : '/v1/screenings',
          body: slotOf({
            countries: [countries[index % countries.length]],
            startsAt: new Date(Date.parse('2021-03-24T09:59:00Z') - index * 1_000).toISOString(),
            endsAt: new Date(Date.parse('2021-03-24T10:01:00Z') + ((index * 7) % attempts) * 1_000).toISOString(),
            room: `Race ${round}`,
          }),
        }))
      },
    },
    {
      name: 'one speaker, overlapping slots',
      async prepare() {
        const ids: string[] = []
        for (const [index, { country }] of twins.entries())
          ids.push(
            await create({
              countries: [country],
              room: `Room ${index}`,
              startsAt: `2021-03-24T09:${String(10 + index * 5)}:00Z`,
            }),
          )
        return crowd.map((_, index) => ({
          method: 'POST',
          path: `/v1/qa-slots/${ids[index % ids.length]}/speakers`,
          body: { applicationId: twins[index % twins.length]?.id },
        }))
      },
    },
  ]
}

/** Every round has one winner; the others are told of a conflict, in time, and nothing is answered 5xx. */
async function runRace({ db }: Replicas, volley: ReturnType<typeof openConnections>, race: Race): Promise<boolean> {
  const times: number[] = []
  let isFine = true
  for (let round = 0; round < warmUps + rounds; round += 1) {
    await db.deleteFrom('slot').execute()
    const asked = await race.prepare(round)
    const answers = await volley.all(asked)
    const winners = answers.filter(({ status }) => status === 201).length
    const conflicts = answers.filter(({ status, text }) => status === 409 && text.includes('"slot_conflict"')).length
    const others = answers.filter(
      ({ status, text }) => status !== 201 && !(status === 409 && text.includes('"slot_conflict"')),
    )
    const double = await countDoubleBookings(db)
    if (winners !== 1 || others.length > 0 || double > 0) {
      isFine = false
      console.log(`FAIL ${race.name}: ${winners} winners, ${conflicts} conflicts, ${double} double bookings`)
      for (const { status, text } of others.slice(0, 3)) console.log(`     ${status} ${text.slice(0, 300)}`)
    }
    // The first rounds warm both replicas up.
    if (round >= warmUps) times.push(...answers.map(({ ms }) => ms))
  }
  const p99 = percentile(times, 0.99)
  const figures = [0.5, 0.99, 1].map((part) => percentile(times, part).toFixed(1))
  console.log(
    `${isFine && p99 < goalMs ? 'ok  ' : 'FAIL'} ${race.name}: ${rounds} rounds of ${attempts}, one winner each; ` +
      `${volley.connections} connections, p50 ${figures[0]} ms, p99 ${figures[1]} ms, max ${figures[2]} ms`,
  )
  return isFine && p99 < goalMs
}

/** Day after day against the model, each request to the other replica. What durability costs is not what this is about. */
async function runModel(closing: Closing): Promise<boolean> {
  const { db, databaseUrl, adminKey } = await startReplicas(closing, 0, { fsync: 'off' })
  const speakers = await manySpeakers(db, modelledPeople)
  const where = { url: databaseUrl, adminKey, now: '2020-12-15T10:00:00Z' }
  const replicas = [await startInProcess(closing, where), await startInProcess(closing, where)]
  const tally: Tally = new Map()
  let turn = 0
  const send = sentBy(adminKey, (request) => {
    turn += 1
    return (replicas[turn % replicas.length] as (typeof replicas)[number]).inject(request)
  })
  const days = Math.ceil(operations / dayLength)
  const begunAt = performance.now()
  let done = 0
  const result = await fc.check(
    fc.asyncProperty(fc.array(operation, { minLength: dayLength, maxLength: dayLength, size: 'max' }), async (ops) => {
      await db.deleteFrom('slot').execute()
      const day = new ModelledDay(speakers, send, tally)
      for (const op of ops) await day.run(op)
      await day.compare(db)
      if ((await countMissingPlaces(db)) > 0) throw new Error('A slot takes up other places than it should.')
      done += ops.length
      if (done % 10_000 === 0)
        console.log(`     ${done} operations, ${((performance.now() - begunAt) / 1000).toFixed(0)} s`)
    }),
    { numRuns: days, seed, endOnFailure: true, ...(path !== undefined && { path }) },
  )
  if (result.failed)
    console.log(`FAIL model: seed ${result.seed}, path ${result.counterexamplePath}: ${result.errorInstance}`)
  else {
    const sums = [...tally].map(([name, { done: yes, refused }]) => `${name} ${yes}/${refused}`)
    console.log(
      `ok   ${done} random operations agree with the model, no double booking (seed ${seed}); done/refused: ${sums.join(', ')}`,
    )
  }
  return !result.failed
}

/** Many random operations at the same moment: what the model cannot foresee, the tables must bear. */
async function runBursts(
  { db }: Replicas,
  volley: ReturnType<typeof openConnections>,
  speakers: MadeSpeaker[],
): Promise<boolean> {
  const bursts = Math.ceil(operations / 10 / burstSize)
  const random = fc.sample(fc.array(operation, { minLength: burstSize, maxLength: burstSize }), {
    numRuns: bursts,
    seed,
  })
  const counts = new Map<number, number>()
  let faults = 0
  const times: number[] = []
  for (const [index, ops] of random.entries()) {
    if (index % 20 === 0) await db.deleteFrom('slot').execute()
    const burst: Burst = {
      ops,
      speakers,
      slots: await db.selectFrom('slot').select(['id', 'kind']).orderBy('id').execute(),
    }
    const answers = await volley.all(requestsOf(burst))
    for (const { status, ms, text } of answers) {
      counts.set(status, (counts.get(status) ?? 0) + 1)
      times.push(ms)
      if (status >= 500) console.log(`     ${status} ${text.slice(0, 300)}`)
    }
    faults += (await countDoubleBookings(db)) + (await countMissingPlaces(db)) + (await countOverfull(db))
  }
  const fives = [...counts].filter(([status]) => status >= 500).reduce((sum, [, count]) => sum + count, 0)
  const isFine = faults === 0 && fives === 0
  console.log(
    `${isFine ? 'ok  ' : 'FAIL'} ${times.length} random operations, ${burstSize} at a time on two replicas: ${faults} faults, ${fives} answers of 500 and above; ` +
      `p99 ${percentile(times, 0.99).toFixed(1)} ms; by status ${[...counts]
        .sort(([a], [b]) => a - b)
        .map(([status, count]) => `${status}: ${count}`)
        .join(', ')}`,
  )
  return isFine
}

await runScript(limitMs, async (closing) => {
  const results: boolean[] = []
  if (only !== 'model') results.push(...(await runRaces(closing)))
  if (only !== 'race') results.push(await runModel(closing))
  return results.every(Boolean)
})

async function runRaces(closing: Closing): Promise<boolean[]> {
  const replicas = await startReplicas(closing, 2)
  const { db, services, adminKey } = replicas
  const urls = services.map(({ url }) => url)
  const volley = openConnections(urls, adminKey, connections)
  closing.defer(async () => volley.close())
  const people = Array.from({ length: attempts }, (_, index) => ({
    email: `crowd-${index}@race.example`,
    country: 'BEL',
  }))
  const crowd = await manySpeakers(db, people)
  const twins = await manySpeakers(
    db,
    countries.map((country) => ({ email: 'twin@race.example', country })),
  )
  // What a request takes that asks for nothing: the machine's own part in what follows.
  const asked = Array.from({ length: 2 * attempts }, () => ({ method: 'GET', path: '/v1/states/CHE' }))
  await volley.all(asked)
  const idle = (await volley.all(asked)).map(({ ms }) => ms)
  console.log(
    `     reading a State: p50 ${percentile(idle, 0.5).toFixed(1)} ms, p99 ${percentile(idle, 0.99).toFixed(1)} ms`,
  )
  const results: boolean[] = []
  for (const race of races(volley.send, crowd, twins)) results.push(await runRace(replicas, volley, race))
  results.push(await runBursts(replicas, volley, await manySpeakers(db, modelledPeople)))
  await Promise.all(services.map((service) => service.stop()))
  return results
}
