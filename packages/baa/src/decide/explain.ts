import { clauseInWords } from '../agreement/clause.ts'
import type { Decision } from './decision.ts'
import type { Reason } from './reason.ts'

const heads = {
  allow: 'Allowed.',
  deny: 'Denied.',
  needs: 'Not allowed until what follows is known or done.',
} as const

/** A decision in words: what, why with the clause and the law, and what to do. For people; programs read `reasons`. */
export function explainDecision(decision: Decision): string {
  const { outcome, reasons, provided, duties } = decision
  const lines = [heads[outcome], ...reasons.flatMap((each) => reasonLines(each, '- '))]
  if (provided.length > 0) lines.push(`Provided that no record is under: ${provided.join(', ')}.`)
  if (duties.length > 0) lines.push(`Still owed: ${duties.map((each) => dutyWords[each]).join('; ')}.`)
  return lines.join('\n')
}

const dutyWords = {
  'minimum-necessary': 'no more than the minimum necessary (45 CFR 164.502(b))',
  accounting: 'an entry in the accounting of disclosures (45 CFR 164.528)',
  'honor-restriction': 'a look at the restriction agreed with the patient (45 CFR 164.522(a)(1)(iii))',
} as const

function reasonLines(reason: Reason, indent: string): readonly string[] {
  const { says, citation, remedy, about, name, clause, agreement, because } = reason
  const where = [agreement, clause && clauseInWords(clause), citation].filter((each) => each !== undefined).join(', ')
  const what = [about, name].filter((each) => each !== undefined).join(', ')
  const head = `${indent}${says}${what === '' ? '' : ` [${what}]`} (${where})`
  const below = ' '.repeat(indent.length)
  return [
    head,
    ...(clause?.text === undefined ? [] : [`${below}"${clause.text}"`]),
    ...(remedy === '' ? [] : [`${below}${remedy}`]),
    ...(because ?? []).filter((each) => each.effect !== 'allow').flatMap((each) => reasonLines(each, `${below}- `)),
  ]
}
