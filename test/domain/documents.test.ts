import t from 'tap'
import { countingDocuments } from '../../src/domain/documents.ts'

const closesAt = '2021-01-08T23:00:00Z'
const failed = { id: 'failed', status: 'failed' as const }
const listed = { id: 'listed', status: 'stored' as const }
const byHand = (id: string, by: 'staff' | 'other', at: string) => ({
  id,
  status: 'stored' as const,
  byHand: { by, at },
})
const before = byHand('before', 'other', '2021-01-08T22:59:59.999Z')
const at = byHand('at', 'other', '2021-01-08T23:00:00Z')
const after = byHand('after', 'staff', '2021-01-08T23:00:00Z')
const another = byHand('another', 'staff', '2021-01-09T10:00:00Z')

const cases: [string, Parameters<typeof countingDocuments>[0], string[], string[]][] = [
  ['what the content lists', [listed, failed], ['listed'], ['listed']],
  ['what was added by hand before the closing instant', [listed, before], ['listed'], ['listed', 'before']],
  ['nothing that was added at that instant', [at, after], [], []],
  ["staff's copy of a listed file whose own failed", [failed, after], ['failed'], ['failed', 'after']],
  ['no more of them than files failed', [failed, after, another], ['failed'], ['failed', 'after']],
  ['no copy by anybody else', [failed, at], ['failed'], ['failed']],
  ['no copy of a file that another version lists', [failed, listed, after], ['listed'], ['listed']],
]

for (const [name, documents, listedIds, counting] of cases)
  t.test(`the UPR submission is ${name}`, async (t) => {
    t.same(
      countingDocuments(documents, listedIds, closesAt).map(({ id }) => id),
      counting,
    )
  })
