import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- What is made of a version lies under names made of its id: a job that was given up halfway may have left some that no column names.
  create or replace function request_video_version_removal() returns trigger language plpgsql as $$
  begin
    insert into file_removal (key)
      select distinct key from unnest(array[old.stored_key, old.delivered_key, old.poster_key, old.rendition_key,
        'videos/' || old.id || '.copy', 'videos/' || old.id || '.poster', 'videos/' || old.id || '.rendition']) as key
      where key is not null on conflict do nothing;
    return old;
  end $$;
  `.execute(db)
}
