import { only, type Rows } from '../rows.ts'

export const rows: Rows = {
  listApiKeys: only(['admin']),
  createApiKey: only(['admin']),
  getApiKey: only(['admin']),
  updateApiKey: only(['admin']),
  rotateApiKey: only(['admin']),
  revokeApiKey: only(['admin']),
  getReviewerAssignments: only(['admin']),
  assignReviewer: only(['admin']),
}
