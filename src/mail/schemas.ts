import { component, enumOf, Id, Instant, nullable, pageOf, Type } from '../http/schemas.ts'
import type { MailRow } from './queries.ts'

export const Mail = component(
  'Mail',
  Type.Object(
    {
      id: Id('Id of the message.'),
      to: Type.String({ description: 'Its one recipient.' }),
      template: Type.String({ description: 'What kind of message it is.', examples: ['accessLink'] }),
      subject: Type.String({ description: 'Subject.' }),
      text: nullable(Type.String(), { description: 'The whole text, with the link in it.' }),
      state: enumOf(['queued', 'sent', 'failed'], {
        description: '`queued`: not sent, as without SMTP_URL. `failed`: given up.',
      }),
      attempts: Type.Integer({ description: 'How often sending was tried.' }),
      lastError: nullable(Type.String(), { description: 'What came of the last try.' }),
      createdAt: Instant('When it was written.'),
      sentAt: nullable(Instant('When the mail server took it.'), { description: 'Null: not sent.' }),
    },
    { description: 'A message of the outbox.' },
  ),
)
export const MailPage = pageOf('MailPage', Mail)

export const toMail = (row: MailRow) => ({
  id: row.id,
  to: row.to_address,
  template: row.template,
  subject: row.subject,
  text: row.text,
  state: row.state,
  attempts: row.attempts,
  lastError: row.last_error,
  createdAt: row.created_at,
  sentAt: row.sent_at,
})
