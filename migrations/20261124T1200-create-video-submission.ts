import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  create table video_submission (
    id uuid primary key default uuidv7(),
    application_id uuid not null references application (id) on delete cascade,
    language text not null,
    -- How the statement is given; people at risk need not show themselves.
    form text not null default 'speakerOnVideo',
    status text not null default 'awaitingUpload',
    -- The newest whole version; older ones stay beside it.
    current_version int,
    created_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint video_submission_form check (form in ('speakerOnVideo', 'voiceOnly', 'readByAnother', 'textOnly')),
    constraint video_submission_status check (status in
      ('awaitingUpload', 'uploading', 'checking', 'needsReview', 'accepted', 'changesRequested', 'rejected', 'screened', 'withdrawn'))
  );
  -- R23: one video per speaker; a withdrawn one makes room for another.
  create unique index video_submission_once on video_submission (application_id) where status <> 'withdrawn';
  create index video_submission_application on video_submission (application_id, id);

  create table video_version (
    id uuid primary key default uuidv7(),
    submission_id uuid not null references video_submission (id) on delete cascade,
    n int not null,
    state text not null default 'checking',
    -- Key in the storage of the original as it was sent, closed to all but the secretariat and the person.
    stored_key text not null,
    size_bytes bigint not null,
    sha256 text not null,
    file_name text not null,
    language text not null,
    -- When the last byte was here, which is what a deadline is compared with.
    received_at timestamptz not null,
    -- Each: code, outcome, message, measured, limit.
    checks jsonb not null default '[]',
    media jsonb,
    scan jsonb,
    checked_at timestamptz,
    -- The copy without metadata that others may get; null: there is none, and nobody else gets a byte.
    delivered_key text,
    delivered_media_type text,
    delivered_size_bytes bigint,
    delivered_sha256 text,
    poster_key text,
    poster_media_type text,
    rendition_key text,
    rendition_media_type text,
    rendition_size_bytes bigint,
    rendition_sha256 text,
    created_at timestamptz not null,
    constraint video_version_once unique (submission_id, n),
    constraint video_version_n check (n > 0),
    constraint video_version_state check (state in ('checking', 'needsReview', 'accepted', 'changesRequested', 'rejected', 'superseded')),
    constraint video_version_delivered check (delivered_key is null
      or (delivered_media_type is not null and delivered_size_bytes is not null and delivered_sha256 is not null))
  );

  create table video_upload (
    -- 192 random bits: the last part of the address that the bytes are sent to.
    id text primary key,
    submission_id uuid not null references video_submission (id) on delete cascade,
    state text not null default 'open',
    file_name text not null,
    language text not null,
    size_bytes bigint not null,
    -- Of the whole, where the client gave one.
    sha256 text,
    storage_key text not null,
    -- What is surely on disk: the offset that is answered.
    received_bytes bigint not null default 0,
    -- What the storage needs to go on: the parts that it has.
    storage_state jsonb not null default '{}',
    -- Counts who holds the lock: what an earlier holder still wants to write down is refused.
    epoch int not null default 0,
    failure text,
    version_id uuid references video_version (id) on delete set null,
    created_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    expires_at timestamptz not null,
    completed_at timestamptz,
    constraint video_upload_state check (state in ('open', 'complete', 'received', 'refused', 'expired', 'cancelled')),
    constraint video_upload_size check (size_bytes > 0 and received_bytes between 0 and size_bytes)
  );
  -- One upload at a time.
  create unique index video_upload_open on video_upload (submission_id) where state in ('open', 'complete');
  create index video_upload_submission on video_upload (submission_id, created_at);
  -- What has expired.
  create index video_upload_expires on video_upload (expires_at) where state = 'open';

  create table video_caption (
    submission_id uuid not null references video_submission (id) on delete cascade,
    language text not null,
    -- Always WebVTT, whatever was sent.
    text text not null,
    source_format text not null default 'vtt',
    checks jsonb not null default '[]',
    created_by text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (submission_id, language)
  );

  create table video_review (
    id uuid primary key default uuidv7(),
    submission_id uuid not null references video_submission (id) on delete cascade,
    version_id uuid not null references video_version (id) on delete cascade,
    decision text not null,
    reasons text[] not null default '{}',
    reviewer text not null,
    created_at timestamptz not null,
    constraint video_review_decision check (decision in ('accept', 'requestChanges', 'reject'))
  );
  create index video_review_submission on video_review (submission_id, id);

  -- Bytes never outlive the rows that name them, however those end: a trigger writes down what is to go, a tick removes it.
  create table file_removal (
    key text primary key,
    storage_state jsonb,
    requested_at timestamptz not null default now()
  );
  create function request_video_version_removal() returns trigger language plpgsql as $$
  begin
    insert into file_removal (key)
      select key from unnest(array[old.stored_key, old.delivered_key, old.poster_key, old.rendition_key]) as key
      where key is not null on conflict do nothing;
    return old;
  end $$;
  create trigger video_version_removed after delete on video_version
    for each row execute function request_video_version_removal();
  create function request_video_upload_removal() returns trigger language plpgsql as $$
  begin
    insert into file_removal (key, storage_state) values (old.storage_key, old.storage_state) on conflict do nothing;
    return old;
  end $$;
  -- The bytes of a received upload are its version's.
  create trigger video_upload_removed after delete on video_upload
    for each row when (old.state <> 'received') execute function request_video_upload_removal();
  create trigger video_upload_ended after update on video_upload
    for each row when (old.state in ('open', 'complete') and new.state in ('refused', 'expired', 'cancelled'))
    execute function request_video_upload_removal();
  `.execute(db)
}
