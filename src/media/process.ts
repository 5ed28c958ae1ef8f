// The process that opens untrusted media: one task on stdin, one answer on stdout. It ends with whoever started it.
import { once } from 'node:events'
import { inspectMedia } from './inspect.ts'
import type { MediaTask } from './isolated.ts'
import { stripMedia } from './strip.ts'

process.stdin.setEncoding('utf8')
const [line] = (await once(process.stdin, 'data')) as [string]
process.stdin.once('end', () => process.exit(1))
const task = JSON.parse(line) as MediaTask
const answer = await work(task)
process.stdout.write(JSON.stringify(answer), () => process.exit(0))

/** Loaded as far as the task needs it. */
async function work(task: MediaTask): Promise<unknown> {
  switch (task.operation) {
    case 'inspect':
      return inspectMedia(task.path)
    case 'strip':
      return stripMedia(task.path, task.output)
    case 'stripPdf':
      return (await import('./strip-pdf.ts')).stripPdf(task.path, task.output)
  }
}
