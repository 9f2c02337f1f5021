import { type Citation, cite } from '@phi/core'
import type { CivilDate } from '@phi/deadlines'
import { contractRule, type RetentionRule } from './rule.ts'

/**
 * Return or destruction at the end of a business associate agreement, where feasible: 45 CFR 164.504(e)(2)(ii)(J). The rule has no
 * number of days; the agreement has. It is a ceiling: it allows no deletion that a minimum or a hold forbids, and where its day has
 * passed and something still forbids it, the assessment is a `conflict`.
 *
 * Reaches records with `agreementEnded`, unless `destructionFeasible` is false; then the protections of the agreement go on instead.
 * @throws PhiError PHI_RETENTION_RULE
 */
export function returnOrDestroy(agreement: {
  /** The rule's id: `baa.acme.return-or-destroy`. */
  readonly id: string
  /** Calendar days after the end of the agreement. */
  readonly days: number
  /** The day on which the agreement was read. */
  readonly asOf: CivilDate
  /** The place in the agreement. */
  readonly citation?: Citation
  /** The kinds of record that are held under it. Default all. */
  readonly kinds?: readonly string[]
}): RetentionRule {
  return contractRule({
    id: agreement.id,
    title: 'Return or destroy protected health information at the end of the agreement',
    citation: agreement.citation ?? null,
    also: [cite('45 CFR 164.504(e)(2)(ii)(J)', { confirmation: 'text-seen' })],
    effect: 'ceiling',
    kinds: agreement.kinds ?? 'any',
    when: [{ fact: 'destructionFeasible', is: true }],
    start: { anyOf: [['agreementEnded']] },
    period: { unit: 'days', amount: agreement.days },
    asOf: agreement.asOf,
  })
}
