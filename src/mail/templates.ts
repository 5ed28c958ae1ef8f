import { slotTemplates } from './templates-slots.ts'

/** What a message says. Plain text; nothing that a user wrote goes into a subject. */
export interface Message {
  subject: string
  text: string
}

interface AccessLink {
  preSession: number
  minutes: number
  /** With its token: never among the parameters that are kept. */
  link: string
}

/** One function a template. A message never holds a name, a country and a theme together (mails are read by others in some countries). */
export const templates = {
  accessLink: ({ preSession, minutes, link }: AccessLink): Message => ({
    subject: `Your link for Pre-sessions ${preSession}`,
    text: [
      'Hello,',
      `somebody asked for a link to Pre-sessions ${preSession} with this address. If it was you, open this within ${minutes} minutes:`,
      link,
      'The link works once. Do not forward it: whoever opens it acts for you.',
      'If it was not you, ignore this message; nothing happens.',
    ].join('\n\n'),
  }),
  ...slotTemplates,
} as const

export type TemplateName = keyof typeof templates
