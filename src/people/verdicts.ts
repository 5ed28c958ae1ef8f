/**
 * What a column may hold of a person.
 * `person`: personal data; it goes with the person and is in their export. `staff`: the id of a credential; in an export it is a role.
 * `secret`: a hash of a credential; it goes with the person and is in no export. `hidden`: of others, or of use to the service alone; the same.
 * `plain`: no personal data.
 */
export type Verdict = 'person' | 'staff' | 'secret' | 'hidden' | 'plain'

/**
 * How a record is found and what becomes of it. `address`: the row names a person in this column and is deleted. `listed`: the column is a list of addresses,
 * and theirs is taken out. `application`: it hangs on an application and is deleted with it. `emptied`: it hangs on an application and stays, without what is personal. `intake`: the intake finds and deletes it.
 * `own`: a table of this folder. `none`: nothing of a person.
 */
export type Fate = { address: string } | { listed: string } | 'application' | 'emptied' | 'intake' | 'own' | 'none'

export interface Entry {
  fate: Fate
  /** The class under which people are told of it; only where it is personal. */
  class?: string
  /** Where the rows of `application` do not name the application themselves: the table that does, and the column that leads there. */
  via?: { table: string; column: string }
  /** Told only once the selection is released: that there is something tells of it. */
  isToldAfterRelease?: true
  /** Rows are told once this column is set. */
  toldOnceSet?: string
  /** Every column that could hold words: text, lists, JSON, bytes. */
  columns: Record<string, Verdict>
}

export const plain = (...names: string[]): Record<string, Verdict> =>
  Object.fromEntries(names.map((name) => [name, 'plain']))
export const nothing = (...names: string[]): Entry => ({ fate: 'none', columns: plain(...names) })
