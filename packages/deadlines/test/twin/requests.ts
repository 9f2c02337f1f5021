import { type Date10, earliest, walk } from './civil.ts'
import { Contradiction, type Dated, doneOn, judged, type Outcome, planned } from './outcome.ts'
import { dateOf } from './zone.ts'

export interface Statement {
  given: string
  written?: boolean | null
  reasons?: boolean | null
  promisedDate?: Date10 | null
}

export interface RequestFacts {
  timeZone?: string
  received?: string | null
  extensionStatements?: Statement[] | null
  acted?: string | null
  storage?: 'onsite' | 'offsite' | null
}

/**
 * 164.524(b)(2), 164.526(b)(2), 164.528(c)(1): so many days from receipt; once up to 30 more, on a written statement of the
 * reasons and of the date by which it will be done, given inside the first period.
 */
function act(days: number, facts: RequestFacts, received: Date10, today: Date10 | undefined): Outcome {
  const zone = facts.timeZone
  const asked = { today, zone, trigger: received, done: facts.acted }
  const on = doneOn(asked)
  const base = walk(received, days)
  const limit = walk(base, 30)
  const statements = (facts.extensionStatements ?? []).map((each) => ({ ...each, on: dateOf(each.given, zone) }))
  for (const { on: given, promisedDate } of statements) {
    if (given < received) throw new Contradiction('a statement before the request')
    if (today !== undefined && given > today) throw new Contradiction('a statement of tomorrow')
    if (promisedDate != null && promisedDate < given) throw new Contradiction('a promise of yesterday')
  }
  // In the order in which they were given; of one day, what was promised earlier first.
  statements.sort((a, b) => {
    const [keyA, keyB] = [a, b].map((each) => `${each.on} ${each.promisedDate ?? '9'}`) as [string, string]
    return keyA < keyB ? -1 : keyA > keyB ? 1 : 0
  })
  let committed: Date10 | undefined
  const verdicts = statements.map((each): string | null => {
    if (committed !== undefined) return 'already-extended'
    if (each.on > base) return 'given-after-the-first-period'
    if (each.written !== true) return 'not-written'
    if (each.reasons !== true) return 'no-reasons'
    if (each.promisedDate == null) return 'no-date'
    if (each.promisedDate > limit) return 'date-beyond-the-limit'
    if (each.promisedDate <= base) return 'date-inside-the-first-period'
    committed = each.promisedDate
    return null
  })
  const dated: Dated = {
    base,
    due: committed ?? base,
    because: committed === undefined ? 'counted' : 'extended',
    held: false,
    more: {
      ...(statements.length > 0 && { statements: verdicts, outerLimit: limit }),
      ...(committed !== undefined && { committed }),
    },
  }
  return judged(asked, on, dated)
}

const PRIVACY_RULE = '2003-04-14'
const OMNIBUS_RULE = '2013-09-23'

/** What is to be said before anything is counted. */
function before(facts: RequestFacts, today: Date10 | undefined): Outcome | Date10 {
  if (facts.received == null) return { status: 'pending-facts', because: 'trigger-not-known' }
  const received = dateOf(facts.received, facts.timeZone)
  if (received < PRIVACY_RULE) return { status: 'not-in-force', because: 'not-yet-in-force' }
  if (today !== undefined && received > today) return { status: 'pending-facts', because: 'trigger-in-the-future' }
  return received
}

export function twinOfSixtyDays(facts: RequestFacts, today: Date10 | undefined): Outcome {
  const received = before(facts, today)
  return typeof received === 'string' ? act(60, facts, received, today) : received
}

/** Access: 30 days. Until the Omnibus rule records off site had 60; where they were then may not be known. */
export function twinOfAccess(facts: RequestFacts, today: Date10 | undefined): Outcome {
  const received = before(facts, today)
  if (typeof received !== 'string') return received
  if (received >= OMNIBUS_RULE || facts.storage === 'onsite') return act(30, facts, received, today)
  if (facts.storage === 'offsite') return act(60, facts, received, today)
  const both = [30, 60].map((days) => planned(act(days, facts, received, today)))
  const dateIn = (outcome: Outcome): Date10 => (outcome.due ?? outcome.planFor) as Date10
  const first = earliest(...both.map(dateIn))
  return both.find((outcome) => dateIn(outcome) === first) as Outcome
}
