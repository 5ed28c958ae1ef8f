import type { Db, Tx } from '../db/database.ts'
import type { Role } from '../domain/person.ts'

/** How many records of each class. */
export type Counts = Record<string, number>

/** A submission that an intake keeps. */
export interface IntakeSubmission {
  formId: string
  submissionId: string
  /** Null: no application was made of it. */
  applicationId: string | null
  role: Role
}

export interface IntakeFinding {
  submissions: IntakeSubmission[]
  /** Ids of arrivals that belong to no submission. */
  deliveries: string[]
}

/** What an intake tells in an export of one submission, or of one arrival that belongs to none. */
export interface IntakeExport {
  name: string
  facts: Record<string, unknown>
  /** As they came; each may be large. */
  files: { name: string; read: () => Promise<Buffer> }[]
}

/** What an intake keeps of people beside their applications. It gives this itself: nothing here knows the shapes that applications came in. */
export interface Intake {
  /** The submissions of these applications, and whatever became no application and names one of the addresses. */
  find(db: Db, of: { addresses: readonly string[]; applicationIds: readonly string[] }): Promise<IntakeFinding>
  /** Holds them until the end of the transaction; their applications are locked after them. */
  lock(tx: Tx, found: IntakeFinding): Promise<void>
  /** Removes them and sees to it that they never come back. */
  erase(tx: Tx, found: IntakeFinding, at: string): Promise<Counts>
  collect(db: Db, found: IntakeFinding): Promise<IntakeExport[]>
}
