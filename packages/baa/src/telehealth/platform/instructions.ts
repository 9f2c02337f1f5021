/** What a set of steps is for. */
export type InstructionTopic = 'waiting-room' | 'session-link'

/** Where a setting is on a platform, as a help page had it. Vendors move their settings: look at the day. */
export interface PlatformInstructions {
  readonly platform: 'zoom' | 'doxy' | 'google-workspace'
  readonly topic: InstructionTopic
  /** In order. Names of the platform's own buttons are as they were. */
  readonly steps: readonly string[]
  readonly requirements: readonly string[]
  /** The day of the newest dated thing on the page: a screenshot. The text itself bears no date. */
  readonly asOf: string
}

const AS_OF = '2024-05-13'

const row = (
  platform: PlatformInstructions['platform'],
  topic: InstructionTopic,
  requirements: readonly string[],
  ...steps: readonly string[]
): PlatformInstructions =>
  Object.freeze({ platform, topic, steps: Object.freeze(steps), requirements: Object.freeze(requirements), asOf: AS_OF })

/**
 * Steps for three platforms. That a platform is here says nothing for it, and that one is missing nothing against it (S76): `checkPlatform`
 * asks the same of all.
 */
// biome-ignore format: a table
export const platformInstructions: readonly PlatformInstructions[] = Object.freeze([
  row('zoom', 'waiting-room', ['S69', 'S77'], 'Open the Meetings tab.', 'Go to My Personal Meeting ID.', 'Choose Edit.', 'Tick the Waiting Room box, so that the host has to admit everybody who joins.'),
  row('doxy', 'waiting-room', ['S69', 'S77'], 'There is nothing to switch on: a waiting room is there by default.', 'To change how it looks, move to a paid plan.'),
  row('google-workspace', 'waiting-room', ['S69', 'S77'], 'In the meeting, choose Host controls at the bottom right.', 'In the panel, switch Quick access off, so that people have to ask before they join.'),
  row('zoom', 'session-link', ['S73', 'S77'], 'Open the Meetings tab.', 'Choose the number under My Personal Meeting ID.', 'Choose Copy Invitation.', 'Copy the address that stands under Join Zoom Meeting.', 'This is one room for all sessions: a meeting that is scheduled for one session has a link of its own.'),
  row('doxy', 'session-link', ['S73', 'S77'], 'Open the dashboard.', 'Choose Copy beside the link of the room.', 'This is one room for all sessions: leave the waiting room on.'),
  row('google-workspace', 'session-link', ['S73', 'S77'], 'In the meeting, choose the information icon.', 'In the panel, choose Copy joining info.'),
])

/** The steps for a platform and a topic; undefined for others, whose own help pages have them. */
export const instructionsFor = (platform: string, topic: InstructionTopic): PlatformInstructions | undefined =>
  platformInstructions.find((each) => each.platform === platform && each.topic === topic)
