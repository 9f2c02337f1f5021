import type { CivilDate } from '@phi/deadlines'
import type { HoldFact } from '../../assess/assessment.ts'
import type { StoredRecord } from '../store/store.ts'
import { own } from '../text.ts'
import { type HoldCriteria, type HoldEvent, holdEventSchema, ownEvent } from './hold.ts'

/** Something placed for a case, as the facts recorded so far have it. */
export interface HoldCase {
  readonly case: string
  /** The place of the fact that placed it: how many were recorded before. */
  readonly recorded: number
  /** `null` where a fact could not be read: then it holds everything, for good. */
  readonly placed: CivilDate | null
  readonly matches: HoldCriteria
  /** The day from which it holds nothing any more; of several, the last. `null` while it is not released. */
  readonly released: CivilDate | null
}

/** The case under which a fact is shown that nobody can read. */
const UNREADABLE = 'unreadable-hold'

/**
 * What the facts amount to, in their order. A fact that cannot be read may have been any hold, so it holds everything. A release
 * counts for what was placed before it was recorded, and not if it is dated before that was placed.
 */
export function holdCases(events: readonly unknown[]): readonly HoldCase[] {
  const cases: (Omit<HoldCase, 'released'> & { released: CivilDate | null })[] = []
  for (const [recorded, value] of events.entries()) {
    const read = holdEventSchema.safeParse(ownEvent(value))
    if (!read.success) {
      cases.push({ case: UNREADABLE, recorded, placed: null, matches: { everything: true }, released: null })
      continue
    }
    const event = read.data as HoldEvent
    if (event.type === 'placed') {
      cases.push({ case: event.case, recorded, placed: event.on, matches: event.matches, released: null })
      continue
    }
    for (const each of cases) {
      const counts = each.case === event.case && each.placed !== null && event.on >= each.placed
      if (counts && (each.released === null || event.on > each.released)) each.released = event.on
    }
  }
  return cases
}

type Fields = Readonly<Record<'ids' | 'kinds' | 'tenants' | 'subjects', unknown>>

const fieldsOf = (row: StoredRecord): Fields => ({
  ids: row.id,
  kinds: own(row.record, 'kind'),
  tenants: own(row.record, 'tenant'),
  subjects: own(row.record, 'subject'),
})

type Matcher = (fields: Fields) => boolean

/** Whether a record matches, or may: only a field that is known, and is none of the values, frees it. */
function matcherOf(matches: HoldCriteria): Matcher {
  if (Object.hasOwn(matches, 'everything')) return () => true
  const tests: (readonly [keyof Fields, ReadonlySet<unknown>])[] = []
  for (const name of ['ids', 'kinds', 'tenants', 'subjects'] as const) {
    const values = own(matches, name) as readonly string[] | undefined
    if (values !== undefined) tests.push([name, new Set<unknown>(values)])
  }
  return (fields) => {
    for (const [name, values] of tests) {
      const value = fields[name]
      if (typeof value === 'string' && value !== '' && !values.has(value)) return false
    }
    return true
  }
}

/** The holds of a store on one day, ready to be asked about many records. */
export interface HoldIndex {
  /** How many facts were recorded when it was made. */
  readonly revision: number
  /** How many cases hold on the day. */
  readonly open: number
  /** The cases that hold a record, and those that held it once, for the assessment. */
  factsOn(row: StoredRecord): readonly HoldFact[]
}

/** Holds on the day: not released, or released for a later day. */
const isOpen = (each: { readonly released?: CivilDate | null | undefined }, today: CivilDate): boolean =>
  each.released === undefined || each.released === null || each.released > today

const NONE: readonly HoldFact[] = Object.freeze([])

export function indexHolds(events: readonly unknown[], today: CivilDate): HoldIndex {
  const cases = holdCases(events)
  const matchers = cases.map((each) => ({
    fact: Object.freeze({ case: each.case, placed: each.placed, released: each.released }),
    matches: matcherOf(each.matches),
  }))
  return {
    revision: events.length,
    open: new Set(cases.filter((each) => isOpen(each, today)).map((each) => each.case)).size,
    factsOn(row) {
      if (matchers.length === 0) return NONE
      const fields = fieldsOf(row)
      let facts: HoldFact[] | undefined
      for (const { fact, matches } of matchers) {
        if (!matches(fields)) continue
        facts ??= []
        facts.push(fact)
      }
      return facts ?? NONE
    },
  }
}

/** The cases among these that hold on the day. */
export function openCases(facts: readonly HoldFact[], today: CivilDate): readonly string[] {
  if (facts.length === 0) return []
  return [...new Set(facts.filter((fact) => isOpen(fact, today)).map((fact) => fact.case))]
}

/**
 * The cases that hold a record on a day, by their ids, in the order in which they were placed. On the day of its release a case
 * holds nothing any more. Never throws: a fact that cannot be read holds.
 */
export const holdsOn = (row: StoredRecord, events: readonly HoldEvent[], today: CivilDate): readonly string[] =>
  openCases(indexHolds(events, today).factsOn(row), today)

/**
 * Whether a case that was placed after the first `since` facts, and holds on the day, may touch what lies under the keys of a
 * tenant or a subject. Which records those were is not known any more, so ids and kinds free nothing.
 */
export function heldSince(
  events: readonly unknown[],
  since: number,
  scope: { readonly tenant: string; readonly subject?: string | undefined },
  today: CivilDate,
): boolean {
  const fields: Fields = { ids: undefined, kinds: undefined, tenants: scope.tenant, subjects: scope.subject }
  return holdCases(events).some((each) => each.recorded >= since && isOpen(each, today) && matcherOf(each.matches)(fields))
}
