import { Readable } from 'node:stream'
import yazl from 'yazl'
import type { Deps } from '../deps.ts'
import type { PersonExport } from './export.ts'
import { indexPage } from './index-page.ts'

export interface ArchiveFile {
  path: string
  /** What it is, where its name does not say it. */
  note?: string
  content: Buffer | (() => Promise<Readable | Buffer | undefined>)
}

/** The export as a ZIP, written while it is read: nothing of it is kept anywhere. */
export function archiveOf({ storage }: Pick<Deps, 'storage'>, made: PersonExport): Readable {
  const files = filesOf(made, storage)
  const zip = new yazl.ZipFile()
  const mtime = new Date(made.madeAt)
  let open: Readable | undefined
  const take = (found: Readable | Buffer | undefined): Readable => {
    open = Buffer.isBuffer(found) ? Readable.from([found]) : (found ?? Readable.from([]))
    if ((zip.outputStream as Readable).destroyed) open.destroy()
    return open
  }
  zip.addBuffer(Buffer.from(indexPage(made, files)), 'index.html', { mtime })
  for (const { path, content } of files) {
    if (Buffer.isBuffer(content)) zip.addBuffer(content, path, { mtime })
    else
      zip.addReadStreamLazy(path, { mtime, compress: false }, (give) => {
        content().then(
          (found) => give(null, take(found)),
          (error: unknown) => give(error, Readable.from([])),
        )
      })
  }
  zip.end()
  const output = zip.outputStream as Readable
  zip.on('error', (error) => output.destroy(error as Error))
  // Whoever goes away in the middle must not leave a file open.
  output.on('close', () => open?.destroy())
  return output
}

/** The names of all files in it, the page to begin with first. */
export const namesIn = (deps: Pick<Deps, 'storage'>, made: PersonExport): string[] => [
  'index.html',
  ...filesOf(made, deps.storage).map(({ path }) => path),
]

const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`)

function filesOf(
  { personId, addresses, madeAt, applications, mentions, submissions, records }: PersonExport,
  storage: Deps['storage'],
): ArchiveFile[] {
  return [
    { path: 'data/person.json', content: json({ id: personId, emails: addresses, madeAt }), note: 'who this is about' },
    ...applications.flatMap(({ folder, view, parts, files }): ArchiveFile[] => [
      { path: `applications/${folder}/application.json`, content: json(view), note: 'what you gave, and its state' },
      ...Object.entries(parts).map(([name, part]) => ({
        path: `applications/${folder}/${name}.json`,
        content: json(part),
      })),
      ...files.map(({ key, name }) => ({
        path: `applications/${folder}/files/${safeName(name)}`,
        content: async () => (await storage.read(key))?.stream,
      })),
    ]),
    ...(mentions.length === 0 ? [] : [{ path: 'data/mentions.json', content: json(mentions) }]),
    ...records
      .filter(({ rows }) => rows.length > 0)
      .map(({ class: name, rows }) => ({ path: `data/${name}.json`, content: json(rows) })),
    ...submissions.flatMap(({ name, facts, files }): ArchiveFile[] => [
      { path: `jotform/${name}.json`, content: json(facts), note: 'what came from the form' },
      ...files.map((file) => ({ path: `jotform/${name}/${file.name}`, content: file.read, note: 'as it was sent' })),
    ]),
  ]
}

/** A person's own name of a file, without what would lead out of its folder or end it early. */
const safeName = (name: string): string =>
  name
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\\/:*?"<>|]/gu, '_')
    .replace(/^\.+/, '_')
    .slice(0, 150)
