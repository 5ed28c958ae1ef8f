/**
 * Every code the API can answer with: status, title and what a caller does about it.
 * Codes are stable for ever and never reworded; `/problems/{code}` shows this table's row as a page.
 */
export const errorCodes = {
  invalid_request: {
    status: 400,
    title: 'The request is not valid',
    advice: 'Correct each fault listed in `errors`; every pointer names the place.',
  },
  invalid_cursor: {
    status: 400,
    title: 'The cursor does not fit this list',
    advice: 'Start again without a cursor. A cursor belongs to the filters and the order it was made with.',
  },
  unauthenticated: {
    status: 401,
    title: 'A valid credential is needed',
    advice: 'Send `Authorization: Bearer …` with a key, a session or a token that is valid now.',
  },
  access_link_invalid: {
    status: 401,
    title: 'This access link does not work',
    advice:
      'Ask for a new one with POST /v1/access-links; a link works once, for 30 minutes, until a newer one is sent.',
  },
  event_ticket_invalid: {
    status: 401,
    title: 'This event ticket does not work',
    advice: 'Get a new one with POST /v1/event-tickets; a ticket opens one stream of one slot, once, within a minute.',
  },
  forbidden: {
    status: 403,
    title: 'This credential may not do that',
    advice: 'Use a credential of another role, or with more scopes; GET /v1/sessions/current tells those of this one.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing at this address',
    advice: 'Check the address against the contract at /openapi.json.',
  },
  pre_session_not_found: {
    status: 404,
    title: 'No such Pre-sessions round',
    advice: 'List the rounds with GET /v1/pre-sessions.',
  },
  country_not_found: {
    status: 404,
    title: 'This State is not under review in this round',
    advice: 'List the countries with GET /v1/pre-sessions/{number}/countries.',
  },
  state_not_found: {
    status: 404,
    title: 'No such State',
    advice: 'List the States with GET /v1/states; codes are ISO 3166-1 alpha-3.',
  },
  working_group_session_not_found: {
    status: 404,
    title: 'No such Working Group session in the calendar',
    advice: 'List the sessions with GET /v1/working-group-sessions.',
  },
  application_not_found: { status: 404, title: 'No such application', advice: 'Check the id.' },
  document_not_found: {
    status: 404,
    title: 'No such document',
    advice: 'Check the id; a document whose copy is still pending has no content yet.',
  },
  calendar_feed_not_found: {
    status: 404,
    title: 'No such calendar feed',
    advice: 'Make one with POST /v1/calendar-feeds; an address that was revoked shows nothing any more.',
  },
  programme_version_not_found: {
    status: 404,
    title: 'No such version of the programme',
    advice: 'List the versions with GET /v1/pre-sessions/{number}/programme/publications.',
  },
  delivery_not_found: {
    status: 404,
    title: 'No such delivery',
    advice: 'List the deliveries with GET /v1/integrations/jotform/deliveries.',
  },
  submission_not_found: {
    status: 404,
    title: 'No such Jotform submission',
    advice: 'List the submissions with GET /v1/integrations/jotform/submissions.',
  },
  session_not_found: { status: 404, title: 'No such session', advice: 'List the sessions with GET /v1/sessions.' },
  delegate_not_found: {
    status: 404,
    title: 'No such mission delegate',
    advice: 'List the delegates with GET /v1/mission-delegates.',
  },
  slot_not_found: {
    status: 404,
    title: 'No such slot',
    advice: 'List the slots with GET /v1/qa-slots or GET /v1/screenings.',
  },
  person_not_found: {
    status: 404,
    title: 'Nothing is kept about such a person',
    advice: 'Get the id with POST /v1/people and an address; who was erased has a new id with their next application.',
  },
  invitation_not_found: {
    status: 404,
    title: 'This State was not invited to the round',
    advice: 'Invite all missions with POST /v1/pre-sessions/{number}/invitations.',
  },
  registration_not_found: {
    status: 404,
    title: 'No such registration',
    advice: 'List the registrations with GET /v1/pre-sessions/{number}/registrations.',
  },
  swap_not_found: {
    status: 404,
    title: 'No such offer',
    advice: 'List the offers below the address of the slot whose seat is offered.',
  },
  attendance_not_found: {
    status: 404,
    title: 'This mission was not recorded as present',
    advice: 'List who was present below the address of the slot.',
  },
  speaker_not_in_slot: {
    status: 404,
    title: 'This speaker is not in the slot',
    advice: 'List the speakers and those who wait below the address of the slot.',
  },
  question_not_found: {
    status: 404,
    title: 'No such question',
    advice: 'List the questions of a slot with GET /v1/qa-slots/{id}/questions.',
  },
  form_not_found: {
    status: 404,
    title: 'No mapping for this form',
    advice: 'Create one with PUT /v1/integrations/jotform/forms/{formId}.',
  },
  api_key_not_found: {
    status: 404,
    title: 'No such API key',
    advice: 'List the keys with GET /v1/api-keys; a limited key knows only of those within its limits.',
  },
  video_submission_not_found: { status: 404, title: 'No such video submission', advice: 'Check the id.' },
  video_version_not_found: {
    status: 404,
    title: 'No such version of this video',
    advice: 'List the versions with GET /v1/video-submissions/{id}/versions.',
  },
  captions_not_found: {
    status: 404,
    title: 'There are no captions in this language',
    advice: 'The languages are in `captions` of the submission; send some with PUT.',
  },
  upload_not_found: {
    status: 404,
    title: 'No such upload',
    advice: 'Read the video submission: `upload` has the address that takes bytes.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This address does not take that method',
    advice: 'Use one of the methods in the `Allow` header.',
  },
  pre_session_exists: {
    status: 409,
    title: 'This round exists already',
    advice: 'Change it with PATCH /v1/pre-sessions/{number}.',
  },
  country_exists: { status: 409, title: 'This State is in the round already', advice: 'Change it with PATCH.' },
  delegate_exists: {
    status: 409,
    title: 'This State has this delegate already',
    advice: 'Nothing is to be done; list the delegates with GET /v1/mission-delegates.',
  },
  slot_conflict: {
    status: 409,
    title: 'The place is taken at that time',
    advice:
      'Read `conflicts`: the kind of place and the time for which it is taken. Choose another time, or wait for a seat.',
  },
  invitations_not_possible: {
    status: 409,
    title: 'Missions cannot be invited or registered now',
    advice: 'Missions are invited once the call is published and before the round is over.',
  },
  registration_exists: {
    status: 409,
    title: 'This address is registered for the mission already',
    advice: 'Nothing is to be done; list the registrations with GET /v1/pre-sessions/{number}/registrations.',
  },
  not_registered: {
    status: 409,
    title: 'This mission is not registered for the round',
    advice: 'Register a delegate with POST /v1/pre-sessions/{number}/registrations first.',
  },
  not_a_speaker: {
    status: 409,
    title: 'This application has no speaker for the programme',
    advice:
      'Seats are for speakers who were selected; they choose one themselves once they know of it and have confirmed.',
  },
  capacity_too_small: {
    status: 409,
    title: 'More speakers sit in this slot already',
    advice: 'Take speakers out first; a capacity is never below the seats that are taken.',
  },
  slot_in_use: {
    status: 409,
    title: 'This slot is published, or speakers are in it',
    advice: 'Call it off with a transition to `cancelled` instead of deleting it.',
  },
  slot_closed: {
    status: 409,
    title: 'The status of this slot does not allow it',
    advice: 'Read the status of the slot; one that was called off can be reinstated.',
  },
  round_closed: {
    status: 409,
    title: 'The programme of this round can no longer be changed',
    advice: 'Only rounds that are not cancelled, closed or archived have slots that change.',
  },
  questions_closed: {
    status: 409,
    title: 'This slot takes no more questions',
    advice: 'Questions are put until the slot has ended or was called off.',
  },
  floor_only: {
    status: 409,
    title: 'The State under Review asks nothing about itself',
    advice:
      'Offer the opening statement (`openingStatement`) or wish for the floor (`floor`); the moderator decides (R29, R30).',
  },
  not_under_review: {
    status: 409,
    title: 'Only the State under Review has the floor',
    advice: 'Put a question; name the country in `country` where the slot is about several.',
  },
  opening_taken: {
    status: 409,
    title: 'There is an opening statement already',
    advice: 'Each State under Review has one in a slot (R29); wish for the floor instead.',
  },
  too_many_questions: {
    status: 409,
    title: 'This mission has as many questions here as it may have',
    advice: 'Wait until some were called; five may wait at a time, and twenty be put in one slot.',
  },
  voting_closed: {
    status: 409,
    title: 'This question cannot be voted for',
    advice: 'Missions vote for questions that wait to be called.',
  },
  own_question: {
    status: 409,
    title: 'A mission does not vote for its own question',
    advice: 'Vote for those of others.',
  },
  cannot_merge: {
    status: 409,
    title: 'These two cannot be joined',
    advice: 'Join a question into another one of the same slot that waits for the moderator or for its call.',
  },
  country_in_use: {
    status: 409,
    title: 'Something refers to this country',
    advice: 'Set its status to `withdrawn` instead of deleting it.',
  },
  illegal_transition: {
    status: 409,
    title: 'This move is not possible from the current status',
    advice: 'Choose one of the legal moves named in `detail`.',
  },
  call_not_open: {
    status: 409,
    title: 'This round does not take applications',
    advice: 'Wait until the call is open; see `acceptingApplications` of the round.',
  },
  already_submitted: {
    status: 409,
    title: 'The application was submitted already',
    advice: 'Read it; a change before the deadline is a PATCH.',
  },
  application_closed: {
    status: 409,
    title: 'The application can no longer be changed',
    advice: 'A withdrawn application stays withdrawn; make a new one while the call is open.',
  },
  not_submitted: {
    status: 409,
    title: 'The application was not submitted',
    advice: 'Only a submitted application can be decided on or prevented.',
  },
  not_eligible: {
    status: 409,
    title: 'Only an eligible application can be selected',
    advice: 'Read the assessment; where the rules are wrong about it, set the outcome with a reason first.',
  },
  nothing_to_answer: {
    status: 409,
    title: 'There is no selection to answer',
    advice: 'Wait until the selection is released.',
  },
  extension_not_later: {
    status: 409,
    title: 'A deadline is only ever moved to a later time',
    advice: 'Give a time after the present deadline (R6).',
  },
  extension_not_possible: {
    status: 409,
    title: 'The deadline can no longer be extended',
    advice: 'Extend it before the round is confirmed, and for a country that is not withdrawn.',
  },
  waivers_not_allowed: {
    status: 409,
    title: 'This round allows no waivers',
    advice: 'Set `lateWaiversAllowed` in the settings of the round first (R7).',
  },
  managed_in_jotform: {
    status: 409,
    title: 'This application is kept in Jotform',
    advice: 'Edit the submission in Jotform; the change arrives by itself.',
  },
  jotform_not_configured: {
    status: 409,
    title: 'No Jotform API key is configured',
    advice: 'Set JOTFORM_API_KEY and start the service again.',
  },
  api_key_ended: {
    status: 409,
    title: 'This key was revoked, replaced or has expired',
    advice: 'Make a new one with POST /v1/api-keys.',
  },
  not_a_reviewer: {
    status: 409,
    title: 'This key is no reviewer',
    advice: 'Countries are assigned to keys with the role `reviewer`.',
  },
  nothing_to_hand_in: {
    status: 409,
    title: 'There is no selection to hand a video in for',
    advice: 'Wait until the selection is released; only selected speakers who did not decline hand in a video.',
  },
  videos_closed: {
    status: 409,
    title: 'This round does not take videos',
    advice: 'Videos are taken from the call until the end of the Pre-sessions.',
  },
  video_submission_exists: {
    status: 409,
    title: 'This speaker has a video submission already',
    advice: 'Add a version with POST /v1/video-submissions/{id}/versions, or withdraw it first (R23).',
  },
  video_closed: {
    status: 409,
    title: 'This video submission takes nothing more',
    advice: 'A withdrawn submission stays withdrawn; begin another one.',
  },
  video_being_received: {
    status: 409,
    title: 'All bytes of the version before are here and being read',
    advice:
      'Wait until it is checked, then add another version. If that does not end within ten minutes, it can be given up.',
  },
  too_many_video_versions: {
    status: 409,
    title: 'This video was handed in as often as the round takes it',
    advice:
      'Every version is kept. Talk to the secretariat: it can raise `settings.video.maxVersions` of the round, or you can withdraw the submission, which removes its versions, and begin another one.',
  },
  video_in_use: {
    status: 409,
    title: 'An accepted video is not deleted',
    advice: 'Withdraw it instead.',
  },
  video_infected: {
    status: 409,
    title: 'The scan found malware in this video',
    advice: 'Ask for another version.',
  },
  document_infected: {
    status: 409,
    title: 'The scan found malware in this document',
    advice: 'Ask for another one.',
  },
  document_not_scanned: {
    status: 409,
    title: 'This document was not scanned for malware yet',
    advice: 'Try again in a few minutes. `scan` in the list of documents says where the scan stands.',
  },
  reason_needed: {
    status: 409,
    title: 'This is accepted with a reason only',
    advice: 'Repeat it with `reasons`; they are kept with the review.',
  },
  statement_missing: {
    status: 409,
    title: 'There is no written statement',
    advice: 'Add a document of the kind `statement` to the application first.',
  },
  nothing_to_review: {
    status: 409,
    title: 'This document is not for others',
    advice: 'Statements and fact sheets are reviewed, since they are shown; other documents are not.',
  },
  no_copy: {
    status: 409,
    title: 'There is no copy of this document that others may get',
    advice: 'Wait a moment for the copy, or ask the speaker for a PDF that can be read.',
  },
  people_differ: {
    status: 409,
    title: 'These addresses belong to several people already',
    advice: 'Ask for each address by itself, and export or erase each person.',
  },
  erasure_changed: {
    status: 409,
    title: 'What would be erased is no longer what the dry run showed',
    advice: 'Do the dry run again, look at it, and send the `confirmation` that it answers.',
  },
  upload_offset_conflict: {
    status: 409,
    title: 'The upload goes on from another byte',
    advice: 'Ask with HEAD for `Upload-Offset` and send from there.',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'A request with this Idempotency-Key is still running',
    advice: 'Wait for the seconds in `Retry-After` and send the same request again.',
  },
  secret_already_shown: {
    status: 409,
    title: 'This was done, and its secret was shown once',
    advice: 'If the first answer was lost, revoke what was made and make another one under a new key.',
  },
  no_programme_now: {
    status: 409,
    title: 'The programme cannot be changed in this status of the round',
    advice: 'A programme is made after the call has closed and until the round is closed.',
  },
  programme_breaks_rules: {
    status: 409,
    title: 'The programme breaks a rule',
    advice:
      'Correct what `errors` lists, or name its codes in `allow`; nobody and nothing is ever in two places at once.',
  },
  proposal_too_large: {
    status: 409,
    title: 'This is too much to plan at once',
    advice: 'Give fewer days, rooms or countries, or a wider `gridMinutes`.',
  },
  programme_unchanged: {
    status: 409,
    title: 'There is nothing new to publish',
    advice: 'The last published version shows all of it.',
  },
  upload_expired: {
    status: 410,
    title: 'This upload has ended',
    advice: 'Begin another one with POST /v1/video-submissions/{id}/versions.',
  },
  tus_version_unsupported: {
    status: 412,
    title: 'The upload protocol is tus 1.0.0',
    advice: 'Send `Tus-Resumable: 1.0.0`.',
  },
  precondition_failed: {
    status: 412,
    title: 'Somebody changed this in the meantime',
    advice: 'Read it again and repeat the change with the new ETag in `If-Match`.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    advice: 'JSON bodies may have 256 KiB, a document 50 MiB, a Jotform delivery 25 MiB.',
  },
  range_not_satisfiable: {
    status: 416,
    title: 'The file has no such bytes',
    advice: 'Ask for bytes within the size that `Content-Range` of the answer tells.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'This media type is not taken here',
    advice: 'Send the media type that the contract names for this operation.',
  },
  captions_invalid: {
    status: 422,
    title: 'These captions have faults',
    advice: 'Correct the lines named in `errors` (`/lines/12`, counted from 1) and send the file again.',
  },
  unsupported_document: {
    status: 422,
    title: 'This kind of file is not accepted',
    advice: 'Send a PDF or a common office document (DOCX, ODT, DOC, RTF).',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'This Idempotency-Key was used for another request',
    advice: 'Send exactly the first request again, or take a new key for a new one.',
  },
  upload_locked: {
    status: 423,
    title: 'Another request is sending to this upload',
    advice: 'Wait for the seconds in `Retry-After`, ask with HEAD for `Upload-Offset`, and go on from there.',
  },
  checksum_mismatch: {
    status: 460,
    title: 'The bytes do not have the checksum that was announced',
    advice: 'Nothing of this request was kept: send the same bytes again.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long',
    advice: 'Send it again over a connection that carries it in time.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    advice: 'Send fewer or shorter headers; all together may have 16 KiB.',
  },
  precondition_required: {
    status: 428,
    title: 'Several people edit this: `If-Match` is needed',
    advice: 'Read it, then send its ETag in `If-Match`.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    advice: 'Wait for the seconds in `Retry-After`; the `RateLimit` headers of every answer tell what is left.',
  },
  internal_error: {
    status: 500,
    title: 'The service made a mistake',
    advice: 'Report the `requestId`; the details are in the log.',
  },
  storage_full: {
    status: 507,
    title: 'No space is left for this',
    advice: 'Everything that came before is kept. Try again later; the operators have been told.',
  },
  unavailable: {
    status: 503,
    title: 'The service cannot answer now',
    advice: 'Try again after the seconds in `Retry-After`.',
  },
} as const

export type ErrorCode = keyof typeof errorCodes
