import t from 'tap'
import { downloadUpload, type FileFailure, refuseUploadUrl } from '../../src/jotform/files.ts'
import { startJotformApi } from '../support/jotform-api.ts'
import { readRound } from '../support/jotform-fixtures.ts'

const round = readRound('round38')
const row = round.rows.find(({ answers }) => Array.isArray(answers['22']?.answer)) as (typeof round.rows)[number]
const of = { formId: row.form_id, submissionId: row.id }
const address = (row.answers['22'] as { answer: [string] }).answer[0]

t.test('only addresses of this submission on Jotform are fetched', async (t) => {
  t.equal(refuseUploadUrl(address, of), undefined)
  t.equal(refuseUploadUrl(address.replace('www.', 'eu.'), of), undefined)
  const refused = [
    'https://www.jotform.com.evil.example/uploads/x/y/z/a.pdf',
    'http://169.254.169.254/latest/meta-data/',
    'file:///etc/passwd',
    'not an address',
    address.replace('https', 'http'),
    address.replace('www.jotform.com', 'www.jotform.com:8443'),
    address.replace('www.jotform.com', 'a:b@www.jotform.com'),
    address.replace('www.jotform.com', 'jotform.com'),
    address.replace(row.id, '4859560453716373130'),
    address.replace(row.form_id, '203423859147359'),
    address.replace('/uploads/', '/uploads/../api/'),
    `${address}/more`,
    address.replace(/[^/]+$/, '%2e%2e%2fx'),
  ]
  for (const url of refused) t.type(refuseUploadUrl(url, of), 'string', url)
  const enterprise = address.replace('www.jotform.com', 'forms.example.org')
  t.type(refuseUploadUrl(enterprise, of, { apiUrl: 'https://api.jotform.com' }), 'string')
  t.equal(refuseUploadUrl(enterprise, of, { apiUrl: 'https://forms.example.org/API' }), undefined)
})

t.test('a file is copied, and what is no file is told apart', async (t) => {
  const api = await startJotformApi({ dir: round.dir, now: '2021-02-01T00:00:00Z' })
  t.teardown(api.close)
  const source = { filesUrl: api.url, apiKey: api.apiKey, apiUrl: api.url }
  const file = await downloadUpload(address, of, ['application/pdf'], source)
  t.equal(file.mediaType, 'application/pdf')
  t.equal(file.bytes.subarray(0, 5).toString(), '%PDF-')

  const fail = async (fault: object, expected: { permanent: boolean; message: RegExp }, accept?: string[]) => {
    const calm = { ...api.faults }
    Object.assign(api.faults, fault)
    t.match(await downloadUpload(address, of, accept, source).catch((error: FileFailure) => error), expected)
    Object.assign(api.faults, calm)
  }
  await fail({ loginPageForFiles: true }, { permanent: true, message: /login page/ })
  await fail({ fileStatus: 404 }, { permanent: false, message: /404/ })
  await fail({ fileStatus: 503 }, { permanent: false, message: /503/ })
  await fail({ fileStatus: 403 }, { permanent: true, message: /403/ })
  await fail({ fileContent: Buffer.from('GIF89a\u0001\u0000\u0001\u0000') }, { permanent: true, message: /image\/gif/ })
  await fail({ fileContent: Buffer.from('plain text') }, { permanent: true, message: /not accepted/ })
  await fail({ fileRedirect: 'http://169.254.169.254/' }, { permanent: true, message: /another host/ })
  await fail({ fileRedirect: address }, { permanent: true, message: /too often/ })
  t.match(await downloadUpload(address, of, undefined, { ...source, apiKey: undefined }).catch((e: FileFailure) => e), {
    permanent: true,
    message: /login page/,
  })
})
