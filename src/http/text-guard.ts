import type { App } from '../deps.ts'
import { AppError, type InputFault } from '../errors.ts'

/** NUL and halves of characters cannot be stored as text; they are refused where they stand instead of failing later. */
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000')

/** JSON deeper than this is nothing that a client of ours sends. */
const maxDepth = 32

export function addTextGuard(app: App): void {
  app.addHook('preValidation', (request, _reply, done) => {
    const faults: InputFault[] = []
    inspect(request.params, '/params', faults, 0)
    inspect(request.query, '/query', faults, 0)
    // Uploads are bytes, not text.
    if (!Buffer.isBuffer(request.body)) inspect(request.body, '', faults, 0)
    done(
      faults.length === 0
        ? undefined
        : new AppError('invalid_request', { detail: 'The request holds text that cannot be stored.', errors: faults }),
    )
  })
}

function inspect(value: unknown, pointer: string, faults: InputFault[], depth: number): void {
  if (faults.length >= 20) return
  if (typeof value === 'string') {
    if (!isStorable(value))
      faults.push({ pointer, code: 'not_allowed_character', message: 'The text holds a NUL or half of a character.' })
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (depth >= maxDepth) {
    faults.push({ pointer, code: 'too_deep', message: `The body is nested more than ${maxDepth} levels deep.` })
    return
  }
  for (const [key, item] of Object.entries(value)) {
    const place = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!isStorable(key))
      faults.push({
        pointer,
        code: 'not_allowed_character',
        message: 'The name of a field holds a NUL or half of a character.',
      })
    else inspect(item, place, faults, depth + 1)
  }
}
