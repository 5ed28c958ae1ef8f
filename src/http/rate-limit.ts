import { hash } from 'node:crypto'
import rateLimit, { type FastifyRateLimitStoreCtor, normalizeIP } from '@fastify/rate-limit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config.ts'
import type { App } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Caller } from './access.ts'

const windowSeconds = 60
/** Scripts of the secretariat's own. */
const staffPerMinute = 6_000
/** Wrong credentials that one address may show in a minute: enough for a typo, and a hopeless pace against 256 random bits. */
const minWrongPerMinute = 20
/** Lookups of unknown credentials of one address at the same time: those of a burst count only when they turn out wrong. */
const maxLooking = 200
/** How many callers, addresses and credentials are remembered; the least recently seen is forgotten first. */
const remembered = 10_000

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * `false`: never limited. A function: whether the secret in the address is right, and then never limited; a wrong one counts as a wrong
     * credential. `token`: the body holds a token, and 401 says that it is wrong.
     */
    limited?: false | 'token' | ((request: FastifyRequest) => boolean)
  }
}

export interface RateLimits {
  /** Refuses the address that has shown too many wrong credentials, before another unknown one is looked up. */
  lookUp(request: FastifyRequest, reply: FastifyReply, bearer: string, resolve: Resolve): Promise<Caller | undefined>
  /** Counts a request of somebody who is known, or of an address, and refuses what is too much. */
  count(request: FastifyRequest, reply: FastifyReply, caller: Caller): Promise<void>
}

type Resolve = (bearer: string) => Promise<Caller | undefined>
type Limiter = ReturnType<App['createRateLimit']>

/** Limits per credential, and per address for those without one. Each process counts for itself. */
export async function addRateLimits(
  app: App,
  { rateLimitPerMinute }: Pick<Config['http'], 'rateLimitPerMinute'>,
): Promise<RateLimits> {
  const timeWindow = windowSeconds * 1000
  await app.register(rateLimit, {
    global: false,
    timeWindow,
    store: createStore as unknown as FastifyRateLimitStoreCtor,
  })
  const allowanceOf = ({ role }: Caller) =>
    role === 'admin' || role === 'integration' ? Math.max(staffPerMinute, rateLimitPerMinute) : rateLimitPerMinute
  const wrongPerMinute = Math.max(minWrongPerMinute, Math.floor(rateLimitPerMinute / 30))
  const addressOf = rememberAddresses()
  const counted = new WeakMap<FastifyRequest, Caller>()
  const requests = app.createRateLimit({
    max: (request) => allowanceOf(counted.get(request) as Caller),
    keyGenerator: (request) => {
      const { role, id } = counted.get(request) as Caller
      return role === 'public' ? `address ${addressOf(request.ip)}` : id
    },
  })
  const wrong: Limiter = app.createRateLimit({
    max: wrongPerMinute,
    keyGenerator: (request) => addressOf(request.ip),
  })
  const looking = new Map<string, number>()
  const refusalOfGuesser = (reply: FastifyReply, ttlInSeconds: number) =>
    tooMany(
      reply,
      { name: 'wrong-credentials', max: wrongPerMinute, ttlInSeconds },
      'This address has shown too many wrong credentials.',
    )
  const refuseGuesser = async (request: FastifyRequest, reply: FastifyReply) => {
    const state = await wrong(request, { increment: false })
    if (!state.isAllowed && state.remaining === 0) throw refusalOfGuesser(reply, state.ttlInSeconds)
  }
  const known = recentlyKnown()

  // A token in a body is found wrong when the body has been read.
  app.addHook('onResponse', async (request, reply) => {
    if (request.routeOptions.config.limited === 'token' && reply.statusCode === 401) await wrong(request)
  })

  return {
    async lookUp(request, reply, bearer, resolve) {
      const key = hash('sha256', bearer, 'base64')
      // Who was known a moment ago is no guesser, whatever others at the same address do.
      if (known.has(key)) {
        const caller = await resolve(bearer)
        if (caller === undefined) known.delete(key)
        return caller
      }
      const address = addressOf(request.ip)
      const others = looking.get(address) ?? 0
      if (others >= maxLooking) throw refusalOfGuesser(reply, 1)
      looking.set(address, others + 1)
      try {
        await refuseGuesser(request, reply)
        const caller = await resolve(bearer)
        if (caller === undefined) await wrong(request)
        else known.add(key)
        return caller
      } finally {
        const left = (looking.get(address) ?? 1) - 1
        if (left === 0) looking.delete(address)
        else looking.set(address, left)
      }
    },
    async count(request, reply, caller) {
      const { limited } = request.routeOptions.config
      if (limited === false) return
      if (typeof limited === 'function') {
        if (limited(request)) return
        // The body stays unread: the connection ends with the answer.
        reply.header('connection', 'close')
        const state = await wrong(request)
        if (!state.isAllowed && state.isExceeded) throw refusalOfGuesser(reply, state.ttlInSeconds)
        return
      }
      if (limited === 'token') await refuseGuesser(request, reply)
      counted.set(request, caller)
      const state = await requests(request)
      if (state.isAllowed) return
      const name = caller.role === 'public' ? 'address' : 'credential'
      if (state.isExceeded) throw tooMany(reply, { ...state, name }, `At most ${state.max} requests a minute.`)
      setLimits(reply, { ...state, name })
    },
  }
}

interface Counter {
  name: string
  max: number
  remaining?: number
  ttlInSeconds: number
}

/** The headers of draft-ietf-httpapi-ratelimit-headers: what may be done, and what is left of it. */
function setLimits(reply: FastifyReply, { name, max, remaining = 0, ttlInSeconds }: Counter): void {
  reply.header('ratelimit-policy', `"${name}";q=${max};w=${windowSeconds}`)
  reply.header('ratelimit', `"${name}";r=${remaining};t=${ttlInSeconds}`)
}

function tooMany(reply: FastifyReply, counter: Counter, detail: string): AppError {
  const wait = Math.max(1, counter.ttlInSeconds)
  setLimits(reply, { ...counter, remaining: 0, ttlInSeconds: wait })
  return new AppError('rate_limited', { detail, headers: { 'retry-after': String(wait) } })
}

/** An IPv6 network of a household or an office counts as one address. Reading one costs more than the rest of the limiter, so it is kept. */
function rememberAddresses(): (ip: string) => string {
  const addresses = new Map<string, string>()
  return (ip) => {
    const seen = addresses.get(ip)
    if (seen !== undefined) return seen
    const address = normalizeIP(ip)
    makeRoom(addresses)
    addresses.set(ip, address)
    return address
  }
}

/** Hashes of credentials that were valid lately. */
function recentlyKnown() {
  const hashes = new Map<string, true>()
  return {
    has: (key: string) => hashes.has(key),
    delete: (key: string) => hashes.delete(key),
    add: (key: string) => {
      if (hashes.has(key)) return
      makeRoom(hashes)
      hashes.set(key, true)
    },
  }
}

type Answer = (error: null, state: { current: number; ttl: number }) => void

/**
 * Counters of a fixed window, at most so many, in place of the plugin's own: that one answers requests of the same instant with one object,
 * so that each of them sees the last one's count and a burst is refused whole.
 */
function createStore() {
  const counters = new Map<string, { current: number; endsAt: number }>()
  const find = (key: string, now: number) => {
    const counter = counters.get(key)
    return counter === undefined || counter.endsAt <= now ? undefined : counter
  }
  return {
    incr(key: string, answer: Answer, timeWindow: number) {
      const now = Math.floor(performance.now())
      const counter = find(key, now) ?? { current: 0, endsAt: now + timeWindow }
      counter.current += 1
      counters.delete(key)
      makeRoom(counters)
      counters.set(key, counter)
      answer(null, { current: counter.current, ttl: counter.endsAt - now })
    },
    read(key: string, answer: Answer) {
      const now = Math.floor(performance.now())
      const { current, endsAt } = find(key, now) ?? { current: 0, endsAt: now }
      answer(null, { current, ttl: endsAt - now })
    },
    child: () => createStore(),
  }
}

function makeRoom(map: Map<string, unknown>): void {
  if (map.size < remembered) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
