import type { ArchiveFile } from './archive.ts'
import type { ExportedApplication, PersonExport } from './export.ts'

/** What people wrote is text here, never markup. */
const asText = (value: unknown): string =>
  String(value ?? '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const classNames: Record<string, string> = {
  accessLinkRequests: 'Requests for access links that were not answered yet',
  accessLinks: 'Access links sent to you, without what makes them work',
  sessions: 'Sessions that you began',
  calendarFeeds: 'Calendar addresses that you made',
  mails: 'Mails written to you',
  missionDelegates: 'Your registrations as the delegate of a mission',
  deadlineWaivers: 'Later deadlines that were granted to you',
  moderators: 'Slots that you were asked to moderate',
  invitations: 'Invitations sent to your address',
  missionRegistrations: 'Your registrations for a round',
  missions: 'Missions that gave your address',
}

/** The page that is opened first: what is kept, in words and tables, with a link to every file of the archive. */
export function indexPage(
  { personId, addresses, madeAt, preSessions, applications, mentions, records }: PersonExport,
  files: readonly ArchiveFile[],
): string {
  const scope =
    preSessions === undefined
      ? ''
      : ` It was asked for in a session for round ${asText(preSessions.join(', '))} and holds that round.`
  const body = [
    `<h1>What we keep about you</h1>`,
    `<p>Made on ${asText(madeAt)} for ${addresses.map((one) => `<b>${asText(one)}</b>`).join(', ')} (person ${asText(personId)}).${scope}
      Everything is here twice: in words on this page, and as data in files that programs can read (JSON).</p>`,
    `<h2>Your applications</h2>`,
    applications.length === 0 ? '<p>None.</p>' : applications.map(applicationSection).join('\n'),
    mentions.length === 0 ? '' : mentionSection(mentions),
    `<h2>Other records</h2>`,
    table(
      records
        .filter(({ rows }) => rows.length > 0)
        .map(({ class: name, rows }) => [classNames[name] ?? name, rows.length]),
    ),
    `<h2>Files of this archive</h2>`,
    `<ul>${files.map(({ path, note }) => `<li><a href="${asText(path.split('/').map(encodeURIComponent).join('/'))}">${asText(path)}</a>${note === undefined ? '' : ` – ${asText(note)}`}</li>`).join('')}</ul>`,
    notes,
  ]
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>What we keep about you</title><style>${style}</style></head>\n<body>\n${body.join('\n')}\n</body></html>\n`
}

const style =
  'body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:.2em 1em .2em 0}'

const notes = `<h2>What is not here</h2>
<ul>
<li>A decision before its country's selection is released, and what would tell of it.</li>
<li>Names of others: who worked on your application is told as what they are (staff, user).</li>
<li>The log of who did what and when: it holds ids and codes, and no personal data.</li>
<li>Copies of answers that are kept for 72 hours so that a request can be repeated; they hold nothing that is not here.</li>
</ul>`

const table = (rows: (readonly [string, unknown])[]): string =>
  `<table>${rows.map(([name, value]) => `<tr><th>${asText(name)}</th><td>${asText(value)}</td></tr>`).join('')}</table>`

interface Told {
  preSession?: number
  country?: string | null
  status?: string
  outcome?: string
  decision?: string
  receivedAt?: string
  organisation?: { name?: string; email?: string }
  speaker?: {
    firstName?: string
    lastName?: string
    email?: string
    position?: string
    phone?: string
    atRisk?: boolean
  }
}

function applicationSection({ folder, view, parts }: ExportedApplication): string {
  const { preSession, country, status, outcome, decision, receivedAt, organisation, speaker } = view as Told
  const facts: [string, unknown][] = [
    ['Organisation', organisation?.name],
    ['E-mail of the organisation', organisation?.email],
    ['Speaker', [speaker?.firstName, speaker?.lastName].filter(Boolean).join(' ')],
    ['Position', speaker?.position],
    ['E-mail of the speaker', speaker?.email],
    ['Phone', speaker?.phone],
    ['At risk', speaker?.atRisk === undefined ? undefined : speaker.atRisk ? 'yes' : 'no'],
    ['Status', status],
    ['Received', receivedAt],
    ['Outcome of the assessment', outcome],
    ['Decision', decision],
    ...Object.entries(parts).map(([name, part]): [string, unknown] => [
      `Records: ${name}`,
      Array.isArray(part) ? part.length : 1,
    ]),
  ]
  const known = facts.filter(([, value]) => value !== undefined && value !== '')
  return `<h3>Round ${asText(preSession)}, ${asText(country ?? 'no country yet')}</h3>\n${table(known)}\n<p>In the folder <code>applications/${asText(folder)}</code>.</p>`
}

const mentionSection = (mentions: PersonExport['mentions']): string =>
  `<h2>Applications of others that name your address</h2>
<p>Somebody else speaks in them, so their content is not here.</p>
${table(mentions.map(({ preSession, country, role }) => [`Round ${preSession}, ${country ?? 'no country yet'}`, role === 'contact' ? 'your address is that of the organisation' : 'you were the speaker in an earlier version']))}`
