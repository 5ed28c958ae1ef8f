const plainEvery = 20

/** A line that is written over on a terminal; elsewhere a plain line now and then. */
export function createProgress(label: string, total: number) {
  const isTerminal = process.stdout.isTTY === true
  const line = (done: number, note: string) =>
    `${label}  ${String(done).padStart(String(total).length)}/${total}  ${note}`
  return {
    show(done: number, note: string): void {
      if (isTerminal) process.stdout.write(`\r\x1b[2K${line(done, note).slice(0, (process.stdout.columns ?? 80) - 1)}`)
      else if (done % plainEvery === 0) console.log(line(done, note))
    },
    end(note: string): void {
      if (isTerminal) process.stdout.write('\r\x1b[2K')
      console.log(line(total, note))
    },
  }
}
