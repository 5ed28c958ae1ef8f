import { listVersionsOf } from '../applications/queries-assessing.ts'
import type { Db } from '../db/database.ts'
import { type Role, roleIn } from '../domain/person.ts'
import type { Intake, IntakeFinding } from './intake.ts'
import { type ConcernedRow, listConcerned } from './queries.ts'
import { countByAddress } from './queries-erasure.ts'

export interface ConcernedApplication extends ConcernedRow {
  role: Role
}

/** Every application that names one of the addresses, with what it is to this person. */
export async function findApplicationsOf(db: Db, addresses: readonly string[]): Promise<ConcernedApplication[]> {
  const rows = await listConcerned(db, addresses)
  const versions = Map.groupBy(
    await listVersionsOf(
      db,
      rows.map(({ id }) => id),
    ),
    (version) => version.application_id,
  )
  return rows.flatMap((row) => {
    const own = versions.get(row.id) ?? []
    const isNewest = ({ n }: { n: number }) => n === row.latest_version
    const role = roleIn(addresses, {
      present: [row.body, ...own.filter(isNewest).map(({ body }) => body)],
      earlier: own.filter((version) => !isNewest(version)).map(({ body }) => body),
    })
    return role === undefined ? [] : [{ ...row, role }]
  })
}

/** Is anything kept under one of the addresses? */
export async function isKnown(db: Db, intake: Intake, addresses: readonly string[]): Promise<boolean> {
  const counts = Object.values(await countByAddress(db, addresses))
  if (counts.some((count) => count > 0) || (await listConcerned(db, addresses)).length > 0) return true
  const { submissions, deliveries }: IntakeFinding = await intake.find(db, { addresses, applicationIds: [] })
  return submissions.length + deliveries.length > 0
}
