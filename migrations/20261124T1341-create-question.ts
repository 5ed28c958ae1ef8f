import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  create table question (
    -- Its time is that of the slot, whenever it was put: an id tells nothing.
    id uuid primary key,
    slot_id uuid not null references slot (id) on delete cascade,
    kind text not null,
    -- The State under Review that it is about; null: every one of the slot.
    country text,
    -- The State whose mission put it; null: the moderator's own.
    state text references state (iso3),
    shows_state boolean not null,
    addressee text not null,
    -- It goes with the speaker's application: its words may name the speaker.
    application_id uuid references application (id) on delete cascade,
    body text not null,
    status text not null default 'queued',
    put_at timestamptz not null,
    put_by text not null,
    -- Null again once it is held or merged: whoever asks whether it is approved asks this.
    approved_at timestamptz,
    hold_reason text,
    merged_into uuid references question (id) on delete cascade,
    asked_at timestamptz,
    answered_at timestamptz,
    answer_due_on date,
    updated_at timestamptz not null,
    constraint question_kind check (kind in ('question', 'openingStatement', 'floor')),
    constraint question_status check
      (status in ('queued', 'approved', 'held', 'merged', 'asked', 'answered', 'answeredInWriting', 'lapsed')),
    constraint question_addressee check (addressee = 'speaker' or (addressee = 'panel' and application_id is null)),
    constraint question_held check (status <> 'held' or hold_reason is not null),
    constraint question_merged check ((status = 'merged') = (merged_into is not null)),
    constraint question_moderators check (state is not null or (kind = 'question' and shows_state))
  );
  -- The questions of a slot in the order of their ids.
  create index question_slot on question (slot_id, id);
  -- R29: one opening statement a State and slot; one that was held can be offered anew.
  create unique index question_opening_once on question (slot_id, state) where kind = 'openingStatement' and status <> 'held';
  create index question_application on question (application_id) where application_id is not null;
  create index question_merged_into on question (merged_into) where merged_into is not null;

  -- Apart from its question, since it goes with the application of the speaker who gave it.
  create table question_answer (
    question_id uuid primary key references question (id) on delete cascade,
    -- Null: the secretariat.
    application_id uuid references application (id) on delete cascade,
    body text not null
  );
  create index question_answer_application on question_answer (application_id) where application_id is not null;

  create table question_vote (
    question_id uuid not null references question (id) on delete cascade,
    state text not null references state (iso3),
    voted_at timestamptz not null,
    primary key (question_id, state)
  );

  -- A slot without a row has its queue by time.
  create table question_queue (
    slot_id uuid primary key references slot (id) on delete cascade,
    sort text not null,
    constraint question_queue_sort check (sort in ('time', 'turn'))
  );
  `.execute(db)
}
