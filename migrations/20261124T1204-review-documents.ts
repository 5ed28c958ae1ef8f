import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
  -- Statements and fact sheets are reviewed like the video beside them; null for what is not for others.
  alter table document add column review_status text,
    add column review_reasons text[] not null default '{}',
    add column reviewed_by text,
    add column reviewed_at timestamptz,
    -- The copy without metadata, which others may get; null: there is none, and nobody else gets a byte.
    add column copy_sha256 text,
    add column copy_size_bytes bigint,
    add column copy_failure text,
    add column scan jsonb,
    add constraint document_review_status check (review_status in ('needsReview', 'accepted', 'changesRequested', 'rejected')),
    add constraint document_copy check ((copy_sha256 is null) = (copy_size_bytes is null));
  update document set review_status = 'needsReview' where kind in ('statement', 'factSheet');
  `.execute(db)
}
