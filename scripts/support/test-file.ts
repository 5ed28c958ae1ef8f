import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { inspect } from 'node:util'
import { Parser, type Result } from 'tap-parser'

const limitSeconds = 400

export interface Outcome {
  passed: number
  failed: number
}

/** Runs a test file as a process of its own and says how it went; what failed is printed with all that is known of it. */
export async function runTestFile(file: string, cwd: string): Promise<Outcome> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [file], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
    // A test ends itself at the first limit and says which one it was; a process that cannot even do that is killed.
    env: { ...process.env, TAP_TIMEOUT: String(limitSeconds) },
    timeout: (limitSeconds + 60) * 1000,
    killSignal: 'SIGKILL',
  })
  const parser = new Parser()
  const outcome = count(parser, file)
  child.stdout.pipe(parser)
  const [[code, signal]] = await Promise.all([once(child, 'close'), once(parser, 'complete')])
  if (outcome.failed === 0 && (code !== 0 || !parser.ok)) {
    outcome.failed = 1
    console.log(`not ok - ${file} ended with ${signal ?? code}`)
    console.log(parser.failures.map((failure) => inspect(failure, { depth: 6 })).join('\n'))
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(`${outcome.failed === 0 ? 'ok' : 'not ok'} - ${file} # ${outcome.passed} passed in ${seconds} s`)
  return outcome
}

/** Counts every assertion and every subtest as tap writes them, at whatever depth. */
function count(parser: Parser, file: string): Outcome {
  const outcome = { passed: 0, failed: 0 }
  const watch = (level: Parser) => {
    level.on('child', watch)
    level.on('assert', (result: Result) => {
      if (result.skip || result.todo) return
      outcome[result.ok ? 'passed' : 'failed'] += 1
      if (!result.ok) console.log(`not ok - ${file}: ${result.fullname}\n${explain(result)}`)
    })
  }
  watch(parser)
  return outcome
}

const explain = ({ diag }: Result): string => (diag === null ? '' : inspect(diag, { depth: 8, maxStringLength: 4_000 }))
