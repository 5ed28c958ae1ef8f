import { readRound } from '../jotform-fixtures.ts'
import type { Area } from './area.ts'

const { mapping } = readRound('round38')
const form = { params: { formId: '{{form}}' } }

export const jotform: Area = {
  cases: {
    checkJotformHook: [{ params: { secret: '{{secret}}' } }],
    getJotformForm: [form],
    putJotformForm: [{ ...form, body: mapping }],
    previewJotformMapping: [{ ...form, body: { limit: 5 } }],
    pollJotformForm: [form],
    importJotformExport: [
      {
        query: 'formId={{form}}',
        type: 'application/json',
        body: '[{"id":"4856715181114297811","form_id":"{{form}}","created_at":"2021-01-05 10:58:38","updated_at":null,"status":"ACTIVE","answers":{}}]',
      },
    ],
    getJotformDelivery: [{ params: { id: '{{delivery}}' } }],
    getJotformSubmission: [{ params: { submissionId: '{{submission}}' } }],
  },
}
