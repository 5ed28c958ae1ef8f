import { type Deadline, type DeadlineInput, resolveDeadline } from '../domain/deadline.ts'
import { AppError, type InputFault } from '../errors.ts'
import type { Static } from '../http/schemas.ts'
import type * as deadlines from './deadlines.ts'
import type { PreSessionRow } from './queries.ts'
import type { CreatePreSession, UpdatePreSession } from './schemas.ts'
import { defaultSettings, mergeSettings, type RoundSettings, settingsOf } from './settings.ts'

export type Created = Static<typeof CreatePreSession>
export type Patch = Static<typeof UpdatePreSession>
type DeadlinePatch = Static<typeof deadlines.DeadlinePatch>

/** What a person may write of a round. */
export type Content = Pick<
  PreSessionRow,
  | 'title'
  | 'format'
  | 'starts_on'
  | 'ends_on'
  | 'dates_precision'
  | 'time_zone'
  | 'application_deadline'
  | 'statement_deadline'
  | 'video_deadline'
  | 'application_form_url'
> & { settings: RoundSettings }

export function contentOf(body: Created): Content {
  const faults: InputFault[] = []
  const read = (pointer: string, input: Static<typeof deadlines.DeadlineInput>) =>
    readDeadline(pointer, { ...input, timeZone: input.timeZone ?? body.timeZone }, faults)
  const applicationDeadline = read('/applicationDeadline', body.applicationDeadline)
  const content = {
    title: body.title ?? `Pre-sessions ${body.number}`,
    format: body.format,
    starts_on: body.dates.start,
    ends_on: body.dates.end,
    dates_precision: body.dates.precision ?? ('tentative' as const),
    time_zone: body.timeZone,
    statement_deadline: (body.statementDeadline && read('/statementDeadline', body.statementDeadline)) ?? null,
    video_deadline: (body.videoDeadline && read('/videoDeadline', body.videoDeadline)) ?? null,
    application_form_url: body.applicationFormUrl ?? null,
    settings: mergeSettings(defaultSettings, body.settings ?? {}),
  }
  faults.push(...faultsOf(content))
  if (applicationDeadline === undefined || faults.length > 0) throw refusal(faults)
  return { ...content, application_deadline: applicationDeadline }
}

function readDeadline(pointer: string, input: DeadlineInput, faults: InputFault[]): Deadline | undefined {
  const resolved = resolveDeadline(input)
  if ('deadline' in resolved) return resolved.deadline
  faults.push(...resolved.faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer })))
  return undefined
}

/** What no schema can see: dates in order, a zone that names a place (judged as that of a deadline), a panel that is possible. */
function faultsOf({ starts_on, ends_on, time_zone, settings }: Omit<Content, 'application_deadline'>): InputFault[] {
  const zone = resolveDeadline({ local: '2021-01-01T12:00', timeZone: time_zone })
  const faults: InputFault[] = 'faults' in zone ? [...zone.faults] : []
  if (ends_on < starts_on) {
    const message = `The last day, ${ends_on}, lies before the first, ${starts_on}.`
    faults.push({ pointer: '/dates/end', code: 'before_start', message })
  }
  const { min, max } = settings.panelSize
  if (min > max) {
    const message = `A panel cannot have at least ${min} and at most ${max} speakers.`
    faults.push({ pointer: '/settings/panelSize/max', code: 'below_min', message })
  }
  return faults
}

export const refusal = (errors: InputFault[]): AppError =>
  new AppError('invalid_request', {
    detail: errors.length === 1 && errors[0] ? errors[0].message : `${errors.length} faults in the request.`,
    errors,
  })

export const toColumns = (content: Content) => ({
  title: content.title,
  format: content.format,
  starts_on: content.starts_on,
  ends_on: content.ends_on,
  dates_precision: content.dates_precision,
  time_zone: content.time_zone,
  application_deadline: JSON.stringify(content.application_deadline),
  closes_at: content.application_deadline.closesAt,
  statement_deadline: content.statement_deadline && JSON.stringify(content.statement_deadline),
  video_deadline: content.video_deadline && JSON.stringify(content.video_deadline),
  application_form_url: content.application_form_url,
  settings: JSON.stringify(content.settings),
})

export function patched(row: PreSessionRow, patch: Patch): Content {
  const faults: InputFault[] = []
  const timeZone = patch.timeZone ?? row.time_zone
  const read = (pointer: string, current: Deadline | null, change: DeadlinePatch | null | undefined) => {
    if (change === undefined || change === null) return change === null ? null : current
    return readDeadline(pointer, mergeDeadline(current, change, timeZone), faults) ?? null
  }
  const applicationDeadline = read('/applicationDeadline', row.application_deadline, patch.applicationDeadline)
  const content = {
    title: patch.title ?? row.title,
    format: patch.format ?? row.format,
    starts_on: patch.dates?.start ?? row.starts_on,
    ends_on: patch.dates?.end ?? row.ends_on,
    dates_precision: patch.dates?.precision ?? row.dates_precision,
    time_zone: timeZone,
    statement_deadline: read('/statementDeadline', row.statement_deadline, patch.statementDeadline),
    video_deadline: read('/videoDeadline', row.video_deadline, patch.videoDeadline),
    application_form_url: patch.applicationFormUrl === undefined ? row.application_form_url : patch.applicationFormUrl,
    settings: mergeSettings(settingsOf(row.settings), patch.settings ?? {}),
  }
  faults.push(...faultsOf(content))
  if (applicationDeadline === null || faults.length > 0) throw refusal(faults)
  return { ...content, application_deadline: applicationDeadline }
}

/** Wording and offset belong to one clock time: they are not carried over to another one. */
function mergeDeadline(current: Deadline | null, patch: DeadlinePatch, roundZone: string): DeadlineInput {
  const local = patch.local ?? current?.local ?? ''
  const timeZone = patch.timeZone ?? current?.timeZone ?? roundZone
  const isSameTime = local === current?.local && timeZone === current.timeZone
  const kept = isSameTime ? { wording: current.wording, offset: current.offset } : {}
  const { wording, offset } = { ...kept, ...patch }
  return { local, timeZone, wording: wording ?? undefined, offset: offset ?? undefined, closesAt: patch.closesAt }
}
