import { applications } from './applications.ts'
import { type Area, type FuzzCases, type Names, seedingOf } from './area.ts'
import { jotform } from './jotform.ts'
import { credentials } from './keys.ts'
import { missions } from './missions.ts'
import { people } from './people.ts'
import { programme } from './programme.ts'
import { questions } from './questions.ts'
import { rounds } from './rounds.ts'
import { qaSlots, screenings } from './slots.ts'
import { speakers } from './speakers.ts'
import { videos } from './videos.ts'

/** Each wave is seeded at once, when the one before is there. */
const waves: Area[][] = [
  [speakers],
  [applications, qaSlots, screenings, videos, programme, missions, people, credentials],
  [questions],
  [rounds, jotform],
]

export const fuzzCases: FuzzCases = {}
for (const { cases } of waves.flat())
  for (const [operation, some] of Object.entries(cases))
    fuzzCases[operation] = [...(fuzzCases[operation] ?? []), ...some]

export async function seedAreas(service: Parameters<typeof seedingOf>[0]): Promise<Names> {
  const seeding = seedingOf(service)
  const names: Names = {}
  for (const wave of waves) {
    const made = await Promise.all(wave.map(({ seed }) => seed?.(seeding, names)))
    Object.assign(names, ...made)
  }
  return names
}
