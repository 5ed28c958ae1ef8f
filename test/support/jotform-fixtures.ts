import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mapping } from '../../src/jotform/mapping-format.ts'
import type { JotformRow } from './jotform-api.ts'

export const fixtures = join(import.meta.dirname, '../fixtures/jotform')

export interface FixtureDelivery {
  file: string
  contentType: string
  submissionID: string
  arrivesAt: string
  kind: string
}

export interface Expected {
  submissionID: string
  kind: string
  receivedAt: string
  country: string | null
  organisation: string
  organisationType: string
  speaker: { firstName: string; lastName: string }
  atRisk: boolean
  special: string | null
  application: 'created' | 'test' | 'none'
  deadline: string
  missing: string[]
  outcome: string
}

export type Round = ReturnType<typeof readRound>

/** One made round: what Jotform sends, what its API serves, and what must come of it. */
export function readRound(name: 'round38' | 'hostile') {
  const dir = join(fixtures, name)
  const json = (file: string) => JSON.parse(readFileSync(join(dir, file), 'utf8'))
  return {
    dir,
    mapping: json('mapping.json') as Mapping,
    questions: json('questions.json').content as Record<string, unknown>,
    rows: json('submissions.json') as JotformRow[],
    deliveries: json('deliveries.json') as FixtureDelivery[],
    expected: json('expected.json').submissions as Expected[],
    read: (file: string) => readFileSync(join(dir, 'deliveries', file)),
  }
}
