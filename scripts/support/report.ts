import type { Decision, Total } from './decisions.ts'

const geneva = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Zurich',
  day: '2-digit',
  month: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** `08/01 23:59:59`, as the people at the deadline read it. */
export const inGeneva = (instant: string): string => geneva.format(new Date(instant)).replace(',', '')

/** `1 d 02:03:04`; behind the deadline with a minus. */
function duration(seconds: number): string {
  const whole = Math.abs(Math.trunc(seconds))
  const days = Math.trunc(whole / 86_400)
  const clock = [whole / 3_600, whole / 60, whole].map((part, index) =>
    String(Math.trunc(part) % (index === 0 ? 24 : 60)).padStart(2, '0'),
  )
  return `${seconds < 0 ? '-' : ''}${days > 0 ? `${days} d ` : ''}${clock.join(':')}`
}

const columns: [title: string, value: (decision: Decision) => string][] = [
  ['submission', ({ expected }) => expected.submissionID],
  ['received (Geneva)', ({ receivedAt }) => (receivedAt === undefined ? '–' : inGeneva(receivedAt))],
  ['basis', ({ basis = '–' }) => basis],
  ['margin', ({ marginSeconds }) => (marginSeconds === undefined ? '–' : duration(marginSeconds))],
  ['country', ({ country = '–' }) => country],
  ['outcome', ({ outcome }) => outcome],
  ['missing', ({ missing }) => missing.join(' ')],
  ['came', ({ expected, recovered }) => (recovered ? 'by poll' : expected.kind === 'twice' ? 'twice' : '')],
  ['special', ({ expected }) => expected.special ?? ''],
  ['', ({ differences }) => (differences.length === 0 ? '✓' : `✗ ${differences.join(', ')}`)],
]

export function printDecisions(decisions: Decision[]): void {
  if (decisions.length === 0) return
  console.log()
  const rows = [columns.map(([title]) => title), ...decisions.map((one) => columns.map(([, value]) => value(one)))]
  const widths = columns.map((_column, index) => Math.max(...rows.map((row) => (row[index] as string).length)))
  for (const row of rows)
    console.log(
      row
        .map((cell, index) => cell.padEnd(widths[index] as number))
        .join('  ')
        .trimEnd(),
    )
}

/** Answers whether everything is as expected. */
export function printTotals(decisions: Decision[], totals: Total[]): boolean {
  const wrong = decisions.filter(({ differences }) => differences.length > 0)
  console.log()
  console.log(`${decisions.length - wrong.length} of ${decisions.length} submissions as expected`)
  for (const { what, got, expected } of totals) {
    console.log(
      `${got === expected ? '✓' : '✗'} ${String(got).padStart(4)}  ${what}${got === expected ? '' : ` (${expected} expected)`}`,
    )
  }
  return wrong.length === 0 && totals.every(({ got, expected }) => got === expected)
}
