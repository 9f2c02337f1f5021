import { type FactKinds, type FactsOf, readFacts, withoutPrototypes } from '../rule/facts.ts'
import { compiledOf, type RuleGroup } from '../rule/group.ts'
import type { Rule } from '../rule/rule.ts'
import { type Deadline, statuses } from './deadline.ts'
import { type EvaluateOptions, readOptions } from './options.ts'
import { isEmpty, placesOf } from './place.ts'
import { resolve } from './resolve.ts'
import type { Run } from './run.ts'

const order = new Map(statuses.map((status, index) => [status, index]))
/** What calls for action first, by date; what does not apply last. */
function byUrgency(a: Deadline, b: Deadline): number {
  const quiet = (deadline: Deadline) => (order.get(deadline.status) as number) >= (order.get('met') as number)
  if (quiet(a) !== quiet(b)) return quiet(a) ? 1 : -1
  const [dayA, dayB] = [a.due ?? a.planFor ?? '9', b.due ?? b.planFor ?? '9']
  if (dayA !== dayB) return dayA < dayB ? -1 : 1
  const byStatus = (order.get(a.status) as number) - (order.get(b.status) as number)
  if (byStatus !== 0) return byStatus
  if (a.rule !== b.rule) return a.rule < b.rule ? -1 : 1
  return (a.jurisdiction ?? '') < (b.jurisdiction ?? '') ? -1 : 1
}

/**
 * What is due, to whom, by when, and why: one result for each duty of the group (and each State, where the duty is counted by
 * State), also for those that do not apply or are not in force. What calls for action comes first, by date.
 *
 * Pure: no clock is read. Dates are civil dates in the zone of the obliged entity, through the end of the day; the trigger day is
 * day 0 unless the text of a rule begins its count on it. What is not known never silences a duty.
 *
 * @throws PhiError PHI_DEADLINES_FACTS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE, PHI_DEADLINES_CONTRADICTION,
 *   PHI_DEADLINES_OPTIONS, PHI_DEADLINES_RANGE
 */
export function evaluate<Kinds extends FactKinds>(
  group: RuleGroup<Kinds>,
  facts: FactsOf<Kinds>,
  options?: EvaluateOptions,
): readonly Deadline[] {
  const compiled = compiledOf(group)
  const read = readFacts(group.facts, compiled.schema(), facts)
  const run: Run = {
    ruleset: group.ruleset.id,
    compiled,
    kinds: group.facts,
    facts: compiled.derive ? withoutPrototypes(compiled.derive(read)) : read,
    given: Object.freeze({ ...read.values }),
    options: readOptions(options, read.zone),
  }
  const results: Deadline[] = []
  for (const rows of compiled.duties) {
    const [first] = rows as [Rule]
    for (const place of placesOf(first, run.facts)) {
      const found = resolve(run, rows, place)
      // Nobody needs to read that a State without a name is below a threshold.
      if (first.jurisdiction === 'each' && place.state === undefined && found.status === 'not-applicable') {
        if (!isEmpty(run.facts.values.residents as object | null | undefined)) continue
      }
      results.push(found)
    }
  }
  return results.sort(byUrgency)
}
