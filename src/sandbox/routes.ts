import type { App, Deps, Sandbox } from '../deps.ts'
import { parseInstant } from '../domain/instant.ts'
import { AppError, invalidInput } from '../errors.ts'
import { closed, component, Instant, ref, type Static, Type } from '../http/schemas.ts'
import { within } from '../http/within.ts'

const tags = ['sandbox']
/** Years of real rounds; far beyond them a running clock would leave the form of an instant. */
const years = /^20\d\d-/
const hookTimeoutMs = 30_000

const ClockReading = component(
  'ClockReading',
  Type.Object(
    { now: Instant('The time in the service.') },
    { description: 'The clock that rules, expiries and poll schedules read.' },
  ),
)
const ClockSetting = component(
  'ClockSetting',
  closed(
    { now: Instant('The time to stand at.') },
    {
      description: 'Where to put the clock; it runs on from there.',
      examples: [{ now: '2021-01-08T22:59:59Z' }],
    },
  ),
)

/** Only where SANDBOX=true, which production refuses: so that frontends can stand before, at and after a deadline. */
export const sandboxRoutes = (deps: Deps) => async (app: App) => {
  app.get(
    '/clock',
    {
      config: { access: 'public' },
      schema: {
        tags,
        operationId: 'getSandboxClock',
        summary: 'Get sandbox clock',
        description: 'The time in the service now. It has no ETag, since it never stands still.',
        response: { 200: ref(ClockReading) },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      return { now: deps.clock.now() }
    },
  )

  app.put(
    '/clock',
    {
      config: { access: ['admin'], wholeService: true },
      schema: {
        tags,
        operationId: 'setSandboxClock',
        summary: 'Set sandbox clock',
        description:
          'Puts the clock of every replica to an instant, forward or back; it runs on from there. Answers when the polls that fell due have run.',
        body: ref(ClockSetting),
        response: { 200: ref(ClockReading) },
      },
    },
    async (request) => ({ now: await moveClock(deps, request.body) }),
  )
}

async function moveClock({ sandbox, log }: Deps, { now: given }: Static<typeof ClockSetting>): Promise<string> {
  const now = parseInstant(given)
  if (now === undefined) throw invalidInput('/now', 'wrong_format', 'It must be an RFC 3339 instant.')
  if (!years.test(now)) throw invalidInput('/now', 'out_of_range', 'It must lie in the years 2000 to 2099.')
  if (sandbox === undefined) throw new AppError('unavailable', { headers: { 'retry-after': '5' } })
  await sandbox.set(now)
  await runHooks(sandbox, now, log)
  return now
}

/** The clock has been moved whatever comes of it: a hook that fails or hangs is logged, not answered. */
async function runHooks({ onSet }: Sandbox, now: string, log: Deps['log']): Promise<void> {
  const run = async (hook: Sandbox['onSet'][number]) => {
    await within(hookTimeoutMs, hook(now)).catch((error: unknown) =>
      log.error({ err: error }, 'sandbox clock hook failed'),
    )
  }
  await Promise.all(onSet.map(run))
}
