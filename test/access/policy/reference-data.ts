import { open, type Rows } from '../rows.ts'

export const rows: Rows = {
  listStates: open(),
  getState: open(),
  listThemes: open(),
  listWorkingGroupSessions: open(),
  getWorkingGroupSession: open(),
  listLifecycles: open(),
}
