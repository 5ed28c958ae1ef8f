import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- In which order a screening shows the statements, where a person said so.
  create table screening_order (
    slot_id uuid not null references slot (id) on delete cascade,
    application_id uuid not null references application (id) on delete cascade,
    position int not null,
    primary key (slot_id, application_id),
    constraint screening_order_position unique (slot_id, position)
  );
  create index screening_order_application on screening_order (application_id);
  `.execute(db)
}
