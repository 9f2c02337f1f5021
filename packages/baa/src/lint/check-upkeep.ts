import type { Agreement } from '../agreement/agreement.ts'
import type { Clause } from '../agreement/clause.ts'
import { associateTiers } from './element.ts'
import type { Note } from './finding.ts'
import { legalPeriods, mayFallShort, mayUseUp, rights } from './limit.ts'

/** Periods and halves of the promises that are there. */
export function checkPeriods(agreement: Agreement, note: Note): void {
  const { terms, tier } = agreement
  for (const right of rights) {
    const clause = terms[right]
    if (clause === undefined) continue
    const path = `${clause.id}.within`
    if (clause.within === undefined) note('rights-window-missing', path, { clause })
    else if (mayUseUp(clause.within, legalPeriods[right].period)) note('rights-window-long', path, { clause })
  }

  const { returnOrDestroy, logRetention } = terms
  if (returnOrDestroy) {
    const more = { clause: returnOrDestroy }
    if (returnOrDestroy.within === undefined) note('return-period-missing', 'terms.returnOrDestroy.within', more)
    if (returnOrDestroy.otherwiseProtect !== true) note('return-fallback', 'terms.returnOrDestroy.otherwiseProtect', more)
  }
  const isContract = (associateTiers as readonly string[]).includes(tier)
  if (logRetention?.within !== undefined) {
    if (mayFallShort(logRetention.within, legalPeriods.documentation.period)) {
      note('log-retention-short', 'terms.logRetention.within', { clause: logRetention })
    }
  } else if (logRetention) note('log-retention-silent', 'terms.logRetention.within', { clause: logRetention })
  else if (isContract) note('log-retention-silent', 'terms.logRetention')

  if (isContract && (agreement.agency === undefined || agreement.agency.is === 'unknown')) {
    note('agency-silent', 'agency', agreement.agency ? { clause: agreement.agency } : {})
  }
}

/** Signatures, and whether this data is still what the contract says. Days are compared as days, an instant by its day in UTC. */
export function checkUpkeep(agreement: Agreement, today: string | undefined, note: Note): void {
  const { from, to, signatures, documentHash, dated, asOf, reviewBy, expires, closed } = agreement
  const unsigned = [from.id, to.id].filter((id) => !signatures.some(({ party }) => party === id))
  for (const party of unsigned) note('not-signed', 'signatures', { party })
  // Before it is signed, the document can still change.
  if (unsigned.length === 0 && documentHash === undefined) note('document-hash-missing', 'documentHash')
  if (dated === undefined) note('date-missing', 'dated')
  if (asOf === undefined) note('as-of-missing', 'asOf')
  if (reviewBy === undefined) note('review-missing', 'reviewBy')
  if (today === undefined) return
  if (reviewBy !== undefined && reviewBy < today) note('review-overdue', 'reviewBy')
  if (expires !== undefined && closed === undefined && expires.slice(0, 10) < today) note('expired', 'expires')
}

/** Clauses that nobody can look up. */
export function checkQuotes(agreement: Agreement, note: Note): void {
  const { services, excludes, permits, prohibits, uses, prohibitsUses, conditions, terms, ai, agency } = agreement
  const lists: readonly (readonly Clause[])[] = [services, excludes, permits, prohibits, uses, prohibitsUses, conditions]
  const clauses = [...lists.flat(), ...Object.values(terms as Readonly<Record<string, Clause>>), ai, agency]
  for (const clause of clauses) {
    if (clause && clause.section === undefined && clause.text === undefined) note('quote-missing', clause.id, { clause })
  }
}
