import { only, type Rows, unguarded } from '../rows.ts'

const secret = 'the secret in the address'

export const rows: Rows = {
  checkJotformHook: unguarded(secret),
  receiveJotformDelivery: unguarded(secret),
  getJotformStatus: only(['admin']),
  listJotformForms: only(['admin']),
  getJotformForm: only(['admin']),
  putJotformForm: only(['admin']),
  previewJotformMapping: only(['admin']),
  pollJotformForm: only(['admin']),
  importJotformExport: only(['admin']),
  listJotformDeliveries: only(['admin']),
  getJotformDelivery: only(['admin']),
  replayJotformDelivery: only(['admin']),
  listJotformSubmissions: only(['admin']),
  getJotformSubmission: only(['admin']),
}
