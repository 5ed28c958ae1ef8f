import pino, { type DestinationStream, type Logger } from 'pino'

/** An error as the log may hold it: PostgreSQL's `detail` and `where` carry the values of rows, so they stay out. */
const serializeError = (error: unknown) => {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code, constraint, table } = error as { code?: string; constraint?: string; table?: string }
  return { type: error.name, message: error.message, code, constraint, table, stack: error.stack }
}

/** Structured lines on standard output. Nothing logs headers or bodies; what looks like a secret is cut all the same. */
export const createLog = (level: string, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: serializeError, error: serializeError },
      redact: {
        paths: [
          'authorization',
          '*.authorization',
          'apiKey',
          '*.apiKey',
          'webhookURL',
          '*.webhookURL',
          'rawRequest',
          '*.rawRequest',
          'pretty',
          '*.pretty',
        ],
        censor: '[redacted]',
      },
    },
    destination,
  )
