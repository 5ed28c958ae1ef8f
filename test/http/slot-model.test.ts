import fc from 'fast-check'
import t from 'tap'
import { adminKey, testApp } from '../support/app.ts'
import { manySpeakers, sentBy } from '../support/many-speakers.ts'
import { countMissingPlaces, ModelledDay, modelledPeople, operation, type Tally } from '../support/slot-model.ts'

/** The same ones every time; `npm run booking:race` does a hundred thousand others. */
const runs = 15
const operations = 100

/** What was expected of which step: the steps that led there can be had again by the seed. */
function tellFirst({
  failed,
  seed,
  counterexamplePath,
  errorInstance,
}: Pick<fc.RunDetails<never>, 'failed' | 'seed' | 'counterexamplePath' | 'errorInstance'>): void {
  if (failed) throw new Error(`seed ${seed}, path ${counterexamplePath}: ${errorInstance}`)
}

t.test('a day of slots and seats does what its model does', async (t) => {
  const app = await testApp(t)
  const speakers = await manySpeakers(app.db, modelledPeople)
  const tally: Tally = new Map()
  const send = sentBy(adminKey, app.inject)
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: operations, maxLength: operations, size: 'max' }),
      async (ops) => {
        await app.db.deleteFrom('slot').execute()
        const day = new ModelledDay(speakers, send, tally)
        for (const op of ops) await day.run(op)
        await day.compare(app.db)
      },
    ),
    { numRuns: runs, seed: 38, endOnFailure: true, reporter: tellFirst },
  )
  t.equal(await countMissingPlaces(app.db), 0)
  for (const [name, { done, refused }] of tally)
    t.ok(done > 0 && refused > 0, `${name}: ${done} done, ${refused} refused`)
})
