import { only, open, type Rows } from '../rows.ts'

export const rows: Rows = {
  getSandboxClock: open(),
  setSandboxClock: only(['admin']),
  listSandboxMails: only(['admin']),
}
