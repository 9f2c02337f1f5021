import { monthsOf } from '../recurring/cadence.ts'
import { recurringDuties } from '../recurring/catalogue.ts'
import type { Finding } from './finding.ts'
import { listed, quoted } from './notice-findings.ts'
import { isLongerThan, periodInWords } from './period.ts'
import type { Statement } from './profile.ts'

const known = Object.values(recurringDuties)

/** What is to be said about stated cadences: only where the law has a number, or names an event. */
export function recurringFindings(statements: readonly Statement[]): Finding[] {
  return statements.flatMap((statement): Finding[] => {
    if (statement.about !== 'recurring') return []
    const duty = known.find(({ id }) => id === statement.duty)
    if (!duty) return []
    const found: Finding[] = []
    const months = duty.cadence?.by === 'law' ? monthsOf(duty.cadence.every) : undefined
    if (statement.every && months !== undefined && isLongerThan(statement.every, months)) {
      found.push({
        code: 'longer-than-the-law',
        severity: 'error',
        statements: [quoted(statement)],
        says: `Every ${periodInWords(statement.every)} is less often than the law's every ${periodInWords({ months })}.`,
        law: [duty.citation],
        remedy: `State ${periodInWords({ months })} or less.`,
      })
    }
    const missing = duty.eventsInLaw.filter((event) => !(statement.events ?? []).includes(event))
    if (missing.length > 0) {
      found.push({
        code: 'event-not-stated',
        severity: 'warning',
        statements: [quoted(statement)],
        says: `The law also asks for it ${listed(missing)}.`,
        law: [duty.citation, ...duty.also],
        remedy: 'State the event beside the cadence.',
      })
    }
    return found
  })
}
