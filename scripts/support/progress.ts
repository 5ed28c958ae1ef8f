const plainLines = 5

/** A line that is written over on a terminal; elsewhere a plain line now and then. */
export function createProgress(label: string, total: number) {
  const plainEvery = Math.ceil(total / plainLines)
  const isTerminal = process.stdout.isTTY === true
  let printed = 0
  const line = (done: number, note: string) =>
    `${label}  ${String(done).padStart(String(total).length)}/${total}  ${note}`
  return {
    show(done: number, note: string): void {
      if (isTerminal) process.stdout.write(`\r\x1b[2K${line(done, note).slice(0, (process.stdout.columns ?? 80) - 1)}`)
      else if (done >= printed + plainEvery) {
        printed = done
        console.log(line(done, note))
      }
    },
    end(note: string): void {
      if (isTerminal) process.stdout.write('\r\x1b[2K')
      console.log(line(total, note))
    },
  }
}
