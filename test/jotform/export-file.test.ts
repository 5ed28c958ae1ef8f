import t from 'tap'
import { readQuestions } from '../../src/jotform/drift.ts'
import { parseCsvExport, parseJsonExport, readExportTime } from '../../src/jotform/export-file.ts'
import { mapAnswers } from '../../src/jotform/mapping.ts'
import { findStateByText } from '../../src/reference/data.ts'
import { readRound } from '../support/jotform-fixtures.ts'

const { mapping, questions, rows } = readRound('round38')
const live = readQuestions(questions)

t.test('a CSV export is read by the texts of its questions', async (t) => {
  const csv = [
    '\ufeffSubmission Date,Submission ID,On which country do you want to speak?,Name of the institution,Name of the speaker,Issues that the statement will address,Flag',
    '"2021-01-08 17:59:58",4859559982514470923,Belgium,"A, ""B"" & C",Ana María Tan,"Detention\nRight to health",x',
    '2021-01-08 17:59:58,nonsense,Belgium,D,E F,Detention,',
  ].join('\r\n')
  const file = parseCsvExport(csv, mapping, live)
  t.same(file.unknownColumns, ['Flag'])
  t.match(file.faults, [{ row: 3, message: /nonsense/ }])
  const [submission] = file.submissions
  t.match(submission, { submissionId: '4859559982514470923', createdAt: '2021-01-08 17:59:58' })
  if (submission === undefined) return
  const { body } = mapAnswers(mapping, submission.answers, { findState: findStateByText })
  t.match(body, {
    country: 'BEL',
    organisation: { name: 'A, "B" & C' },
    speaker: { firstName: 'Ana María', lastName: 'Tan' },
    issues: ['detention', 'right-to-health'],
  })
})

t.test('a JSON export has the shape of the API', async (t) => {
  for (const text of [
    JSON.stringify(rows),
    JSON.stringify({ responseCode: 200, content: rows }),
    `\ufeff${JSON.stringify(rows[0])}`,
  ]) {
    const file = parseJsonExport(text)
    t.equal(file.submissions[0]?.submissionId, rows[0]?.id)
    t.equal(file.submissions[0]?.createdAt, rows[0]?.created_at)
    t.same(file.faults, [])
  }
  t.match(parseJsonExport('{').faults, [{ message: /JSON/ }])
  t.match(parseJsonExport(`[{"answers":${'['.repeat(99_999)}${']'.repeat(99_999)}}]`).faults, [{ message: /deep/ }])
  t.match(parseJsonExport('[{"id":"x"}]').faults, [{ row: 0 }])
})

t.test('times of an export', async (t) => {
  const cases: [string, string | undefined][] = [
    ['2021-01-08 17:59:58', '2021-01-08 17:59:58'],
    ['Jan 8, 2021 17:59:58', '2021-01-08 17:59:58'],
    ['January 8, 2021, 5:59:58 PM', '2021-01-08 17:59:58'],
    ['Jan 8, 2021', undefined],
    ['', undefined],
  ]
  for (const [text, expected] of cases) t.equal(readExportTime(text), expected, text)
})
