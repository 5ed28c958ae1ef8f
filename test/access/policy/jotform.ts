import { onlyWhole, type Rows, unguarded } from '../rows.ts'

const secret = 'the secret in the address'

export const rows: Rows = {
  checkJotformHook: unguarded(secret),
  receiveJotformDelivery: unguarded(secret),
  getJotformStatus: onlyWhole(['admin']),
  listJotformForms: onlyWhole(['admin']),
  getJotformForm: onlyWhole(['admin']),
  putJotformForm: onlyWhole(['admin']),
  previewJotformMapping: onlyWhole(['admin']),
  pollJotformForm: onlyWhole(['admin']),
  importJotformExport: onlyWhole(['admin']),
  listJotformDeliveries: onlyWhole(['admin']),
  getJotformDelivery: onlyWhole(['admin']),
  replayJotformDelivery: onlyWhole(['admin']),
  listJotformSubmissions: onlyWhole(['admin']),
  getJotformSubmission: onlyWhole(['admin']),
}
