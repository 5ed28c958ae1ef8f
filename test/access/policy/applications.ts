import { formOf } from '../../support/multipart.ts'
import { application } from '../kinds/application.ts'
import { only, open, type Rows, staff } from '../rows.ts'

const withApplicant = [...staff, 'integration', 'applicant'] as const
const person = [...staff, 'applicant'] as const
const part = { about: application, as: 'part' } as const
const act = { about: application, as: 'act' } as const
const asItIs = { 'if-match': '*' }

export const rows: Rows = {
  listApplications: open({ about: application, as: 'list' }),
  getApplication: open({ about: application, as: 'whole' }),
  createApplication: only(withApplicant),
  updateApplication: only(withApplicant, {
    ...act,
    send: () => ({ payload: { accessibilityNeeds: 'A ramp' }, headers: asItIs }),
  }),
  submitApplication: only(withApplicant, act),
  withdrawApplication: only(withApplicant, act),
  getAssessment: only(withApplicant, part),
  listApplicationVersions: only(withApplicant, part),
  getApplicationHistory: only([...staff, 'integration'], part),
  addDocument: only(withApplicant, {
    ...act,
    send: () => formOf([{ name: 'file', fileName: 'upr.pdf', content: '%PDF-1.4\n%%EOF\n' }]),
  }),
  listDocuments: open({ ...part, views: ['staff', 'applicant', 'mission', 'public'] }),
  // What is here is no statement: others never get it. test/http/documents-shown.test.ts has those that they do.
  getDocument: open({ ...part, views: ['staff', 'applicant'] }),
  reviewDocument: only(staff, act),
  decideApplication: only(staff, act),
  answerSelection: only(person, act),
  transitionApplication: only(staff, act),
  getConsents: only(person, part),
  replaceConsents: only(person, { ...act, send: () => ({ payload: { consents: [] }, headers: asItIs }) }),
  getAvailability: only(person, part),
  stateAvailability: only(person, act),
  assessWithoutStoring: open(),
}
