import { otherTables } from './register-others.ts'
import { tablesOfPeople } from './register-people.ts'
import type { Entry } from './verdicts.ts'

/** Every table of the database. A table or a column that is not here fails a test, so that nobody forgets what a person may ask for. */
export const register: Record<string, Entry> = { ...tablesOfPeople, ...otherTables }

const entries = Object.entries(tablesOfPeople)

/** The tables whose rows name a person by an address, in the order in which they are erased. */
export const addressTables = entries.flatMap(([table, { fate, columns, class: name = table }]) =>
  typeof fate === 'object' && 'address' in fate ? [{ table, column: fate.address, class: name, columns }] : [],
)

/** The tables in which a person's address is one of a list. */
export const listTables = entries.flatMap(([table, { fate, class: name = table }]) =>
  typeof fate === 'object' && 'listed' in fate ? [{ table, column: fate.listed, class: name }] : [],
)

/** What hangs on an application beside its versions, documents, consents and history, which have views of their own. */
export const applicationTables = entries.flatMap(([table, entry]) =>
  entry.fate === 'application' && !['application', 'application_version', 'document'].includes(table)
    ? [{ table, ...entry, class: entry.class ?? table }]
    : [],
)
