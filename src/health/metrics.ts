import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { App, Deps } from '../deps.ts'
import { within } from '../http/within.ts'
import { countJobs, countSubmissions } from './queries.ts'

export interface Metrics {
  contentType: string
  /** Of the process only: anything counted per operation would hint at how many applied (contract §2.1). */
  ofProcess(): Promise<string>
  all(): Promise<string>
  /** Adds what this process counts by itself; read when it is asked for. */
  watch(name: string, help: string, read: () => number): void
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer lasts as long as somebody listens: that is no duration of a request. */
    isStream?: boolean
  }
}

const processMetrics = /^(nodejs_(eventloop|gc|heap|external_memory|version)|process_(resident|virtual|heap|start))_/
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const collectTimeoutMs = 2_000

/** Measures every request of this app. Each app has metrics of its own, so that one process can hold several. */
export function addMetrics(app: App, { db, log }: Pick<Deps, 'db' | 'log'>): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Seconds from the request to the end of its answer, by operation and status.',
    labelNames: ['operation', 'status'],
    buckets: durationBuckets,
    registers: [registry],
  })
  app.addHook('onResponse', (request, reply, done) => {
    const operation = request.routeOptions.schema?.operationId ?? 'other'
    const isStream = request.routeOptions.config.isStream === true && reply.statusCode === 200
    if (!isStream) durations.observe({ operation, status: reply.statusCode }, reply.elapsedTime / 1000)
    done()
  })
  addCount(registry, log, {
    name: 'queue_jobs',
    help: 'Jobs in the queue, by task and state.',
    labelNames: ['task', 'state'],
    count: () => countJobs(db),
  })
  addCount(registry, log, {
    name: 'jotform_submissions',
    help: 'Submissions of the Jotform forms, by state.',
    labelNames: ['state'],
    count: () => countSubmissions(db),
  })
  return {
    contentType: registry.contentType,
    all: () => registry.metrics(),
    watch(name, help, read) {
      new Gauge({
        name,
        help,
        registers: [registry],
        collect() {
          this.set(read())
        },
      })
    },
    async ofProcess() {
      const names = registry.getMetricsAsArray().map(({ name }) => name)
      const shown = names.filter((name) => processMetrics.test(name))
      const texts = await Promise.all(shown.map((name) => registry.getSingleMetricAsString(name)))
      return `${texts.join('\n\n')}\n`
    },
  }
}

interface Counted {
  name: string
  help: string
  labelNames: string[]
  /** The labels of each sample beside its value. */
  count(): Promise<{ count: number }[]>
}

/** Counted in the database when it is asked for. */
function addCount(registry: Registry, log: Deps['log'], { name, help, labelNames, count }: Counted): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    async collect() {
      this.reset()
      try {
        for (const { count: value, ...labels } of await within(collectTimeoutMs, count()))
          this.set(labels as Record<string, string>, value)
      } catch (error) {
        // The other metrics are worth most when the database is in trouble.
        log.warn({ err: error, metric: name }, 'metric unknown')
      }
    },
  })
}
