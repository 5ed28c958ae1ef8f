import { component, enumOf, Id, Iso3, nullable, pageOf, ref, Type } from '../http/schemas.ts'
import { decisions, IssueView, outcome, statuses } from './schemas.ts'
import { organisation, preSessionNumber, speaker, text } from './schemas-content.ts'

const pseudonym = Type.Optional(
  Type.String({
    description: 'Stands for the name of a person at risk: the same within a round, never the same in two rounds.',
    examples: ['Speaker K7QF2M'],
  }),
)

const NamedSpeaker = component(
  'NamedSpeaker',
  Type.Object(
    { firstName: Type.Optional(speaker.firstName), lastName: Type.Optional(speaker.lastName), pseudonym },
    { description: 'A speaker by name, or by a pseudonym where the person is at risk.' },
  ),
)
const NamedOrganisation = component(
  'NamedOrganisation',
  Type.Object(
    { name: organisation.name, type: Type.Optional(organisation.type) },
    { description: 'An organisation by name and kind.' },
  ),
)

const released = {
  id: Id('Id of the application.'),
  preSession: preSessionNumber,
  country: nullable(Iso3(''), { description: 'State under Review.' }),
  speaker: ref(NamedSpeaker),
  organisation: Type.Optional(ref(NamedOrganisation)),
  issues: Type.Array(ref(IssueView), { description: 'Issues that the statement will address.' }),
  statementLanguage: Type.Optional(text(35, 'Language of the statement, BCP 47.')),
}

export const ApplicationForReviewer = component(
  'ApplicationForReviewer',
  Type.Object(
    {
      ...released,
      aim: Type.Optional(organisation.aim),
      coalitionMemberCount: Type.Integer({ description: 'How many members the coalition has; 0 where it is none.' }),
      uprReference: Type.Optional(Type.String({ description: 'Reference of the UPR submission.' })),
      documents: Type.Array(
        Type.Object({
          id: Id('Id of the document.'),
          kind: enumOf(['uprSubmission', 'statement', 'factSheet', 'other'], { description: 'What it is.' }),
          fileName: Type.Optional(Type.String({ description: 'Name as given; left out where the person is at risk.' })),
        }),
        { description: 'Files.' },
      ),
      status: enumOf(statuses, { description: 'Life cycle.' }),
      outcome: Type.Optional(outcome),
      decision: Type.Optional(enumOf(decisions, { description: 'From the release on.' })),
    },
    {
      description:
        'An application as a reviewer of its country sees it; who is at risk stays behind a pseudonym unless the reviewer has a grant.',
    },
  ),
)

export const SpeakerForMissions = component(
  'SpeakerForMissions',
  Type.Object(
    { view: Type.Literal('mission', { description: 'For missions that the person shares it with.' }), ...released },
    { description: 'A selected speaker after the release, for missions, where the person agreed to that.' },
  ),
)

export const ReleasedSpeaker = component(
  'ReleasedSpeaker',
  Type.Object(
    { view: Type.Literal('public', { description: 'For everybody.' }), ...released },
    {
      description:
        'A selected speaker after the release, for everybody, where the person agreed to that. The State under Review sees no more unless the person shares more with it.',
    },
  ),
)

export const ApplicationForReviewerPage = pageOf('ApplicationForReviewerPage', ApplicationForReviewer)
export const SpeakerForMissionsPage = component(
  'SpeakerForMissionsPage',
  Type.Object(
    {
      data: Type.Array(Type.Union([ref(SpeakerForMissions), ref(ReleasedSpeaker)]), {
        description: 'The speakers, each in the view that holds for its country.',
      }),
      nextCursor: nullable(Type.String(), { description: 'Cursor of the next page, or null on the last one.' }),
    },
    { description: 'A page of selected speakers for a mission.' },
  ),
)
export const ReleasedSpeakerPage = pageOf('ReleasedSpeakerPage', ReleasedSpeaker)
