import type { ApplicationBody } from '../domain/application.ts'

/** Lower case without accents: what `q` looks in and is made of. */
export const toSearchText = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim()

/** Letters and digits alone, so that "Réseau (Mali)" and "reseau mali" are one organisation. */
export const toOrganisationKey = (name: string | undefined): string | null =>
  toSearchText(name ?? '').replace(/[^\p{L}\p{N}]/gu, '') || null

/** What is written beside the content so that lists, links and waivers find it. */
export function derivedColumns(body: ApplicationBody) {
  const { organisation, speaker } = body
  const emails = [organisation?.email, speaker?.email].flatMap((email) =>
    email === undefined || email === '' ? [] : [email.trim().toLowerCase()],
  )
  return {
    search_text: toSearchText(
      [organisation?.name, speaker?.firstName, speaker?.lastName, organisation?.email, speaker?.email]
        .filter((part) => part !== undefined)
        .join(' '),
    ),
    organisation_type: organisation?.type ?? null,
    organisation_key: toOrganisationKey(organisation?.name),
    member_keys: [...new Set((body.coalitionMembers ?? []).flatMap((member) => toOrganisationKey(member.name) ?? []))],
    emails: [...new Set(emails)],
  }
}
