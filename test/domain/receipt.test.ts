import { readFileSync } from 'node:fs'
import t from 'tap'
import { compareInstants, parseInstant } from '../../src/domain/instant.ts'
import {
  easternToUtc,
  judgeApiReceipt,
  judgeImportReceipt,
  judgeJotformReceipt,
  submissionIdToUtc,
} from '../../src/domain/receipt.ts'
import { closesAt, idAt, jotformCases } from './receipt.cases.ts'

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/jotform/${name}`, import.meta.url), 'utf8'))

for (const { name, given, expected } of jotformCases) {
  t.test(name, async (t) => {
    const receipt = judgeJotformReceipt(given, closesAt)
    t.match(receipt, expected)
    t.equal(receipt.timing === 'onTime', receipt.timing !== 'undetermined' && receipt.marginSeconds > 0)
    t.match(receipt.evidence, { closesAt, counts: receipt.receivedAt, basis: receipt.basis, why: receipt.reason })
  })
}

t.test('times of Jotform are Eastern: winter, summer, the gap, the repeated hour', async (t) => {
  t.strictSame(easternToUtc('2021-11-30 22:21:15'), ['2021-12-01T03:21:15Z'])
  t.strictSame(easternToUtc('2021-07-04 07:54:00'), ['2021-07-04T11:54:00Z'])
  t.strictSame(easternToUtc('2021-03-14 02:30:00'), [])
  t.strictSame(easternToUtc('2021-11-07 01:30:00'), ['2021-11-07T05:30:00Z', '2021-11-07T06:30:00Z'])
  for (const text of ['2025-05-1407:43:51', '2021-02-30 10:00:00', '2021-01-08T17:58:12', ''])
    t.strictSame(easternToUtc(text), [], text)
})

t.test('the number of a submission tells its second', async (t) => {
  t.equal(submissionIdToUtc('337106593342614273'), '2016-04-22T03:56:33Z', '18 digits')
  t.equal(submissionIdToUtc('4298733848221547651'), '2019-03-31T20:29:44Z')
  t.equal(submissionIdToUtc('6665953522666321061'), '2026-09-30T16:35:52Z')
  for (const id of ['53774407625', '46659535226663210611', 'abc', '']) t.equal(submissionIdToUtc(id), undefined, id)
})

t.test('the published decisions', async (t) => {
  const { cases } = fixture('samples/deadline-cases.json')
  for (const one of cases.filter((one: { submissionID?: string }) => one.submissionID)) {
    const utc = parseInstant(one.utc)
    t.strictSame(easternToUtc(one.created_at_eastern), [utc], one.sample)
    t.equal(submissionIdToUtc(one.submissionID), utc, one.sample)
    const evidence = {
      createdAt: one.created_at_eastern,
      submissionId: one.submissionID,
      verified: true,
      apiConfigured: true,
    }
    const receipt = judgeJotformReceipt({ ...evidence, webhookAt: '2021-01-09T08:00:00Z' }, closesAt)
    t.equal(receipt.timing, one.decision === 'late' ? 'late' : 'onTime', one.sample)
    t.equal(receipt.receivedAt, utc)
  }
})

t.test('read as UTC or as CET, the late one would be on time: hours in the applicant’s favour', async (t) => {
  const wrong = ['2021-01-08T18:00:03Z', '2021-01-08T18:00:03+01:00'].map((text) => parseInstant(text)!)
  for (const at of wrong) t.ok(compareInstants(at, closesAt) < 0)
  t.strictSame(easternToUtc('2021-01-08 18:00:03'), ['2021-01-08T23:00:03Z'])
})

t.test('a whole round: every submission gets the decision it must get', async (t) => {
  const rows: { id: string; created_at: string }[] = fixture('round38/submissions.json')
  const deliveries: { submissionID: string; arrivesAt: string }[] = fixture('round38/deliveries.json')
  const { submissions } = fixture('round38/expected.json')
  for (const row of rows) {
    const expected = submissions.find((one: { submissionID: string }) => one.submissionID === row.id)
    const webhookAt = deliveries.find((one) => one.submissionID === row.id)?.arrivesAt
    const arrivals = { webhookAt, pollAt: '2021-01-09T08:00:00Z' }
    const evidence = {
      createdAt: row.created_at,
      submissionId: row.id,
      ...arrivals,
      verified: true,
      apiConfigured: true,
    }
    const receipt = judgeJotformReceipt(evidence, closesAt)
    t.match(
      receipt,
      { timing: expected.deadline, receivedAt: expected.receivedAt },
      `${row.id} ${expected.special ?? ''}`,
    )
  }
  t.ok(rows.length > 50)
})

t.test('the repeated hour: the number of the submission says which one is meant', async (t) => {
  const end = '2021-11-07T06:00:00Z'
  const seconds = (6 * 60 + 30) * 60
  const idOf = (millis: number) => `${millis / 1000 - 1_124_190_800}2514470923`
  const base = Date.UTC(2021, 10, 7)
  const common = {
    createdAt: '2021-11-07 01:30:00',
    pollAt: '2021-11-07T08:00:00Z',
    verified: true,
    apiConfigured: true,
  }
  const late = judgeJotformReceipt({ ...common, submissionId: idOf(base + seconds * 1000) }, end)
  t.match(late, { timing: 'late', receivedAt: '2021-11-07T06:30:00Z', basis: 'apiAndId' })
  t.strictSame(late.evidence.createdAtReadings, ['2021-11-07T05:30:00Z', '2021-11-07T06:30:00Z'])
  const early = judgeJotformReceipt({ ...common, submissionId: idOf(base + (seconds - 3600) * 1000) }, end)
  t.match(early, { timing: 'onTime', receivedAt: '2021-11-07T05:30:00Z', basis: 'apiAndId' })
  t.match(judgeJotformReceipt({ ...common, submissionId: 'x' }, end), {
    timing: 'undetermined',
    receivedAt: '2021-11-07T06:30:00Z',
  })
  const arrived = { ...common, submissionId: 'x', pollAt: '2021-11-07T06:00:10Z' }
  t.match(
    judgeJotformReceipt(arrived, end),
    { timing: 'onTime', basis: 'api', receivedAt: '2021-11-07T05:30:00Z' },
    'our arrival rules the second out',
  )
  t.match(
    judgeJotformReceipt({ ...common, submissionId: 'x' }, '2021-11-08T00:00:00Z'),
    { timing: 'onTime' },
    'both are on time',
  )
})

t.test('the evidence shows every instant known', async (t) => {
  const given = {
    createdAt: '2021-01-08 17:59:59',
    submissionId: idAt(-1),
    webhookAt: '2021-01-08T23:00:01Z',
    pollAt: '2021-01-08T23:01:00Z',
  }
  const { evidence, ...receipt } = judgeJotformReceipt({ ...given, verified: true, apiConfigured: true }, closesAt)
  t.strictSame(evidence, {
    createdAtEastern: '2021-01-08 17:59:59',
    createdAtUtc: '2021-01-08T22:59:59Z',
    submissionIdUtc: '2021-01-08T22:59:59Z',
    webhookAt: '2021-01-08T23:00:01Z',
    pollAt: '2021-01-08T23:01:00Z',
    closesAt,
    counts: '2021-01-08T22:59:59Z',
    basis: 'apiAndId',
    why: receipt.reason,
  })
  t.match(receipt, { borderline: true, marginSeconds: 1 })
})

t.test('what came through this service counts from when its request had been read', async (t) => {
  t.match(judgeApiReceipt('2021-01-08T22:59:59.999Z', closesAt), {
    basis: 'requestRead',
    timing: 'onTime',
    marginSeconds: 0.001,
    borderline: true,
  })
  t.match(judgeApiReceipt(closesAt, closesAt), { timing: 'late', marginSeconds: 0, borderline: true })
  t.match(judgeApiReceipt('2021-01-08T23:01:00Z', closesAt), { timing: 'late', marginSeconds: -60, borderline: true })
  t.match(judgeApiReceipt('2021-01-08T23:01:00.001Z', closesAt), { borderline: false, marginSeconds: -60.001 })
  t.match(judgeApiReceipt('2021-01-08T22:58:59Z', closesAt), { borderline: false, marginSeconds: 61 })
})

t.test('an import is judged by the times in the file', async (t) => {
  const importedAt = '2021-02-01T10:00:00Z'
  const judge = (createdAt: string | undefined, submissionId: string) =>
    judgeImportReceipt({ createdAt, submissionId, importedAt }, closesAt)
  t.match(judge('2021-01-08 17:59:59', idAt(-1)), {
    basis: 'import',
    timing: 'onTime',
    receivedAt: '2021-01-08T22:59:59Z',
  })
  t.match(judge('2021-01-08 18:00:00', idAt(0)), { basis: 'import', timing: 'late', receivedAt: closesAt })
  t.match(judge('2021-01-08 17:59:59', 'x'), { basis: 'import', timing: 'onTime' })
  t.match(judge('2021-01-08 17:59:59', idAt(60)), {
    basis: 'import',
    timing: 'undetermined',
    receivedAt: '2021-01-08T23:01:00Z',
  })
  t.match(judge(undefined, idAt(-60)), { basis: 'import', timing: 'undetermined', receivedAt: '2021-01-08T22:59:00Z' })
  t.match(judge(undefined, 'x'), {
    basis: 'import',
    timing: 'undetermined',
    receivedAt: importedAt,
    evidence: { importedAt },
  })
})

t.test('without any arrival Jotform’s evidence decides; with nothing at all the caller is at fault', async (t) => {
  const given = { createdAt: '2021-01-08 17:59:59', submissionId: idAt(-1), verified: true, apiConfigured: true }
  t.match(judgeJotformReceipt(given, closesAt), { basis: 'apiAndId', timing: 'onTime' })
  t.throws(() => judgeJotformReceipt({ submissionId: 'x', verified: true, apiConfigured: true }, closesAt), RangeError)
})
