import type { UsState } from '@phi/core'
import { type ReadMoment, readMoment } from '../calendar/zone.ts'
import type { FactKinds, ReadFacts } from '../rule/facts.ts'
import type { Compiled } from '../rule/group.ts'
import type { Rule } from '../rule/rule.ts'
import type { Because, Deadline, Status } from './deadline.ts'
import type { ReadOptions } from './options.ts'
import { preparedOf } from './prepared.ts'
import type { Place } from './truth.ts'

/** Everything one evaluation works with. */
export interface Run {
  readonly ruleset: string
  readonly compiled: Compiled
  readonly kinds: FactKinds
  readonly facts: ReadFacts
  /** What the caller gave, as parsed: every result shows it. */
  readonly given: Readonly<Record<string, unknown>>
  readonly options: ReadOptions
}

/** A result in the making. */
export type Draft = { -readonly [Key in keyof Deadline]?: Deadline[Key] }

/** A result of a row, with what every result of it repeats. */
export function result(run: Run, rule: Rule, place: Place, status: Status, because: Because, more: Draft): Deadline {
  const { citation, citations, duty } = preparedOf(rule)
  const out: Draft = {
    rule: rule.id,
    duty,
    ruleset: run.ruleset,
    title: rule.title,
    addressee: rule.addressee,
    status,
    because,
  }
  if (place.state !== undefined) out.jurisdiction = place.state as UsState
  Object.assign(out, more)
  out.facts = run.given
  out.unknown ??= []
  out.steps ??= []
  out.citation = citation
  out.citations = citations
  out.confirmation = rule.confirmation
  out.asOf = rule.asOf
  if (rule.note !== undefined) out.note = rule.note
  out.changesIf ??= []
  return out as Deadline
}

/** A moment by its fact; of a fact that holds one for each State, that of the State at hand. */
export function momentOf(run: Run, fact: string, place: Place): ReadMoment | undefined {
  if (run.kinds[fact] !== 'moments-by-state') return run.facts.moments[fact]
  const byState = run.facts.values[fact] as Readonly<Record<string, string | null>> | null | undefined
  const text = place.state !== undefined && byState != null && Object.hasOwn(byState, place.state) ? byState[place.state] : null
  return text == null ? undefined : readMoment(text, run.facts.zone, `facts.${fact}.*`)
}
