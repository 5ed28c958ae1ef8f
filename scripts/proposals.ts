// Plans a whole round, then many random ones: no hard rule may be broken, and first-fit is never better.
// npm run proposals [-- --cases=500]
import { cpus } from 'node:os'
import fc from 'fast-check'
import type { ProgrammeInput } from '../src/domain/programme.ts'
import { planProgramme } from '../src/programme/planner.ts'
import { planInThread } from '../src/programme/thread.ts'
import { faultsOfPlan } from '../test/support/programme-judge.ts'
import { anyProgrammeInput, aWholeRound } from '../test/support/programmes.ts'
import { option } from './support/random.ts'

const cases = Number(option('cases') ?? 500)
const aimSeconds = 10
const print = (line: string) => process.stdout.write(`${line}\n`)

async function wholeRound(): Promise<boolean> {
  const input = aWholeRound()
  const zones = new Set(input.speakers.map(({ timeZone }) => timeZone)).size
  const { countries, days, rooms, speakers } = input
  print(
    `${countries.length} countries, ${days.length} days, ${rooms.length} rooms, ${speakers.length} speakers in ${zones} zones`,
  )
  const [started, used] = [performance.now(), process.cpuUsage()]
  const plan = await planInThread(input)
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(used)
  if (plan === undefined) return false
  const again = await planInThread(input)
  const faults = faultsOfPlan(input, plan)
  print(
    `  planned in ${seconds.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of a processor (aim: under ${aimSeconds} s), the same again: ${JSON.stringify(plan) === JSON.stringify(again)}`,
  )
  print(
    `  speakers at night: first-fit ${plan.firstFit.atNight}, here ${plan.atNight}${plan.isFewest ? ', proven to be the fewest' : ''}`,
  )
  print(`  hard rules broken: ${faults.length}`)
  return seconds < aimSeconds && faults.length === 0 && JSON.stringify(plan) === JSON.stringify(again)
}

async function randomRounds(): Promise<boolean> {
  const sum = { cases: 0, faults: 0, atNight: 0, firstFit: 0, unproven: 0, slowest: 0 }
  const judge = async (input: ProgrammeInput) => {
    const started = performance.now()
    const plan = await planProgramme(input)
    const faults = faultsOfPlan(input, plan)
    sum.cases += 1
    sum.faults += faults.length
    sum.slowest = Math.max(sum.slowest, performance.now() - started)
    if (!plan.isFewest) sum.unproven += 1
    // Only programmes with a place for as many countries can be compared.
    if (plan.firstFit.missing === plan.compromises.filter(({ speaker }) => speaker === undefined).length) {
      sum.atNight += plan.atNight
      sum.firstFit += plan.firstFit.atNight
    }
    if (faults.length > 0) throw new Error(faults.join('\n'))
  }
  await fc.assert(fc.asyncProperty(anyProgrammeInput, judge), { numRuns: cases })
  print(
    `${sum.cases} random rounds: ${sum.faults} hard rules broken, ${sum.unproven} not proven, slowest ${(sum.slowest / 1000).toFixed(1)} s`,
  )
  print(`  speakers at night in all: first-fit ${sum.firstFit}, here ${sum.atNight}`)
  return sum.faults === 0
}

print(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`)
const results = [await wholeRound(), await randomRounds()]
process.exitCode = results.every(Boolean) ? 0 : 1
