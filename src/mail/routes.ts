import { decodeCursor, toPage } from '../db/page.ts'
import type { App, Deps } from '../deps.ts'
import { setNextLink } from '../http/link.ts'
import { closed, cursorQuery, limitQuery, ref } from '../http/schemas.ts'
import { listMails } from './queries.ts'
import { MailPage, toMail } from './schemas.ts'

/** Only where SANDBOX=true: what would be in somebody's mailbox. */
export const sandboxMailRoutes = (deps: Deps) => async (app: App) => {
  app.get(
    '/mails',
    {
      config: { access: ['admin'], wholeService: true },
      schema: {
        tags: ['sandbox'],
        operationId: 'listSandboxMails',
        summary: 'List sandbox mails',
        description:
          'The messages that the service wrote, newest first, with their links. Without SMTP_URL nothing is sent: this is the mailbox.',
        querystring: closed({ limit: limitQuery, cursor: cursorQuery }),
        response: { 200: { description: 'A page of messages.', ...ref(MailPage) } },
      },
    },
    async (request, reply) => {
      const { limit, cursor } = request.query
      const binding = ['mails']
      const after = decodeCursor(cursor, binding, { value: 'none', id: 'uuid' })
      const page = toPage(
        await listMails(deps.db, { after, limit }),
        limit,
        binding,
        ({ id }) => ({ value: '', id }),
        toMail,
      )
      setNextLink(request, reply, page.nextCursor)
      return page
    },
  )
}
