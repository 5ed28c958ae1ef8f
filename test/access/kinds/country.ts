import { callerNames } from '../callers.ts'
import { type Kind, type PreparedRecord, tableOf } from '../kind.ts'

const situations = {
  candidate: 'nothing decided; with an extension and a waiver',
  held: 'a Pre-session is held; the release is still to come',
  notHeld: 'no Pre-session is held; the release is still to come',
  heldReleased: 'a Pre-session is held, released',
  notHeldReleased: 'no Pre-session is held, released',
  withdrawn: 'it left the round',
}

const places: Record<string, string> = {
  candidate: 'EST',
  held: 'LVA',
  notHeld: 'MOZ',
  heldReleased: 'NAM',
  notHeldReleased: 'NER',
  withdrawn: 'PLW',
}

const everybody = Object.fromEntries(callerNames.map((name) => [name, '= public'])) as Record<
  (typeof callerNames)[number],
  string
>

const fields = 'iso3 name confidence applicationDeadline acceptingApplications releaseAt status'.split(' ')

export const country: Kind = {
  name: 'country',
  about:
    'Until the release of a country everybody but the secretariat sees it as a candidate, or as one that left the round; how many applied, and why a deadline was moved, only the secretariat sees.',
  situations,
  verdicts: tableOf(
    `
    situation       | public  | secretariat | admin
    candidate       | public  | staff       | staff
    held            | public  | staff       | staff
    notHeld         | public  | staff       | staff
    heldReleased    | public* | staff       | staff
    notHeldReleased | public* | staff       | staff
    withdrawn       | public  | staff       | staff
  `,
    everybody,
  ),
  shows: {
    staff: { canaries: 'all' },
    public: { canaries: [], keys: fields },
    'public*': { canaries: ['status'], keys: fields },
  },
  never: { iso3: 'FRA' },
  findIn: (answer, { params }) =>
    (answer as { data: { iso3: string }[] }).data.find(({ iso3 }) => iso3 === params.iso3),

  async prepare({ admin, clock }) {
    clock.set('2020-12-20T10:00:00Z')
    const records: Record<string, PreparedRecord> = {}
    for (const [name, iso3] of Object.entries(places)) {
      const at = `/v1/pre-sessions/38/countries/${iso3}`
      const canaries: Record<string, string> = {}
      records[name] = { params: { number: '38', iso3 }, email: 'nobody@mail.example', country: iso3, canaries }
      const status = name.replace('Released', '')
      if (name === 'candidate') {
        canaries.extensionReason = 'canary-country-extension'
        canaries.waiverReason = 'canary-country-waiver'
        canaries.waiverEmail = 'canary-country@waiver.example'
        await admin.post(`${at}/deadline-extensions`, { local: '2021-01-11T23:59', reason: canaries.extensionReason })
        await admin.post(`${at}/deadline-waivers`, {
          email: canaries.waiverEmail,
          until: '2021-01-20T23:59',
          reason: canaries.waiverReason,
        })
        continue
      }
      if (status !== 'withdrawn') canaries.status = `"status":"${status}"`.toLowerCase()
      canaries.reason = `canary-country-${name}-reason`.toLowerCase()
      await admin.patch(at, { status, reason: canaries.reason }, { 'if-match': '*' })
      const release = name.endsWith('Released') ? '2021-02-15T09:00:00Z' : '2021-03-01T09:00:00Z'
      if (status !== 'withdrawn') await admin.post(`${at}/release`, { at: release })
    }
    return records
  },
  copy: async (_world, record) => record,
}
