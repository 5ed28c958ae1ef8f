import { type ErrorCode, errorCodes } from './error-codes.ts'

/** One fault of an input: where it is (JSON Pointer from the body, or `/query/…`, `/params/…`, `/headers/…`), a stable code, a sentence. */
export interface InputFault {
  pointer: string
  code: string
  message: string
}

/** What stands in the way of a booking: the kind of place and since when until when it is taken; its slot only where the caller may read that. */
export interface PlaceConflict {
  kind: 'room' | 'country' | 'speaker' | 'seat'
  startsAt: string
  endsAt: string
  /** Of those that were asked for. */
  country?: string
  slotId?: string
  /** For staff alone. */
  applicationId?: string
}

export interface ErrorDetails {
  detail?: string
  errors?: InputFault[]
  conflicts?: PlaceConflict[]
  headers?: Record<string, string>
  cause?: unknown
}

/** The only exception the service throws on purpose; the error handler turns it into a problem document. */
export class AppError extends Error {
  override name = 'AppError'
  readonly code: ErrorCode
  readonly status: number
  readonly detail: string | undefined
  readonly errors: InputFault[] | undefined
  readonly conflicts: PlaceConflict[] | undefined
  readonly headers: Record<string, string>

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.detail ?? errorCodes[code].title, { cause: details.cause })
    this.code = code
    this.status = errorCodes[code].status
    this.detail = details.detail
    this.errors = details.errors
    this.conflicts = details.conflicts
    this.headers = details.headers ?? {}
  }
}

/** One fault as a whole problem. */
export const invalidInput = (pointer: string, code: string, message: string): AppError =>
  new AppError('invalid_request', { detail: message, errors: [{ pointer, code, message }] })
