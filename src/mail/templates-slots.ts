import type { Message } from './templates.ts'

interface Round {
  preSession: number
}

/** A time and a room: never a country, a name or a theme, since mails are read by others in some countries. */
export interface SessionLine {
  /** Times with their zones, in words. */
  when: string
  room: string
}

interface Changed {
  before?: SessionLine | undefined
  after?: SessionLine | undefined
}

const of = ({ when, room }: SessionLine): string => `${when}, ${room}`

const hello = (...paragraphs: string[]): string => ['Hello,', ...paragraphs].join('\n\n')

const changeLine = ({ before, after }: Changed): string => {
  if (before === undefined) return `- New: ${after === undefined ? '' : of(after)}`
  if (after === undefined) return `- Called off: ${of(before)}`
  return `- Was: ${of(before)}\n  Is now: ${of(after)}`
}

/** What is told of slots, seats and the day itself. */
export const slotTemplates = {
  seatGiven: ({ preSession, session }: Round & { session: SessionLine }): Message => ({
    subject: `Pre-sessions ${preSession}: you have a seat`,
    text: hello('you have a seat in this session:', of(session), 'Sign in to see it, or to give the seat up.'),
  }),
  seatFreed: ({ preSession, session }: Round & { session: SessionLine }): Message => ({
    subject: `Pre-sessions ${preSession}: a seat has become free for you`,
    text: hello(
      'you were waiting for a seat. One has become free, and it is yours:',
      of(session),
      'If you cannot come, sign in and give it up, so that the next one moves up.',
    ),
  }),
  seatLost: ({ preSession, session }: Round & { session: SessionLine }): Message => ({
    subject: `Pre-sessions ${preSession}: you have no seat any more`,
    text: hello(
      'your seat in this session was given up:',
      of(session),
      'If that was not meant, answer to the secretariat.',
    ),
  }),
  seatSwapped: ({ preSession, before, after }: Round & { before: SessionLine; after: SessionLine }): Message => ({
    subject: `Pre-sessions ${preSession}: your seat was swapped`,
    text: hello('two speakers have swapped their seats. Yours was:', of(before), 'It is now:', of(after)),
  }),
  swapOffered: ({ preSession, session }: Round & { session: SessionLine }): Message => ({
    subject: `Pre-sessions ${preSession}: another speaker would like to swap seats`,
    text: hello(
      'another speaker offers a seat in exchange for one like yours:',
      of(session),
      'Sign in to take the offer. If you do nothing, nothing changes.',
    ),
  }),
  sessionsChanged: ({ preSession, changes }: Round & { changes: Changed[] }): Message => ({
    subject: `Pre-sessions ${preSession}: the programme has changed`,
    text: hello(
      'something changes for you:',
      changes.map(changeLine).join('\n'),
      'The programme shows the times that hold now.',
    ),
  }),
  moderatorLink: ({ preSession, session, link }: Round & { session: SessionLine; link: string }): Message => ({
    subject: `Pre-sessions ${preSession}: your link as a moderator`,
    text: hello(
      'you moderate this session:',
      of(session),
      'This link opens it for you, and nothing else:',
      link,
      'It works once, until the session is over; a new one is sent to you when you ask for it. Do not forward it: whoever opens it acts for you.',
    ),
  }),
  invitation: ({ preSession, when, link }: Round & { when: string; link: string }): Message => ({
    subject: `Invitation to Pre-sessions ${preSession}`,
    text: hello(
      `the Permanent Mission is invited to Pre-sessions ${preSession}, ${when}. All Permanent Missions are invited, and the meetings are public.`,
      'Delegates register and ask questions with an access link, which is sent to this address on request:',
      link,
    ),
  }),
} as const
