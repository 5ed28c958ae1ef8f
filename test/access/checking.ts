import type { LightMyRequestResponse } from 'fastify'
import type { Place } from '../support/document.ts'
import { type CallerName, callerNames } from './callers.ts'
import type { Kind, PreparedRecord } from './kind.ts'
import type { Row } from './rows.ts'
import { needle, refusalOf, type Sender, wordsOf } from './sending.ts'
import { gateOf, isRefused, verdictOf, viewIn } from './verdict.ts'
import { surplusWords, whoIs } from './words.ts'
import type { PreparedWorld } from './world.ts'

export interface Tried {
  place: Place
  row: Row
  caller: CallerName
}

/** Tries every cell of an operation; what is answered otherwise than the policy says comes back in words. */
export async function tryOperation(world: PreparedWorld, send: Sender, place: Place, row: Row): Promise<string[]> {
  const faults: string[] = []
  for (const caller of callerNames) {
    const tried = { place, row, caller }
    if (row.about === undefined) faults.push(...(await tryPlain(world, send, tried)))
    else if (row.as === 'list') faults.push(...(await tryList(world, send, tried, row.about)))
    else faults.push(...(await tryRecords(world, send, tried, row.about)))
  }
  return faults
}

/** Without a record: refused, or let through; in neither case does anything of any record show but to staff. */
async function tryPlain(world: PreparedWorld, send: Sender, { place, row, caller }: Tried): Promise<string[]> {
  const verdict = verdictOf(row, caller, place)
  const isProbed = row.isProbed === true || place.method !== 'GET'
  const answer = await send.as(caller, place, row, undefined, isProbed ? `${needle}=1` : '')
  const status = answer.statusCode
  const hasId = /\{(?!number|iso3)/.test(place.path)
  const isRight =
    verdict !== 'ok'
      ? status === Number(verdict)
      : isProbed
        ? status === 400 && answer.body.includes(`/query/${needle}`)
        : status < 300 || (status === 404 && hasId)
  const faults = isRight ? [] : [`${caller}: ${status} instead of ${verdict}: ${answer.body}`]
  return [...faults, ...surplusWords(world, caller, answer).map((fault) => `${caller}: ${fault}`)]
}

async function tryRecords(world: PreparedWorld, send: Sender, tried: Tried, kind: Kind): Promise<string[]> {
  const { place, row, caller } = tried
  const faults: string[] = []
  const records = Object.entries(world.prepared.get(kind) as Record<string, PreparedRecord>)
  // Who is refused for its role is refused before any record is looked at.
  const met = gateOf(row, caller, place) === 'ok' ? records : records.slice(0, 1)
  const ask = async (record: PreparedRecord, query = '') => {
    world.statements.take()
    const answer = await send.as(caller, place, row, record, query)
    return { answer, way: world.statements.take().sort().join('; ') }
  }
  let absent: Awaited<ReturnType<typeof ask>> | undefined
  for (const [index, [situation, record]] of met.entries()) {
    const verdict = verdictOf(row, caller, place, situation)
    // What staff may do depends on no situation: a few of them stand for all.
    if (row.as === 'act' && verdict === 'staff' && index % 5 !== 0) continue
    const target = row.as === 'act' && !isRefused(verdict) ? await kind.copy(world, record) : record
    const { answer, way } = await ask(target, row.as === 'gate' && !isRefused(verdict) ? `${needle}=1` : '')
    const tell = (fault: string) => faults.push(`${caller}, ${situation}: ${fault}`)
    if (row.as === 'gate' && !isRefused(verdict)) {
      if (answer.statusCode !== 400 || !answer.body.includes(needle)) tell(`${answer.statusCode} instead of ${verdict}`)
      continue
    }
    if (!isRefused(verdict)) {
      const mayConflict = row.as === 'act' && answer.statusCode === 409
      if (answer.statusCode >= 300 && !mayConflict) tell(`${answer.statusCode} instead of ${verdict}: ${answer.body}`)
      else for (const fault of faultsOfView(kind, verdict, record, answer, row.as === 'whole')) tell(fault)
      continue
    }
    if (answer.statusCode !== Number(verdict)) tell(`${answer.statusCode} instead of ${verdict}: ${answer.body}`)
    else if (verdict === '404') {
      absent ??= await ask({ ...record, params: { ...record.params, ...kind.never } })
      if (refusalOf(absent.answer) !== refusalOf(answer)) tell(`told from an id that never was: ${answer.body}`)
      // The same statements take the same time; scripts/timing.ts measures it.
      if (absent.way !== way) tell(`another way than for an id that never was: ${way}`)
    }
    for (const [field, word] of Object.entries(record.canaries))
      if (wordsOf(answer).includes(word)) tell(`the refusal shows ${field}`)
  }
  return faults
}

/** The words of the record that are in the answer, against those that the view shows; whole: neither more nor fewer, and no other field. */
function faultsOfView(
  kind: Kind,
  verdict: string,
  record: PreparedRecord,
  answer: LightMyRequestResponse,
  isWhole: boolean,
): string[] {
  const faults = faultsOfWords(kind, verdict, record, wordsOf(answer), isWhole)
  return isWhole ? [...faults, ...faultsOfKeys(kind, verdict, answer.json())] : faults
}

function faultsOfWords(kind: Kind, verdict: string, record: PreparedRecord, words: string, isWhole: boolean): string[] {
  const shown = kind.shows[verdict]
  if (shown === undefined) return [`the view ${verdict} is described nowhere`]
  if (shown.canaries === 'all') return []
  const may = new Set(shown.canaries)
  return Object.entries(record.canaries).flatMap(([field, word]) => {
    const isThere = words.includes(word)
    if (isThere && !may.has(field)) return [`the view ${verdict} shows ${field}`]
    return isWhole && !isThere && may.has(field) ? [`the view ${verdict} lacks ${field}`] : []
  })
}

function faultsOfKeys(kind: Kind, verdict: string, item: unknown): string[] {
  const allowed = kind.shows[verdict]?.keys
  if (allowed === undefined) return []
  const { view, ...rest } = item as Record<string, unknown>
  const surplus = Object.keys(rest).filter((key) => !allowed.includes(key))
  const told = allowed.includes('decision') && !('decision' in rest) ? [`the view ${verdict} lacks decision`] : []
  const named = view !== undefined && view !== viewIn(verdict) ? [`it calls itself ${view} instead of ${verdict}`] : []
  return [...surplus.map((key) => `the view ${verdict} has the field ${key}`), ...told, ...named]
}

/** One page with everything: each record stands in it or does not, in the view that is its own. */
async function tryList(world: PreparedWorld, send: Sender, tried: Tried, kind: Kind): Promise<string[]> {
  const { place, row, caller } = tried
  const faults: string[] = []
  const records = Object.entries(world.prepared.get(kind) as Record<string, PreparedRecord>)
  // An applicant or a mission of the State under Review is another person for each record.
  const byBearer = new Map<string | undefined, PreparedRecord>()
  for (const [, record] of records) byBearer.set(await world.bearer(caller, record), record)
  for (const asked of byBearer.values()) {
    const answer = await send.as(caller, place, row, asked, 'limit=100')
    const gate = verdictOf(row, caller, place)
    if (gate !== 'ok') {
      if (answer.statusCode !== Number(gate)) faults.push(`${caller}: ${answer.statusCode} instead of ${gate}`)
      continue
    }
    for (const [situation, record] of records) {
      const seenAs = whoIs(caller, asked, record)
      const verdict = verdictOf(row, seenAs, place, situation)
      const item = answer.statusCode === 404 ? undefined : kind.findIn(answer.json(), record)
      const tell = (fault: string) => faults.push(`${caller} (${asked.country}), ${situation}: ${fault}`)
      if (isRefused(verdict)) {
        if (item !== undefined) tell('it is in the list')
        for (const [field, word] of Object.entries(record.canaries))
          if (wordsOf(answer).includes(word)) tell(`the list shows ${field}`)
      } else if (item === undefined) tell(`it is not in the list for ${verdict}`)
      else {
        const words = JSON.stringify(item).toLowerCase()
        for (const fault of faultsOfWords(kind, verdict, record, words, row.as === 'whole')) tell(fault)
        for (const fault of faultsOfKeys(kind, verdict, item)) tell(fault)
      }
    }
  }
  return faults
}
