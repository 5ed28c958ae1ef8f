import { adminKey } from './app.ts'

/** What stands behind the name of a bearer; `none` sends nothing. */
export const credentials: Record<string, string> = {
  admin: adminKey,
  secretariat: 'key-of-secretariat',
  reviewer: 'key-of-reviewer',
  integration: 'key-of-integration',
  limited: '{{limitedKey}}',
  guest: 'ses_guest',
  otherGuest: 'ses_other_guest',
  speaker: 'ses_speaker',
  otherSpeaker: 'ses_other_speaker',
  mission: 'ses_mission',
  otherMission: 'ses_other_mission',
  reviewedMission: 'ses_reviewed_mission',
  qaModerator: 'ses_qa_moderator',
  screeningModerator: 'ses_screening_moderator',
  // Each is used up by whoever signs out with it.
  ...Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`guest${n + 1}`, `ses_guest${n + 1}`])),
  wrong: 'wrong-key',
}

/** Whoever may send a request that was made for somebody else. */
export const bearers: readonly string[] = [...Object.keys(credentials).filter((name) => !/^guest\d/.test(name)), 'none']
