import { callerNames } from '../callers.ts'
import { type Kind, tableOf } from '../kind.ts'
import { application } from './application.ts'
import { seated, slot } from './slot.ts'

const elsewhere = ['applicantOfOtherRound', 'missionOfOtherRound', 'secretariatOfOtherRound', 'adminOfOtherRound']
const everybody = Object.fromEntries(
  callerNames.map((name) => [
    name,
    ['secretariat', 'admin', 'integration'].includes(name) ? 'staff' : elsewhere.includes(name) ? '404' : '= public',
  ]),
) as Record<(typeof callerNames)[number], string>

const fields = ['applicationId', 'country', 'speaker', 'organisation']
const name = { canaries: ['firstName', 'lastName', 'organisation'], keys: fields }
const nobody = { canaries: [], keys: ['applicationId', 'country', 'speaker'] }
const seat = ['seated', 'connection']

export const slotSpeaker: Kind = {
  name: 'speaker of a slot',
  about:
    'Outside, a speaker of a published slot is who is seen as an application; the moderator knows the panel, and a speaker itself. Whoever is at risk stays behind a pseudonym for both.',
  situations: Object.fromEntries(seated.map((one) => [one, application.situations[one] as string])),
  verdicts: tableOf(
    `
    situation        | public | applicant | mission | missionUnderReview | moderator
    released         | named  | own       | named   | named              | panel
    withoutConsent   | 404    | own       | 404     | 404                | panel
    consentWithdrawn | 404    | own       | 404     | 404                | panel
    forMissions      | 404    | own       | named   | 404                | panel
    forAllMissions   | 404    | own       | named   | named              | panel
    forProgramme     | named  | own       | named   | named              | panel
    atRisk           | named~ | own       | named~  | named~             | panel~
    riskUnanswered   | named~ | own       | named~  | named~             | panel~
    riskLater        | named~ | own       | named~  | named~             | panel~
  `,
    everybody,
  ),
  shows: {
    staff: { canaries: 'all' },
    named: name,
    'named~': nobody,
    own: { ...name, keys: [...fields, ...seat] },
    panel: { ...name, keys: [...fields, ...seat, 'connectionNote'] },
    'panel~': { ...nobody, keys: [...nobody.keys, ...seat, 'connectionNote'] },
  },
  after: [application, slot],
  isMetElsewhere: true,
  never: { id: '019a2b4c-7d1e-7f00-8000-3b1f6a2c9d10' },
  findIn: (answer, { params }) =>
    (answer as { data: { applicationId: string }[] }).data.find(
      ({ applicationId }) => applicationId === params.applicationId,
    ),
  /** The same people, met in the slot. */
  prepare: async ({ moderated }, prepared) =>
    Object.fromEntries(
      seated.map((one) => {
        const record = prepared.get(application)?.[one]
        if (record === undefined) throw new Error(`Nobody was prepared for ${one}.`)
        return [one, { ...record, params: { id: moderated, applicationId: record.params.id as string } }]
      }),
    ),
  copy: async (_world, record) => record,
}
