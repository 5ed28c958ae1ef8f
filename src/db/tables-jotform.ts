/** Tables of the Jotform intake. */
// biome-ignore lint/suspicious/noEmptyInterface: filled with the intake's first migration
export interface JotformTables {}
