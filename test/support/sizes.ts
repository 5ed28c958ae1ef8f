/** How much a test does: little in the suite that everybody waits for, the whole in `npm run soak`. */
export const sized = (quick: number, whole: number): number => (process.env.SOAK === undefined ? quick : whole)
