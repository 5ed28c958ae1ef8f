import type { ApplicationBody } from '../domain/application.ts'
import { AppError, type InputFault } from '../errors.ts'
import { components } from '../http/schemas.ts'
import { faultsOf } from '../http/validation.ts'
import { findState, findStateByText, findTheme } from '../reference/data.ts'
import { ApplicationInput, type ApplicationInputBody } from './schemas-content.ts'

/** JSON Merge Patch (RFC 7396). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

/** A patch may leave half an object behind: the whole must be what an application may be. */
export function requireWhole(merged: unknown): ApplicationInputBody {
  const errors = faultsOf(ApplicationInput, merged, components())
  if (errors.length > 0)
    throw new AppError('invalid_request', { detail: 'With this change the content would not be valid.', errors })
  return merged as ApplicationInputBody
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Codes in upper case, a State's name as its code; refuses what names nothing: an unknown country or theme. */
export function normaliseContent(input: ApplicationInputBody): ApplicationBody {
  const faults: InputFault[] = []
  const body = structuredClone(input) as ApplicationBody
  if (body.country !== undefined) {
    body.country = body.country.toUpperCase()
    if (findState(body.country) === undefined)
      faults.push({
        pointer: '/country',
        code: 'unknown_state',
        message: `${body.country} is not the ISO 3166-1 alpha-3 code of a State.`,
      })
  }
  for (const [index, issue] of (body.issues ?? []).entries()) {
    if (typeof issue === 'string' && findTheme(issue) === undefined) {
      faults.push({
        pointer: `/issues/${index}`,
        code: 'unknown_theme',
        message: `There is no theme "${issue}"; see GET /v1/themes, or give {"other": "…"}.`,
      })
    }
  }
  if (faults.length > 0)
    throw new AppError('invalid_request', { detail: 'The content names something that is not known.', errors: faults })
  const { organisation } = body
  if (organisation?.basedIn !== undefined)
    organisation.basedIn = findStateByText(organisation.basedIn) ?? organisation.basedIn
  if (organisation?.address?.country !== undefined)
    organisation.address.country = findStateByText(organisation.address.country) ?? organisation.address.country
  for (const member of body.coalitionMembers ?? [])
    if (member.country !== undefined) member.country = findStateByText(member.country) ?? member.country
  return body
}
