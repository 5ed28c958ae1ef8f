import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { readInstants } from '../http/instants.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, Iso3, limitQuery, ref, Type } from '../http/schemas.ts'
import { genesis } from './chain.ts'
import { countUnsealed, findHead, listAuditEvents } from './queries.ts'
import { AuditEventPage, AuditHead, toAuditEvent } from './schemas.ts'
import { isSubmissionId, subjectOfSubmission } from './subject.ts'

const tags = ['audit-log']
const config = { access: ['admin'] as const, wholeService: true as const }
const instant = (description: string) =>
  Type.Optional(Type.String({ format: 'date-time', pattern: '^2[01]', description: `${description} RFC 3339.` }))
const name = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 200, description }))

export const auditRoutes =
  ({ db, keys }: Deps) =>
  async (app: App) => {
    app.get(
      '',
      {
        config,
        schema: {
          operationId: 'listAuditEvents',
          tags,
          summary: 'List audit events',
          description:
            'Who did what, when, from where, on which record, newest first. Every write and every read of restricted data is here before its answer leaves; ' +
            'a list that was read is one entry. Reading the log is an entry too.',
          querystring: closed({
            actor: name('By this credential.'),
            action: name('This `operationId` or name of a change.'),
            subject: name(
              'On the record with this id; a Jotform submission is asked for by its number and shown as a keyed hash.',
            ),
            preSession: Type.Optional(Type.Integer({ minimum: 1, maximum: 999, description: 'About this round.' })),
            country: Type.Optional(Iso3('About this State under Review.')),
            since: instant('Not earlier than this.'),
            until: instant('Earlier than this.'),
            requestId: name('In this request.'),
            limit: limitQuery,
            cursor: cursorQuery,
          }),
          response: { 200: { description: 'A page of entries.', ...ref(AuditEventPage) } },
        },
      },
      async (request, reply) => {
        const { limit, cursor, ...filters } = request.query
        const binding = ['audit-log', filters]
        const after = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })?.id
        const { subject } = filters
        const named = subject !== undefined && isSubmissionId(subject) ? subjectOfSubmission(keys, subject) : subject
        const asked = readInstants({ ...filters, subject: named }, ['since', 'until'])
        const rows = await listAuditEvents(db, asked, { after, limit })
        const page = toPage(rows, limit, binding, (row) => ({ value: '', id: row.id }), toAuditEvent)
        setNextLink(request, reply, page.nextCursor)
        return page
      },
    )

    app.get(
      '/head',
      {
        config,
        schema: {
          operationId: 'getAuditHead',
          tags,
          summary: 'Get head of audit log',
          description:
            'The end of the chain. Keep it outside of the service: `npm run audit:verify -- --head SEQ:HASH` then shows that nothing before it was changed or cut off. ' +
            'It has no ETag: to read it is an entry of its own.',
          response: { 200: ref(AuditHead) },
        },
      },
      async () => {
        const [head, { count }] = await Promise.all([findHead(db), countUnsealed(db)])
        return { seq: head?.seq ?? 0, hash: head?.hash ?? genesis, sealedAt: head?.sealed_at ?? null, unsealed: count }
      },
    )
  }
