import { type Entry, plain } from './verdicts.ts'

/** The tables in which a person stands, in the order in which they are told of and erased. */
export const tablesOfPeople: Record<string, Entry> = {
  application: {
    fate: 'application',
    class: 'applications',
    columns: {
      ...plain('country', 'status', 'outcome', 'decision', 'answer', 'source', 'received_basis', 'organisation_type'),
      ...plain('told_status'),
      form_id: 'person',
      submission_id: 'person',
      body: 'person',
      receipt: 'person',
      assessment: 'person',
      withdrawal_reason: 'person',
      consents: 'person',
      outcome_override: 'person',
      decision_reason: 'person',
      search_text: 'person',
      organisation_key: 'person',
      member_keys: 'person',
      emails: 'person',
    },
  },
  application_version: {
    fate: 'application',
    class: 'versions',
    columns: { body: 'person', undecided: 'person', content_sha256: 'person' },
  },
  document: {
    fate: 'application',
    class: 'documents',
    columns: {
      ...plain('kind', 'media_type', 'status', 'added_by_hand'),
      file_name: 'person',
      sha256: 'person',
      copy_sha256: 'person',
      failure: 'person',
      copy_failure: 'plain',
      source_url: 'person',
      review_status: 'plain',
      review_reasons: 'person',
      reviewed_by: 'staff',
      scan: 'plain',
    },
  },
  consent: {
    fate: 'emptied',
    class: 'consents',
    columns: { ...plain('code', 'wording_version'), recorded_by: 'staff' },
  },
  history_event: {
    fate: 'emptied',
    class: 'history',
    columns: { ...plain('action'), actor: 'staff', reason: 'person', details: 'person' },
  },
  idempotency_key: {
    fate: 'own',
    class: 'answers',
    columns: { key_hash: 'secret', request_hash: 'secret', answer: 'person', subjects: 'person' },
  },

  speaker_availability: {
    fate: 'application',
    class: 'availability',
    columns: { time_zone: 'person', windows: 'person', stated_by: 'staff' },
  },
  slot_speaker: {
    fate: 'application',
    class: 'slots',
    isToldAfterRelease: true,
    columns: { connection: 'plain', connection_note: 'person', booked_by: 'staff' },
  },
  slot_waiting: { fate: 'application', class: 'slots', isToldAfterRelease: true, columns: { joined_by: 'staff' } },
  slot_swap: {
    fate: 'application',
    class: 'slots',
    isToldAfterRelease: true,
    columns: { status: 'plain', taken_by: 'hidden' },
  },
  screening_order: { fate: 'application', class: 'slots', isToldAfterRelease: true, columns: {} },
  // The resource of a speaker is a keyed hash of the address.
  slot_occupancy: {
    fate: 'application',
    class: 'slots',
    isToldAfterRelease: true,
    columns: { kind: 'plain', resource: 'secret' },
  },

  // What is put to a speaker goes with the speaker, as long as there are words: they may name the person.
  question: {
    fate: 'application',
    class: 'questions',
    isToldAfterRelease: true,
    toldOnceSet: 'asked_at',
    columns: {
      ...plain('kind', 'country', 'addressee', 'status'),
      body: 'person',
      // A mission may wish not to be named.
      state: 'hidden',
      put_by: 'hidden',
      hold_reason: 'hidden',
    },
  },
  question_answer: { fate: 'application', class: 'questions', isToldAfterRelease: true, columns: { body: 'person' } },

  // The bytes of a video follow its rows by the storage's own list (file_removal).
  video_submission: {
    fate: 'application',
    class: 'videos',
    columns: { ...plain('language', 'form', 'status'), created_by: 'staff' },
  },
  video_version: {
    fate: 'application',
    class: 'videos',
    via: { table: 'video_submission', column: 'submission_id' },
    columns: {
      ...plain('state', 'language', 'delivered_media_type', 'poster_media_type', 'rendition_media_type'),
      stored_key: 'hidden',
      delivered_key: 'hidden',
      poster_key: 'hidden',
      rendition_key: 'hidden',
      sha256: 'person',
      delivered_sha256: 'person',
      rendition_sha256: 'person',
      file_name: 'person',
      checks: 'person',
      media: 'person',
      scan: 'person',
    },
  },
  video_upload: {
    fate: 'application',
    class: 'videos',
    via: { table: 'video_submission', column: 'submission_id' },
    columns: {
      id: 'secret',
      ...plain('state', 'language', 'failure'),
      storage_key: 'hidden',
      storage_state: 'hidden',
      file_name: 'person',
      sha256: 'person',
      created_by: 'staff',
    },
  },
  video_caption: {
    fate: 'application',
    class: 'videos',
    via: { table: 'video_submission', column: 'submission_id' },
    columns: { ...plain('language', 'source_format'), text: 'person', checks: 'person', created_by: 'staff' },
  },
  video_review: {
    fate: 'application',
    class: 'videos',
    via: { table: 'video_submission', column: 'submission_id' },
    columns: { decision: 'plain', reasons: 'person', reviewer: 'staff' },
  },

  // Links before the sessions that come of them: whoever is using a link has its row until its session is there.
  access_link_request: {
    fate: { address: 'email' },
    class: 'accessLinkRequests',
    columns: { email: 'person', purpose: 'plain', country: 'plain' },
  },
  access_link: {
    fate: { address: 'email' },
    class: 'accessLinks',
    columns: { token_hash: 'secret', email: 'person', ...plain('purpose', 'country', 'state') },
  },
  session: {
    fate: { address: 'email' },
    class: 'sessions',
    columns: { token_hash: 'secret', email: 'person', ...plain('role', 'country', 'state') },
  },
  calendar_feed: {
    fate: { address: 'email' },
    class: 'calendarFeeds',
    columns: { token_hash: 'secret', email: 'person', ...plain('role', 'country', 'state', 'time_zone') },
  },
  mail_outbox: {
    fate: { address: 'to_address' },
    class: 'mails',
    columns: {
      to_address: 'person',
      params: 'person',
      subject: 'person',
      text: 'person',
      ...plain('template', 'message_id', 'state', 'last_error'),
    },
  },
  mission_delegate: {
    fate: { address: 'email' },
    class: 'missionDelegates',
    columns: { email: 'person', state: 'plain', registered_by: 'staff', revoked_by: 'staff' },
  },
  deadline_waiver: {
    fate: { address: 'email' },
    class: 'deadlineWaivers',
    columns: { email: 'person', kind: 'plain', iso3: 'plain', reason: 'person', granted_by: 'staff' },
  },
  slot_moderator: {
    fate: { address: 'email' },
    class: 'moderators',
    columns: { name: 'person', email: 'person', appointed_by: 'staff' },
  },
  invitation_message: {
    fate: { address: 'email' },
    class: 'invitations',
    columns: { email: 'person', state: 'plain' },
  },
  mission_registration: {
    fate: { address: 'email' },
    class: 'missionRegistrations',
    columns: { name: 'person', email: 'person', position: 'person', state: 'plain', registered_by: 'staff' },
  },
  mission: {
    fate: { listed: 'emails' },
    class: 'missions',
    columns: { ...plain('state', 'note'), emails: 'person', updated_by: 'staff' },
  },

  jotform_delivery: {
    fate: 'intake',
    class: 'jotformDeliveries',
    columns: {
      ...plain('source', 'format', 'form_id'),
      remote_ip: 'person',
      headers: 'person',
      content_type: 'person',
      raw_body: 'person',
      raw_sha256: 'person',
      submission_id: 'person',
      parse_error: 'person',
    },
  },
  jotform_submission: {
    fate: 'intake',
    class: 'jotformSubmissions',
    columns: {
      ...plain('form_id', 'state', 'verification', 'refusals', 'first_seen_source', 'jotform_status'),
      ...plain('jotform_created_at', 'jotform_updated_at', 'last_error'),
      submission_id: 'person',
      state_reason: 'person',
      event_id: 'person',
      test_mark: 'person',
      notes: 'person',
      extra: 'person',
    },
  },
  jotform_submission_version: {
    fate: 'intake',
    class: 'jotformSubmissions',
    columns: {
      ...plain('form_id', 'source', 'jotform_updated_at'),
      submission_id: 'person',
      answers: 'person',
      content_sha256: 'person',
    },
  },
  jotform_file: {
    fate: 'intake',
    class: 'jotformSubmissions',
    columns: { ...plain('form_id', 'status'), submission_id: 'person', url: 'person', error: 'person' },
  },
  _private_jobs: {
    fate: 'intake',
    class: 'jobs',
    columns: { payload: 'person', ...plain('last_error', 'key', 'locked_by', 'flags') },
  },
}
