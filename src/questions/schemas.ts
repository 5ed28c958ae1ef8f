import { lifecycles } from '../domain/lifecycles.ts'
import { questionKinds, queueOrders } from '../domain/question-queue.ts'
import {
  closed,
  component,
  enumOf,
  Id,
  Instant,
  Iso3,
  pageOf,
  reason,
  ref,
  type Static,
  Type,
} from '../http/schemas.ts'

export const statuses = lifecycles.question.states.map((state) => state.name)
const text = (maxLength: number, description: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '\\S',
    description,
    examples: ['Which of last cycle’s recommendations has had the least effect?'],
  })
const calendarDate = (description: string) => Type.String({ format: 'date', description, examples: ['2021-04-07'] })
const State = (description: string) => Type.String({ description, examples: ['CHE'] })

const kind = enumOf(questionKinds, {
  description:
    '`question`: put to the panel or to a speaker. Of the State under Review alone: `openingStatement`, two minutes at the beginning (R29), and `floor`, its wish to speak again (R30).',
})

export const PutQuestion = component(
  'PutQuestion',
  closed(
    {
      kind: Type.Optional(enumOf(questionKinds, { default: 'question', description: 'What it is.' })),
      text: Type.Optional(
        text(2_000, 'Its words; needed for a question. With a wish to speak, a note that the moderator alone sees.'),
      ),
      country: Type.Optional(
        Iso3(
          'The State under Review that it is about; left out, all of the slot. One put to a speaker is about the speaker’s.',
        ),
      ),
      applicationId: Type.Optional(
        Id('The speaker it is put to, as the speakers of the slot name it. Left out: the panel.'),
      ),
      showsState: Type.Optional(
        Type.Boolean({
          default: true,
          description: 'False: only the moderator and the secretariat are told which State’s mission put it.',
        }),
      ),
      state: Type.Optional(
        Iso3(
          'For the secretariat alone: the State whose mission handed it in otherwise. Left out: the moderator’s own.',
        ),
      ),
    },
    {
      description: 'A question, or the wish of the State under Review to speak.',
      examples: [{ text: 'Which of last cycle’s recommendations has had the least effect?', country: 'BEL' }],
    },
  ),
)

export const TransitionQuestion = component(
  'TransitionQuestion',
  closed(
    {
      to: enumOf(statuses, { description: 'The status to move to.' }),
      reason: Type.Optional(
        reason('Why it is held; needed for `held`. Told to the moderator and the secretariat alone.'),
      ),
      into: Type.Optional(Id('The question that it is joined into; needed for `merged`.')),
      answer: Type.Optional(text(10_000, 'The written answer; needed for `answeredInWriting`.')),
      applicationId: Type.Optional(
        Id('For the secretariat, with `answeredInWriting`: the speaker who answers. Left out: the secretariat itself.'),
      ),
      answerDueOn: Type.Optional(
        calendarDate('With `lapsed`: the day by which it is answered in writing. Left out: two weeks after the slot.'),
      ),
    },
    { description: 'A move of a question to another status.', examples: [{ to: 'approved' }] },
  ),
)

export const CastVote = component(
  'CastVote',
  closed({}, { description: 'A vote says nothing but that it is there.', examples: [{}] }),
)

export const OrderQuestionQueue = component(
  'OrderQuestionQueue',
  closed(
    { order: enumOf(queueOrders, { description: '`time`: who came first; `turn`: whose State was called least.' }) },
    { description: 'How the queue is ordered.', examples: [{ order: 'turn' }] },
  ),
)

const addressed = {
  addressedTo: enumOf(['panel', 'speaker'], { description: 'Whom it is put to.' }),
  applicationId: Type.Optional(Id('The speaker it is put to, where you may know of the speaker.')),
}
const common = {
  id: Id('Id of the question. Unlike other ids it does not tell when it was made.'),
  slotId: Id('The Q&A slot.'),
  kind,
  country: Type.Optional(
    Type.String({
      description: 'The State under Review that it is about; absent: all of the slot.',
      examples: ['BEL'],
    }),
  ),
  ...addressed,
  text: Type.Optional(Type.String({ description: 'Its words; a wish to speak has none.' })),
  state: Type.Optional(
    State('The State whose mission put it. Absent where its name is not shown, and for the moderator’s own.'),
  ),
}
const anyStatus = enumOf(statuses, { description: 'Where it stands.' })
const outcome = {
  askedAt: Type.Optional(Instant('When it was called.')),
  answeredAt: Type.Optional(Instant('When it was answered at the meeting or in writing.')),
}
const written = {
  answer: Type.Optional(Type.String({ description: 'The written answer, where whoever gave it lets you see it.' })),
  answerDueOn: Type.Optional(calendarDate('The day by which it is answered in writing.')),
}
const votes = Type.Integer({ minimum: 0, description: 'How many other missions support it.' })
const openStatuses = ['approved', 'asked', 'answered', 'answeredInWriting', 'lapsed'] as const
const openStatus = enumOf(openStatuses, { description: 'Where it stands.' })

export const Question = component(
  'Question',
  Type.Object(
    {
      view: Type.Literal('public', { description: 'For everybody.' }),
      ...common,
      status: enumOf(['asked', 'answered'], { description: 'Whether it was answered at the meeting.' }),
      ...outcome,
    },
    { description: 'A question that was called, as whoever is in the room heard it.' },
  ),
)

export const QuestionForMissions = component(
  'QuestionForMissions',
  Type.Object(
    {
      view: Type.Literal('mission', { description: 'For missions of other States than the one under review.' }),
      ...common,
      status: openStatus,
      votes,
      voted: Type.Boolean({ description: 'Whether your mission supports it.' }),
      ...outcome,
      ...written,
    },
    { description: 'A question that the moderator let through.' },
  ),
)

export const QuestionOfMission = component(
  'QuestionOfMission',
  Type.Object(
    {
      view: Type.Literal('own', { description: 'For the mission that put it.' }),
      ...common,
      showsState: Type.Boolean({ description: 'Whether others are told which State’s mission put it.' }),
      status: anyStatus,
      mergedInto: Type.Optional(Id('The question that it was joined into, where you may see that one.')),
      votes,
      putAt: Instant('When it was put.'),
      ...outcome,
      ...written,
    },
    { description: 'A question of one’s own.' },
  ),
)

export const QuestionForSpeaker = component(
  'QuestionForSpeaker',
  Type.Object(
    {
      view: Type.Literal('speaker', { description: 'For the speakers whom it is put to.' }),
      ...common,
      status: openStatus,
      ...outcome,
      ...written,
    },
    { description: 'A question that is put to the speaker, or to the panel of the speaker’s country.' },
  ),
)

const moderated = {
  ...common,
  state: Type.Optional(State('The State whose mission put it, shown to others or not; absent: the moderator’s own.')),
  showsState: Type.Boolean({ description: 'Whether others than you are told which State’s mission put it.' }),
  status: anyStatus,
  holdReason: Type.Optional(Type.String({ description: 'Why it is held.' })),
  mergedInto: Type.Optional(Id('The question that it was joined into.')),
  votes,
  putAt: Instant('When it was put.'),
  approvedAt: Type.Optional(Instant('When it was let through.')),
  ...outcome,
  ...written,
}

export const QuestionForModerator = component(
  'QuestionForModerator',
  Type.Object(
    { view: Type.Literal('moderator', { description: 'For the moderator of the slot.' }), ...moderated },
    { description: 'A question as the moderator sees it.' },
  ),
)

export const QuestionForStaff = component(
  'QuestionForStaff',
  Type.Object(
    {
      view: Type.Literal('staff', { description: 'For the secretariat.' }),
      ...moderated,
      putBy: Type.String({ description: 'Id of the credential that put it; `erased` once its period is over.' }),
      voters: Type.Array(State('A State whose mission voted.'), { description: 'Who supports it.' }),
      answeredBy: Type.Optional(Id('The speaker who answered in writing; absent: the secretariat.')),
      updatedAt: Instant('Last change.'),
    },
    { description: 'A question with everything that is known of it.' },
  ),
)

/** Every view with its component; what leaves is written by it, over HTTP and in the stream alike. */
export const viewComponents = {
  public: Question,
  mission: QuestionForMissions,
  own: QuestionOfMission,
  speaker: QuestionForSpeaker,
  moderator: QuestionForModerator,
  staff: QuestionForStaff,
} as const

export const AnyQuestion = component(
  'AnyQuestion',
  Type.Union(
    Object.values(viewComponents).map((view) => ref(view)),
    { description: 'A question in the view that it has for you; `view` says which.' },
  ),
)

export const QuestionPage = pageOf('QuestionPage', AnyQuestion)

export const QuestionQueue = component(
  'QuestionQueue',
  Type.Object(
    {
      slotId: Id('The Q&A slot.'),
      order: enumOf(queueOrders, { description: '`time`: who came first; `turn`: whose State was called least.' }),
      questions: Type.Array(Id('A question.'), {
        description: 'Those that are to be called and that you may see, in the order of their call.',
      }),
    },
    { description: 'The queue of a slot.' },
  ),
)

export type QuestionInput = Static<typeof PutQuestion>
export type Transition = Static<typeof TransitionQuestion>
