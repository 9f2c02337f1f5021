import { covers, dataClasses, overlaps, type Use, uses } from '@phi/core'
import type { Agreement } from '../agreement/agreement.ts'
import { limitedDataSetUses } from '../decide/free-uses.ts'
import { elements, elementsOf, scopeLists } from './element.ts'
import type { Note } from './finding.ts'

/** Whether a permitted use is the branch, lies below it or stands above it. */
export const hasUse = ({ uses: permitted }: Agreement, branch: Use): boolean =>
  permitted.some(({ use }) => overlaps(branch, use))

/** What the tier requires, and is not there. */
export function checkElements(agreement: Agreement, note: Note): void {
  const required = elementsOf(agreement, (branch) => hasUse(agreement, branch))
  for (const code of required) {
    const { terms, lists } = elements[code]
    for (const list of lists) if (agreement[list].length === 0) note(code, list)
    for (const term of terms) if (agreement.terms[term] === undefined) note(code, `terms.${term}`)
  }
  // A memorandum and Part 2 have no such element, and with an empty list nothing passes there either.
  if (!required.some((code) => elements[code].lists.length > 0)) {
    for (const list of scopeLists) if (agreement[list].length === 0) note('scope-empty', list)
  }
  if (agreement.tier === 'data-use') checkLimitedDataSet(agreement, note)
  else checkUses(agreement, note)
}

/**
 * Uses that a business associate has only where the covered entity could itself make them. With the clause of B02 they are bound to
 * that, and still need the authorization; without it the contract authorizes them outright. Management, administration and data
 * aggregation are the exceptions (A) and (B) of 164.504(e)(2)(i), and have their own word in the taxonomy.
 */
function checkUses(agreement: Agreement, note: Note): void {
  const bound = agreement.terms.withinCoveredEntityLimits !== undefined
  const isContract = agreement.tier === 'ce-ba' || agreement.tier === 'ba-sub'
  for (const clause of agreement.uses) {
    const { baMay, needsAuthorization } = uses[clause.use]
    const more = { clause, about: [clause.use] }
    if (isContract && !bound && baMay === 'never-beyond-CE') note('B02', clause.id, more)
    if (needsAuthorization !== false) note('use-authorization', clause.id, more)
  }
}

function checkLimitedDataSet(agreement: Agreement, note: Note): void {
  for (const clause of agreement.uses) {
    if (!limitedDataSetUses.some((purpose) => covers(purpose, clause.use))) {
      note('limited-purpose', clause.id, { clause, about: [clause.use] })
    }
  }
  for (const clause of agreement.permits) {
    if (dataClasses[clause.class].limitedDataSet === 'drop') {
      note('limited-identifier', clause.id, { clause, about: [clause.class] })
    }
  }
}
