import type { Moment } from '../calendar/zone.ts'
import type { FactKinds } from '../rule/facts.ts'
import type { RuleGroup } from '../rule/group.ts'
import type { Rule } from '../rule/rule.ts'
import { type Headcount, headcount, type Incident, insideOf } from './record.ts'

/** From the notices that were recorded, the facts by which rules know that a duty was met. */

interface Notice {
  readonly at: Moment
  readonly addressee: string
  readonly jurisdiction?: string | undefined
  readonly reached?: number | undefined
  readonly meets?: readonly string[] | undefined
}

/** Addressees who are people, of whom each one must be reached. */
const people = new Set(['individuals', 'residents', 'patients'])
export const isPeople = (addressee: string): boolean => people.has(addressee)

export function noticesOf(incident: Incident): readonly Notice[] {
  return insideOf(incident).happened.flatMap(({ event }): Notice[] => {
    if (event.type === 'reported') return [{ at: event.at, addressee: 'secretary' }]
    return event.type === 'notified' ? [event] : []
  })
}

/** Whether the rule speaks of a State at all, or of this one. */
const speaksOf = (rule: Rule, state: string | undefined): boolean =>
  rule.jurisdiction === undefined || rule.jurisdiction === 'each' || state === undefined || rule.jurisdiction === state

/** Whether a notice to the addressee of a rule meets the fact of this rule, and not of another with the same addressee. */
function meets(group: RuleGroup<FactKinds>, rule: Rule, notice: Notice): boolean {
  if (notice.addressee !== rule.addressee || !speaksOf(rule, notice.jurisdiction)) return false
  if (notice.meets !== undefined) return notice.meets.includes(rule.metBy as string)
  const facts = group.rules
    .filter((each) => each.metBy !== undefined && each.addressee === notice.addressee && speaksOf(each, notice.jurisdiction))
    .map(({ metBy }) => metBy)
  return new Set(facts).size === 1
}

/** When the notices of one addressee were complete: the first of them; for people, the one by which all were reached. */
function completedAt(
  addressee: string,
  notices: readonly Notice[],
  state: string | undefined,
  count: Headcount,
): Moment | undefined {
  if (!people.has(addressee)) return notices[0]?.at
  const { individuals, residents } = count
  const all = state === undefined ? individuals : residents && Object.hasOwn(residents, state) ? residents[state] : null
  // How many there are is not known: then nobody can know that all were reached.
  if (all == null) return undefined
  let reached = 0
  return notices.find((notice) => {
    reached += notice.reached ?? 0
    return reached >= all
  })?.at
}

/** The later of two moments of a history, which were recorded in order. */
const last = (order: readonly Notice[], moments: readonly Moment[]): Moment =>
  moments.reduce((a, b) => (order.findIndex(({ at }) => at === b) > order.findIndex(({ at }) => at === a) ? b : a))

/** When a fact was met, by every addressee that a rule connects with it; `undefined` as long as one of them waits. */
function metAt(
  group: RuleGroup<FactKinds>,
  rules: readonly Rule[],
  state: string | undefined,
  incident: Incident,
): Moment | undefined {
  const order = noticesOf(incident)
  const count = headcount(incident)
  const moments: Moment[] = []
  for (const addressee of new Set(rules.map((rule) => rule.addressee))) {
    const own = rules.filter((rule) => rule.addressee === addressee)
    const notices = order.filter(
      (notice) => (state === undefined || notice.jurisdiction === state) && own.some((rule) => meets(group, rule, notice)),
    )
    const done = completedAt(addressee, notices, state, count)
    if (done === undefined) return undefined
    moments.push(done)
  }
  return moments.length > 0 ? last(order, moments) : undefined
}

/** The facts of a group that the recorded notices establish. */
export function metFacts(incident: Incident, group: RuleGroup<FactKinds>): Record<string, unknown> {
  const facts: Record<string, unknown> = {}
  const names = new Set(group.rules.flatMap(({ metBy }) => (metBy === undefined ? [] : [metBy])))
  for (const name of names) {
    const rules = group.rules.filter(({ metBy }) => metBy === name)
    if (group.facts[name] === 'moment') {
      const at = metAt(group, rules, undefined, incident)
      if (at !== undefined) facts[name] = at
      continue
    }
    const byState: Record<string, Moment> = {}
    for (const state of new Set(noticesOf(incident).flatMap(({ jurisdiction }) => jurisdiction ?? []))) {
      const own = rules.filter((rule) => speaksOf(rule, state))
      const at = own.length > 0 ? metAt(group, own, state, incident) : undefined
      if (at !== undefined) byState[state] = at
    }
    if (Object.keys(byState).length > 0) facts[name] = byState
  }
  return facts
}
