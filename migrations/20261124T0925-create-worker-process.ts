import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- Which workers of the queue belong to which process: a process that no longer holds its advisory lock is dead, and its jobs are given back.
  create table worker_process (
    lock_key int primary key,
    worker_ids text[] not null
  );
  `.execute(db)
}
