import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { toEastern } from '../../src/jotform/eastern.ts'
import type { JotformRow } from '../../test/support/jotform-api.ts'
import { type Expected, readRound } from '../../test/support/jotform-fixtures.ts'
import type { Posting } from './sender.ts'

/** A delivery that Jotform could have sent, and the row that its API gives for it. */
export interface MadeDelivery extends Posting {
  submissionId: string
  row: JotformRow
  /** The decision it must get. */
  outcome: string
}

/** A submission's number begins with the seconds since this. */
const idEpoch = 1_124_190_800

/** Makes any number of different deliveries out of the round's ordinary ones: number, time, organisation, addresses, page load. */
export function deliveryMaker(random: () => number) {
  const round = readRound('round38')
  const rows = new Map(round.rows.map((row) => [row.id, row]))
  const templates = round.expected
    .filter((one) => one.kind === 'normal' && one.special === null && one.deadline === 'onTime')
    .map((expected) => {
      const delivery = round.deliveries.find(({ submissionID }) => submissionID === expected.submissionID)
      const row = rows.get(expected.submissionID)
      if (delivery === undefined || row === undefined) throw new Error(`${expected.submissionID} is not complete`)
      return { expected, row: JSON.stringify(row), text: round.read(delivery.file).toString(), delivery }
    })

  return {
    dir: round.dir,
    mapping: round.mapping,
    /** The upload that stands for all. */
    upload: readAnyUpload(round.dir),
    make(index: number, at: string): MadeDelivery {
      const template = templates[index % templates.length] as (typeof templates)[number]
      const submissionId = newNumber(at, random)
      const renew = renewal(template.expected, submissionId, index)
      const row = { ...(JSON.parse(renew(template.row)) as JotformRow), created_at: toEastern(at) }
      return {
        submissionId,
        row,
        outcome: template.expected.outcome,
        contentType: template.delivery.contentType,
        body: Buffer.from(renew(template.text)),
      }
    },
  }
}

function newNumber(at: string, random: () => number): string {
  const seconds = Math.trunc(Date.parse(at) / 1000) - idEpoch
  const rest = Math.trunc(random() * 1e10)
  return `${String(seconds).padStart(9, '0')}${String(rest).padStart(10, '0')}`
}

/** Replaces what tells one submission from another, in the delivery and in the API's row alike. */
function renewal(expected: Expected, submissionId: string, index: number): (text: string) => string {
  // Every invented organisation ends with its place and a number.
  const ending = expected.organisation.split(' ').slice(-2).join(' ')
  const place = ending.split(' ')[0] ?? ''
  return (text) =>
    text
      .replaceAll(expected.submissionID, submissionId)
      .replaceAll(ending, `${place} ${100_000 + index}`)
      .replaceAll(/\borg\d{5}\.example/g, `org${100_000 + index}.example`)
      .replace(/("event_id":"\d+_\d+_)\w+/, `$1${index.toString(16).padStart(7, '0')}`)
}

function readAnyUpload(dir: string): Buffer {
  const files = readdirSync(join(dir, 'files'), { recursive: true, encoding: 'utf8' })
  const file = files.find((name) => name.endsWith('.pdf'))
  if (file === undefined) throw new Error('The fixtures have no upload.')
  return readFileSync(join(dir, 'files', file))
}
