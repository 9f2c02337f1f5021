import { formatCitation } from '@phi/core'
import { type Day, formatDay, parseDay } from '../calendar/civil-date.ts'
import { readMoment, type Zone } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import type { ExtensionStatement } from '../rule/facts.ts'
import type { Extension } from '../rule/rule.ts'
import type { ExtensionDefect, ExtensionOutcome, Step } from './deadline.ts'

/** What is wrong with a statement: the first defect in the order of the text. What is not known is not there. */
function defectOf(
  statement: ExtensionStatement,
  given: Day,
  base: Day,
  outer: Day,
  requires: Extension['requires'],
): ExtensionDefect | null {
  if (given > base) return 'given-after-the-first-period'
  if (requires.includes('written') && statement.written !== true) return 'not-written'
  if (requires.includes('reasons') && statement.reasons !== true) return 'no-reasons'
  if (statement.promisedDate == null) return requires.includes('promisedDate') ? 'no-date' : null
  const promised = parseDay(statement.promisedDate)
  if (promised > outer) return 'date-beyond-the-limit'
  return promised <= base ? 'date-inside-the-first-period' : null
}

/**
 * The period after the statements that were given: 164.524(b)(2)(ii), 164.526(b)(2)(ii), 164.528(c)(1)(ii). The first valid
 * statement extends, once; a defective one never extended anything.
 * @throws PhiError PHI_DEADLINES_CONTRADICTION for a statement given before the trigger, or in the future, or that promises a day
 *   before it was given
 */
export function extend(
  extension: Extension,
  statements: readonly ExtensionStatement[],
  base: Day,
  triggered: Day,
  today: Day | undefined,
  zone: Zone | undefined,
  steps: Step[],
): { readonly due: Day; readonly outcome: ExtensionOutcome; readonly unknown: readonly string[] } {
  const outer = base + extension.adds.amount
  const path = `facts.${extension.fact}`
  const citation = formatCitation(extension.citation)
  const read = statements.map((statement) => ({ statement, given: readMoment(statement.given, zone, `${path}.*.given`).day }))
  // Of two on one day, the one that promises less time commits.
  const promise = ({ statement }: (typeof read)[number]) => statement.promisedDate ?? '9'
  read.sort((a, b) => a.given - b.given || (promise(a) < promise(b) ? -1 : promise(a) > promise(b) ? 1 : 0))
  let due = base
  let committed: Day | undefined
  const unknown: string[] = []
  const verdicts = read.map(({ statement, given }): ExtensionDefect | null => {
    const promised = statement.promisedDate == null ? undefined : parseDay(statement.promisedDate)
    const wrong =
      given < triggered
        ? 'a statement was given before the request was received'
        : today !== undefined && given > today
          ? 'a statement was given in the future'
          : promised !== undefined && promised < given
            ? 'a statement promises a day before it was given'
            : undefined
    if (wrong) throw deadlinesError('PHI_DEADLINES_CONTRADICTION', { path, detail: wrong })
    const defect = committed === undefined ? defectOf(statement, given, base, outer, extension.requires) : 'already-extended'
    if (defect === null) {
      committed = promised ?? outer
      due = committed
    } else if (defect !== 'already-extended' && given <= base) {
      for (const field of extension.requires) if (statement[field] == null) unknown.push(`${extension.fact}.${field}`)
    }
    const valid = defect === null
    const to = valid ? { to: formatDay(due) } : { why: defect }
    steps.push({ step: 'extension', given: formatDay(given), valid, ...to, citation })
    return defect
  })
  const outcome: ExtensionOutcome = {
    valid: committed !== undefined,
    statements: verdicts,
    outerLimit: formatDay(outer),
    ...(committed !== undefined && { committed: formatDay(committed) }),
  }
  return { due, outcome, unknown: [...new Set(unknown)] }
}
