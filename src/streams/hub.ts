import type { ServerResponse } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import type { Deps } from '../deps.ts'
import { isEarlier } from '../domain/instant.ts'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/access.ts'
import { within } from '../http/within.ts'
import { createListener, type Listener } from './listener.ts'
import { type Position, type Positions, rightsHash } from './position.ts'

/** A topic as it was read at one moment, all of it from the same state of the database. */
export interface World {
  lastId: number
  /** Events are here from this position on; whoever stands before it is told the present state instead. */
  completeAfter: number
  /** Whoever has the same key sees the same; undefined: to this caller the topic is not there. */
  keyOf(caller: Caller): string | undefined
  /** What decides, apart from events, what is seen under a key. It is made of nothing that the key does not show. */
  rightsOf(key: string): string
  /** The whole of what is seen, as one event. */
  snapshot(key: string): Buffer
  /** The events after a position, as they are seen now. */
  changes(key: string, after: number): Buffer
  /** What has no history, such as an order: each sent when it is another than before. Always as many, in the same places. */
  states(key: string): readonly Buffer[]
}

export interface Source {
  /** With the events after this position; without one, from where the topic stands. Undefined: there is no such topic. */
  load(topic: string, after: number | undefined): Promise<World | undefined>
  /** Ids of those credentials that are still good. */
  validOf(ids: string[]): Promise<Set<string>>
}

interface Topic {
  id: string
  cursor: number | undefined
  groups: Map<string, Group>
  joining: Joining[]
  isStale: boolean
  isPumping: boolean
}

/** Those who get the same. */
interface Group {
  rights: string
  states: readonly Buffer[]
  listeners: Set<Listener>
}

interface JoinRequest {
  topic: string
  caller: Caller
  lastEventId: string | undefined
  response: ServerResponse
}

interface Joining extends JoinRequest {
  position: Position | undefined
  resolve(listener: Listener | undefined): void
  reject(error: unknown): void
}

export interface HubOptions {
  source: Source
  positions: Positions
  clock: Deps['clock']
  log: Deps['log']
  /** Begins to listen; told each topic that changed, and nothing after a connection was lost. */
  listen(changed: (told?: string) => Promise<void>): Promise<{ close(): Promise<void> }>
}

/** What is not told is found within this: a lost notification, a release whose time came, a session that ended. */
const pollMs = 1_000
const heartbeatMs = 15_000
/** Whoever has no session asks anew after this, so that narrower limits of a key take effect. */
const renewAfterMs = 15 * 60_000
const mostListeners = 10_000
const loadTimeoutMs = 10_000

export type Hub = ReturnType<typeof createHub>

/** Tells every listener of this process what changed (docs/decisions/0008). One pump a topic, so that nothing is told twice or out of order. */
export function createHub({ source, positions, clock, log, listen }: HubOptions) {
  const topics = new Map<string, Topic>()
  let count = 0
  let dropped = 0
  let isClosed = false
  let listening: Promise<{ close(): Promise<void> } | undefined> | undefined
  let timers: NodeJS.Timeout[] = []

  const allListeners = () => [...topics.values()].flatMap(listenersOf)
  const wakeAll = () => {
    for (const topic of topics.values()) wake(topic)
  }
  const changed = async (told?: string) => {
    if (told === undefined) return wakeAll()
    const topic = topics.get(told.split(' ')[0] as string)
    if (topic !== undefined) wake(topic)
  }

  /** Begins with the first listener: most processes never have one. */
  function begin(): void {
    listening ??= listen(changed).catch((error: unknown) => {
      log.warn({ err: error }, 'streams are not told of changes, and look for them')
      listening = undefined
      return undefined
    })
    if (timers.length > 0) return
    timers = [
      setInterval(wakeAll, pollMs),
      setInterval(() => {
        for (const listener of allListeners()) listener.beat()
        if (count > 0) begin()
      }, heartbeatMs),
    ]
    for (const timer of timers) timer.unref()
  }

  function wake(topic: Topic): void {
    topic.isStale = true
    if (!topic.isPumping) void pump(topic)
  }

  async function pump(topic: Topic): Promise<void> {
    topic.isPumping = true
    while (topic.isStale && !isClosed) {
      topic.isStale = false
      const joining = topic.joining.splice(0)
      try {
        await tell(topic, joining)
      } catch (error) {
        log.warn({ err: error, topic: topic.id }, 'a stream could not be read')
        for (const one of joining) one.reject(new AppError('unavailable', { headers: { 'retry-after': '2' } }))
      }
      // Sockets are written to before more is read.
      await turn()
    }
    topic.isPumping = false
    if (topic.groups.size === 0 && topic.joining.length === 0) topics.delete(topic.id)
  }

  async function tell(topic: Topic, joining: Joining[]): Promise<void> {
    const resumed = joining.flatMap(({ position }) => (position === undefined ? [] : [position.id]))
    const after =
      topic.cursor === undefined && resumed.length === 0
        ? undefined
        : Math.min(topic.cursor ?? Number.MAX_SAFE_INTEGER, ...resumed)
    const callers = [...listenersOf(topic), ...joining].map(({ caller }) => caller)
    const [world, valid] = await within(
      loadTimeoutMs,
      Promise.all([source.load(topic.id, after), source.validOf(idsOf(callers))]),
    )
    // From here to the end nothing waits: what was read is told to all of them, and they stand at the same place afterwards.
    const now = clock.now()
    const isValid = (caller: Caller) => isGood(caller, valid, now)
    const moved = sortOut(topic, world, isValid)
    if (world !== undefined) {
      for (const [key, group] of topic.groups) tellGroup(world, topic, { key, group, moved })
      topic.cursor = Math.max(topic.cursor ?? 0, world.lastId)
    }
    if (isClosed) throw new Error('The service is closing.')
    for (const one of joining) admit(topic, world, one, isValid)
  }

  /** Ends those who may not listen any more; gives back those whose key is another now. */
  function sortOut(topic: Topic, world: World | undefined, isValid: (caller: Caller) => boolean): Set<Listener> {
    const moved = new Set<Listener>()
    for (const listener of listenersOf(topic)) {
      const isOld = !isSession(listener.caller) && performance.now() - listener.since > renewAfterMs
      const key = isValid(listener.caller) && !isOld ? world?.keyOf(listener.caller) : undefined
      if (key === listener.key) continue
      remove(topic, listener)
      if (key === undefined || world === undefined)
        listener.end(isOld ? 'renew' : isValid(listener.caller) ? 'notVisible' : 'credentialEnded')
      else {
        listener.key = key
        moved.add(listener)
        add(topic, world, listener)
      }
    }
    return moved
  }

  function tellGroup(
    world: World,
    topic: Topic,
    { key, group, moved }: { key: string; group: Group; moved: Set<Listener> },
  ): void {
    const rights = world.rightsOf(key)
    const states = world.states(key)
    const cursor = topic.cursor ?? world.lastId
    const isOther = rights !== group.rights || cursor < world.completeAfter
    const news = isOther ? world.snapshot(key) : world.changes(key, cursor)
    const changed = states.filter((state, index) => isOther || !state.equals(group.states[index] as Buffer))
    group.rights = rights
    group.states = states
    const told = changed.reduce(both, news)
    for (const listener of group.listeners)
      listener.send(moved.has(listener) ? states.reduce(both, world.snapshot(key)) : told)
  }

  function admit(topic: Topic, world: World | undefined, one: Joining, isValid: (caller: Caller) => boolean): void {
    const key = isValid(one.caller) ? world?.keyOf(one.caller) : undefined
    if (key === undefined || world === undefined) {
      one.resolve(undefined)
      return
    }
    const listener = createListener({
      caller: one.caller,
      key,
      response: one.response,
      onDrop: () => {
        dropped += 1
      },
    })
    const { position } = one
    const isResumed =
      position !== undefined &&
      position.id >= world.completeAfter &&
      position.id <= world.lastId &&
      position.rights === rightsHash(world.rightsOf(key))
    listener.send(isResumed ? world.changes(key, position.id) : world.snapshot(key))
    for (const state of world.states(key)) listener.send(state)
    add(topic, world, listener)
    count += 1
    listener.stream.once('close', () => {
      count -= 1
      remove(topic, listener)
      if (topic.groups.size === 0 && topic.joining.length === 0 && !topic.isPumping) topics.delete(topic.id)
    })
    one.resolve(listener)
  }

  return {
    /** A listener to be answered with, or nothing where this caller knows of no such topic. */
    async join(request: JoinRequest): Promise<Listener | undefined> {
      if (isClosed || count >= mostListeners) throw new AppError('unavailable', { headers: { 'retry-after': '5' } })
      begin()
      const topic = topics.get(request.topic) ?? newTopic(request.topic)
      topics.set(topic.id, topic)
      const position = positions.read(topic.id, request.lastEventId)
      return new Promise((resolve, reject) => {
        topic.joining.push({ ...request, position, resolve, reject })
        wake(topic)
      })
    },
    count: () => count,
    dropped: () => dropped,
    /** Everybody is told to come back: to another replica, or to this one when it is there again. */
    async close(): Promise<void> {
      isClosed = true
      for (const timer of timers) clearInterval(timer)
      for (const { joining } of topics.values())
        for (const one of joining.splice(0))
          one.reject(new AppError('unavailable', { headers: { 'retry-after': '2' } }))
      for (const listener of allListeners()) listener.end('shuttingDown')
      await (await listening)?.close()
    },
  }
}

const joined = new WeakMap<Buffer, { second: Buffer; both: Buffer }>()

/** Two buffers as one write; the same two as the same one, since many groups are sent the same. */
function both(first: Buffer, second: Buffer): Buffer {
  if (first.length === 0) return second
  if (second.length === 0) return first
  const known = joined.get(first)
  if (known?.second === second) return known.both
  const made = Buffer.concat([first, second])
  joined.set(first, { second, both: made })
  return made
}

const newTopic = (id: string): Topic => ({
  id,
  cursor: undefined,
  groups: new Map(),
  joining: [],
  isStale: false,
  isPumping: false,
})

const listenersOf = ({ groups }: Topic): Listener[] => [...groups.values()].flatMap(({ listeners }) => [...listeners])

function add({ groups }: Topic, world: World, listener: Listener): void {
  const group = groups.get(listener.key) ?? {
    rights: world.rightsOf(listener.key),
    states: world.states(listener.key),
    listeners: new Set<Listener>(),
  }
  group.listeners.add(listener)
  groups.set(listener.key, group)
}

function remove({ groups }: Topic, listener: Listener): void {
  const group = groups.get(listener.key)
  group?.listeners.delete(listener)
  if (group?.listeners.size === 0) groups.delete(listener.key)
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

const idsOf = (callers: Caller[]): string[] => [...new Set(callers.map(({ id }) => id).filter((id) => uuid.test(id)))]

/** Sessions and keys are looked up each time; a token of an issuer is good until its end; the configured key and the public always. */
const isGood = ({ id, expiresAt }: Caller, valid: Set<string>, now: string): boolean =>
  uuid.test(id) ? valid.has(id) : expiresAt === undefined || isEarlier(now, expiresAt)

const isSession = ({ role }: Caller): boolean =>
  role === 'applicant' || role === 'mission' || role === 'moderator' || role === 'public'
