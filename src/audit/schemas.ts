import { component, enumOf, Id, Instant, nullable, pageOf, type Static, Type } from '../http/schemas.ts'
import type { AuditLogRow } from './queries.ts'

const text = (description: string, example: string) => nullable(Type.String(), { description, examples: [example] })

export const AuditEvent = component(
  'AuditEvent',
  Type.Object(
    {
      id: Id('Id of the entry.'),
      seq: nullable(Type.Integer(), { description: 'Place in the chain; null until it is sealed, within a second.' }),
      at: Instant('When it happened.'),
      kind: enumOf(['request', 'change'], {
        description: '`request`: somebody called an operation. `change`: what it changed, written with the change.',
      }),
      actor: Type.String({
        description: 'Who: id of the credential, `jotform`, or `system`.',
        examples: ['019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10'],
      }),
      role: Type.String({ description: 'The role of the caller; `system` for a job.', examples: ['secretariat'] }),
      action: Type.String({
        description: 'The `operationId`, or the dotted name of the change.',
        examples: ['getApplication', 'application.submitted'],
      }),
      requestId: text('Id of the request: the same for the request and what it changed.', 'f4c1'),
      remote: text('The network it came from: the address without its last part.', '203.0.113.0/24'),
      method: text('Method of the request.', 'GET'),
      subject: nullable(
        Type.Object({
          kind: Type.String({ description: 'What it is.', examples: ['applications'] }),
          id: Type.String({ description: 'Its id.' }),
        }),
        { description: 'The record it is about; null where it is about none or about many, as for a list.' },
      ),
      preSession: nullable(Type.Integer(), { description: 'The round it is about.' }),
      country: text('The State under Review it is about, ISO 3166-1 alpha-3.', 'BEL'),
      status: nullable(Type.Integer(), { description: 'HTTP status of the answer; null for a change.' }),
      reason: nullable(Type.String(), {
        description: 'The reason given, where one was asked for. It is kept in the history and goes with it.',
      }),
      details: Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        additionalProperties: true,
        description: 'Ids, codes, and the names of filters and fields; never what somebody wrote.',
      }),
      hash: text('SHA-256 over the hash before it and this entry, hexadecimal; null until it is sealed.', '9f86d081'),
    },
    { description: 'One entry of the audit log: never changed, never removed.' },
  ),
)
export const AuditEventPage = pageOf('AuditEventPage', AuditEvent)

export const AuditHead = component(
  'AuditHead',
  Type.Object(
    {
      seq: Type.Integer({ description: 'Place of the last sealed entry; 0 before the first one.' }),
      hash: Type.String({ description: 'Its hash, hexadecimal. Keep it elsewhere: it proves everything before it.' }),
      sealedAt: nullable(Type.String({ format: 'date-time' }), { description: 'When it was sealed. RFC 3339, UTC.' }),
      unsealed: Type.Integer({ description: 'Entries that are written and not sealed yet.' }),
    },
    { description: 'The end of the chain.' },
  ),
)

export const toAuditEvent = (row: AuditLogRow): Static<typeof AuditEvent> => ({
  id: row.id,
  seq: row.seq,
  at: row.at,
  kind: row.status === null ? 'change' : 'request',
  actor: row.actor,
  role: row.role,
  action: row.action,
  requestId: row.request_id,
  remote: row.remote,
  method: row.method,
  subject: row.subject_kind === null || row.subject_id === null ? null : { kind: row.subject_kind, id: row.subject_id },
  preSession: row.pre_session,
  country: row.country,
  status: row.status,
  reason: row.reason,
  details: row.details,
  hash: row.hash === null ? null : row.hash.toString('hex'),
})
