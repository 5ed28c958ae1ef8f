import type { Generated } from 'kysely'
import type { LinkPurpose } from '../domain/access-link.ts'
import type { Json } from './schema.ts'

export interface SessionTables {
  mission_delegate: MissionDelegateTable
  access_link_request: AccessLinkRequestTable
  access_link: AccessLinkTable
  session: SessionTable
  mail_outbox: MailOutboxTable
}

export interface MissionDelegateTable {
  id: Generated<string>
  state: string
  email: string
  registered_at: string
  registered_by: string
  revoked_at: string | null
  revoked_by: string | null
}

export interface AccessLinkRequestTable {
  id: Generated<string>
  email: string
  purpose: LinkPurpose
  pre_session: number
  country: string | null
  requested_at: string
}

export interface AccessLinkTable {
  id: Generated<string>
  token_hash: Buffer
  purpose: LinkPurpose
  email: string
  pre_session: number
  country: string | null
  state: string | null
  slot_id: string | null
  created_at: string
  expires_at: string
  used_at: string | null
  replaced_at: string | null
}

export interface SessionTable {
  id: Generated<string>
  token_hash: Buffer
  access_link_id: string | null
  role: LinkPurpose
  email: string
  pre_session: number
  country: string | null
  state: string | null
  slot_id: string | null
  created_at: string
  expires_at: string
  revoked_at: string | null
}

export interface MailOutboxTable {
  id: Generated<string>
  to_address: string
  template: string
  params: Json<Record<string, unknown>>
  subject: string
  text: string | null
  message_id: string
  state: Generated<'queued' | 'sent' | 'failed'>
  attempts: Generated<number>
  last_error: string | null
  created_at: string
  useful_until: string | null
  sent_at: string | null
}
