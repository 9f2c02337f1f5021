import type { Day } from '@phi/example-platform'
import { accessChapter } from './chapters/access.ts'
import { agreementChapter } from './chapters/agreement.ts'
import { houseChapter } from './chapters/house.ts'
import { incidentChapter } from './chapters/incident.ts'
import { logChapter } from './chapters/log.ts'
import { rightsChapter } from './chapters/rights.ts'
import { yearsChapter } from './chapters/years.ts'
import { begin, end, type World } from './world.ts'

export const day: Day<World> = {
  title: 'Days of a physical-therapy platform',
  begin,
  end,
  chapters: [agreementChapter, accessChapter, logChapter, rightsChapter, houseChapter, incidentChapter, yearsChapter],
}
