import type { Day } from '@phi/example-platform'
import { access } from './chapters/access.ts'
import { agreements } from './chapters/agreements.ts'
import { ai } from './chapters/ai.ts'
import { evening } from './chapters/evening.ts'
import { messages } from './chapters/messages.ts'
import { register } from './chapters/register.ts'
import { telehealth } from './chapters/telehealth.ts'
import { begin, type World } from './world.ts'

/** A day with a marketplace for therapists: S1 to S85. */
export const day: Day<World> = {
  title: 'A day with a marketplace for therapists',
  begin,
  end: ({ platform }) => platform.close(),
  chapters: [access, agreements, telehealth, ai, messages, register, evening],
}
