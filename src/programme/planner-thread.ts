import { parentPort, workerData } from 'node:worker_threads'
import { planProgramme } from './planner.ts'

parentPort?.postMessage(await planProgramme(workerData))
