import { type Area, ids, type Names, named, numbers } from './area.ts'
import { emailOf } from './speakers.ts'

export const people: Area = {
  async seed({ create, post }) {
    const made: Names = {}
    // Of those who are filmed the first four have given nothing but an application.
    for (const n of numbers(3)) made[`person${n}`] = await create('/v1/people', { emails: [emailOf(`filmed${n}`)] })
    made.erased1 = await create('/v1/people', { emails: [emailOf('filmed4')] })
    const dryRun = await post(`/v1/people/${made.erased1}/erasure`, { reason: 'Asked for', dryRun: true })
    made.confirmation = dryRun.confirmation
    return made
  },
  cases: {
    openPerson: [
      { body: { emails: [emailOf('speaker4')] } },
      { body: { emails: [emailOf('speaker3'), 'office-speaker3@speakers.example'] } },
      { bearer: 'speaker', body: {} },
    ],
    getPerson: ids('person', 3),
    exportPerson: ids('person', 3),
    previewPersonExport: ids('person', 3),
    erasePerson: [
      ...named('person', 3).map((id) => ({ params: { id }, body: { reason: 'Asked for', dryRun: true } })),
      ...named('erased', 1).map((id) => ({
        params: { id },
        body: { reason: 'Asked for', confirmation: '{{confirmation}}' },
      })),
    ],
    applyRetention: [{}],
  },
}
