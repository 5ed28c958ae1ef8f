// How long an initialised instance takes until it is ready, and what the Node process holds in memory when nothing happens.
// npm run coldstart [-- --times=5]
import { setTimeout as delay } from 'node:timers/promises'
import { option } from './support/random.ts'
import { runScript, temporaryDirectory } from './support/run.ts'
import { newIdentity, residentMemory, startService } from './support/service.ts'

const limitMs = 3 * 60_000
const times = Number(option('times') ?? 5)
const idleMs = 5_000
const aim = { readyMs: 2_000, residentMiB: 150 }

interface Measured {
  readyMs: number
  residentMiB: number | undefined
}

await runScript(limitMs, async (closing) => {
  const dataDir = await temporaryDirectory(closing, 'coldstart')
  const identity = await newIdentity()
  const measure = async (): Promise<Measured> => {
    const service = await startService(closing, { dataDir, identity })
    await delay(idleMs)
    const bytes = await residentMemory(service.pid)
    await service.stop()
    return { readyMs: service.readyAfterMs, residentMiB: bytes && bytes / 2 ** 20 }
  }
  print('first start, with initdb and migrations', await measure())
  const starts: Measured[] = []
  for (let time = 1; time <= times; time += 1) {
    const measured = await measure()
    print(`start ${time}`, measured)
    starts.push(measured)
  }
  const readyMs = median(starts.map((start) => start.readyMs))
  const resident = starts.flatMap((start) => start.residentMiB ?? [])
  const residentMiB = resident.length === 0 ? undefined : median(resident)
  print(`median of ${times} (aim: under ${aim.readyMs} ms, under ${aim.residentMiB} MiB)`, { readyMs, residentMiB })
  return readyMs < aim.readyMs && (residentMiB ?? 0) < aim.residentMiB
})

function print(what: string, { readyMs, residentMiB }: Measured): void {
  const memory = residentMiB === undefined ? 'memory unknown' : `${residentMiB.toFixed(0)} MiB after ${idleMs / 1000} s`
  console.log(`${what}: ready after ${readyMs.toFixed(0)} ms, ${memory}`)
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.trunc((sorted.length - 1) / 2)] as number
}
