import type { Day } from '@phi/example-platform'
import { agreement } from './chapters/agreement.ts'
import { breach } from './chapters/breach.ts'
import { exclusions } from './chapters/exclusions.ts'
import { protection } from './chapters/protection.ts'
import { responsibilities } from './chapters/responsibilities.ts'
import { signatures } from './chapters/signatures.ts'
import { begin, type World } from './world.ts'

/** A Friday, a Monday and a December with a practice tool: S137 to S161. */
export const day: Day<World> = {
  title: 'A day with a practice tool',
  begin,
  end: ({ platform }) => platform.close(),
  chapters: [agreement, signatures, exclusions, protection, responsibilities, breach],
}
