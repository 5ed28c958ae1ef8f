import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- Who removes a file says so and commits: nothing is locked while the storage works. One that died is followed by another after a while.
  alter table file_removal add column taken_at timestamptz;
  -- What is wanted gone again while it is being removed is removed once more.
  create or replace function request_video_version_removal() returns trigger language plpgsql as $$
  begin
    insert into file_removal (key)
      select distinct key from unnest(array[old.stored_key, old.delivered_key, old.poster_key, old.rendition_key,
        'videos/' || old.id || '.copy', 'videos/' || old.id || '.poster', 'videos/' || old.id || '.rendition']) as key
      where key is not null on conflict (key) do update set taken_at = null;
    return old;
  end $$;
  create or replace function request_video_upload_removal() returns trigger language plpgsql as $$
  begin
    insert into file_removal (key, storage_state) values (old.storage_key, old.storage_state)
      on conflict (key) do update set storage_state = excluded.storage_state, taken_at = null;
    return old;
  end $$;
  `.execute(db)
}
