import type { ColumnType, Generated } from 'kysely'
import type { Json } from './schema.ts'

export interface SlotTables {
  slot: SlotTable
  slot_country: SlotCountryTable
  slot_moderator: SlotModeratorTable
  slot_speaker: SlotSpeakerTable
  slot_waiting: SlotWaitingTable
  slot_swap: SlotSwapTable
  slot_attendance: SlotAttendanceTable
  slot_occupancy: SlotOccupancyTable
  speaker_availability: SpeakerAvailabilityTable
  mission: MissionTable
  invitation: InvitationTable
  invitation_message: InvitationMessageTable
  mission_registration: MissionRegistrationTable
}

export type SlotKind = 'qa' | 'screening'

export interface SlotTable {
  id: Generated<string>
  pre_session: number
  kind: SlotKind
  title: string | null
  starts_at: string
  ends_at: string
  room: string
  capacity: number | null
  join_url: string | null
  status: Generated<'planned' | 'open' | 'live' | 'ended' | 'cancelled'>
  published_at: string | null
  revision: Generated<number>
  created_at: string
  updated_at: string
  shown_at: Generated<string | null>
}

export interface SlotCountryTable {
  slot_id: string
  pre_session: number
  iso3: string
  position: number
}

export interface SlotModeratorTable {
  id: Generated<string>
  slot_id: string
  name: string
  email: string
  appointed_at: string
  appointed_by: string
}

export type Connection = 'expected' | 'connected' | 'cannotConnect' | 'spoke'

export interface SlotSpeakerTable {
  slot_id: string
  application_id: string
  seated: Generated<boolean>
  connection: Generated<Connection>
  connection_note: string | null
  connection_at: string | null
  booked_at: string
  booked_by: string
}

export interface SlotWaitingTable {
  number: ColumnType<number, never, never>
  slot_id: string
  application_id: string
  joined_at: string
  joined_by: string
}

export interface SlotSwapTable {
  id: Generated<string>
  pre_session: number
  slot_id: string
  application_id: string
  wanted_slot_id: string
  taken_by: string | null
  status: Generated<'offered' | 'accepted' | 'withdrawn'>
  offered_at: string
  settled_at: string | null
}

export interface SlotAttendanceTable {
  slot_id: string
  iso3: string
  state: string
  present_at: string
  spoke: Generated<boolean>
  recorded_at: string
  recorded_by: string
}

export interface SlotOccupancyTable {
  slot_id: string
  kind: 'room' | 'country' | 'speaker'
  resource: string
  application_id: string | null
  /** Read and written as SQL only. */
  during: string
}

export interface SpeakerAvailabilityTable {
  application_id: string
  time_zone: string | null
  windows: Json<{ startsAt: string; endsAt: string }[]>
  stated_at: string
  stated_by: string
}

export interface MissionTable {
  state: string
  emails: Generated<string[]>
  in_geneva: boolean | null
  note: string | null
  updated_at: string
  updated_by: string
}

export interface InvitationTable {
  pre_session: number
  state: string
  invited_at: string
  invited_by: string
  delivered_at: string | null
  channel: 'noteVerbale' | 'post' | 'byHand' | 'phone' | null
  delivery_note: string | null
}

export interface InvitationMessageTable {
  pre_session: number
  state: string
  email: string
  mail_id: string | null
  queued_at: string
}

export interface MissionRegistrationTable {
  id: Generated<string>
  pre_session: number
  state: string
  name: string
  email: string
  position: string | null
  registered_at: string
  registered_by: string
  cancelled_at: string | null
}
