import { onlyWhole, open, type Rows } from '../rows.ts'

export const rows: Rows = {
  getSandboxClock: open(),
  setSandboxClock: onlyWhole(['admin']),
  listSandboxMails: onlyWhole(['admin']),
}
