import { covers, overlaps, type Service } from '@phi/core'
import type { Agreement } from '../../agreement/agreement.ts'
import { type Clause, clauseOnly } from '../../agreement/clause.ts'
import { hoursOf, type Period } from '../../agreement/period.ts'
import { statusAt } from '../../agreement/status.ts'
import type { Decision } from '../../decide/decision.ts'
import type { Reason } from '../../decide/reason.ts'
import type { Registry } from '../../registry/registry.ts'
import { type GateReason, gateReason } from './gate-reason.ts'

/** How long prompts and outputs may be kept: a period, or not at all. */
export type RetentionLimit = Period | 'none'

/** What an agreement says of training: a prohibition goes before every permit, as in `decide`. */
function trainingOf({ ai, uses, prohibitsUses }: Agreement): {
  readonly is: 'prohibited' | 'permitted' | 'silent'
  readonly clause?: Clause
} {
  const prohibition = prohibitsUses.find((each) => covers(each.use, 'ai.training'))
  if (prohibition) return { is: 'prohibited', clause: clauseOnly(prohibition) }
  if (ai?.training !== undefined) return { is: ai.training, clause: clauseOnly(ai) }
  const permit = uses.find((each) => overlaps(each.use, 'ai.training'))
  return permit ? { is: 'permitted', clause: clauseOnly(permit) } : { is: 'silent' }
}

/**
 * The agreements whose terms count. When the decision allows: the one that it rests on, and those of vendors further down that run or host
 * models. Else those in force between the two, so that everything that is open is said at once.
 */
function agreementsOf(
  model: Registry,
  decision: Decision,
  { from, to, at }: { readonly from: string; readonly to: string; readonly at: string },
): readonly Agreement[] {
  const byId = (id: string) => model.agreements.find((each) => each.id === id)
  if (decision.outcome !== 'allow') {
    return model.agreements.filter((each) => each.from.id === from && each.to.id === to && statusAt(each, at) === 'in-force')
  }
  const first = decision.agreement === undefined ? undefined : byId(decision.agreement)
  if (first === undefined) return []
  const out = new Set([first])
  const walk = (agreement: Agreement, reasons: readonly Reason[]) => {
    for (const { code, name, because = [] } of reasons) {
      if (code !== 'onward-covered') continue
      const next = because.map((each) => (each.code === 'in-force' ? each.agreement : undefined)).find((id) => id !== undefined)
      const found = next === undefined ? undefined : byId(next)
      // An exemption further down: nothing protected goes there, or nothing that a model sees.
      if (found === undefined) continue
      const runsModels = because.some((each) => each.code === 'service-covered' && isAi(each.about))
      const isHost = agreement.ai?.subprocessors?.includes(name ?? '') ?? false
      if (runsModels || isHost) out.add(found)
      walk(found, because)
    }
  }
  walk(first, decision.reasons)
  return [...out]
}

const isAi = (about: unknown): boolean => typeof about === 'string' && overlaps('ai', about as Service)

/** S37 to S39: what each agreement that the prompt travels under says of hosts, training, retention and deletion. */
export function termsReasons(
  model: Registry,
  decision: Decision,
  limit: RetentionLimit,
  asked: { readonly from: string; readonly to: string; readonly at: string },
): readonly GateReason[] {
  return agreementsOf(model, decision, asked).flatMap((agreement) => [
    ...hostingReasons(model, agreement),
    trainingReason(model, agreement, asked.at),
    ...retentionReasons(agreement, limit),
  ])
}

function hostingReasons(model: Registry, { id: agreement, to, ai }: Agreement): readonly GateReason[] {
  const stated = ai?.subprocessors !== undefined || model.complete.includes(to.id)
  return stated ? [] : [gateReason('hosting-unstated', { agreement, ...(ai ? { clause: clauseOnly(ai) } : {}) })]
}

function trainingReason(model: Registry, agreement: Agreement, at: string): GateReason {
  // A second agreement in force between the two that lets the vendor train is a right to train, whatever the first says.
  const others = model.agreements.filter(
    (each) =>
      each.id !== agreement.id &&
      each.from.id === agreement.from.id &&
      each.to.id === agreement.to.id &&
      statusAt(each, at) === 'in-force',
  )
  const permitting = [agreement, ...others].find((each) => trainingOf(each).is === 'permitted')
  if (permitting) {
    const { clause } = trainingOf(permitting)
    return gateReason('training-permitted', { agreement: permitting.id, ...(clause ? { clause } : {}) })
  }
  const { is, clause } = trainingOf(agreement)
  const code = is === 'prohibited' ? 'training-prohibited' : 'training-unstated'
  return gateReason(code, { agreement: agreement.id, ...(clause ? { clause } : {}) })
}

function retentionReasons({ id: agreement, ai }: Agreement, limit: RetentionLimit): readonly GateReason[] {
  const more = { agreement, ...(ai ? { clause: clauseOnly(ai) } : {}) }
  const { retention, deletion } = ai ?? {}
  const kept =
    retention === undefined
      ? 'retention-unstated'
      : ({ yes: 'retention-limited', no: 'retention-too-long', unsure: 'retention-unclear' } as const)[
          isWithin(retention, limit)
        ]
  const deleted =
    retention === 'none' || deletion === true
      ? 'deletion-available'
      : deletion === false
        ? 'deletion-unavailable'
        : 'deletion-unstated'
  return [gateReason(kept, more), gateReason(deleted, more)]
}

/** Whether a period is certainly no longer than a limit. Two of the same unit are compared as numbers. */
function isWithin(period: RetentionLimit, limit: RetentionLimit): 'yes' | 'no' | 'unsure' {
  if (period === 'none') return 'yes'
  if (limit === 'none') return 'no'
  const [unit, amount] = Object.entries(period)[0] as [string, number]
  const same = (limit as { readonly [unit: string]: number })[unit]
  if (same !== undefined) return amount <= same ? 'yes' : 'no'
  const [a, b] = [hoursOf(period), hoursOf(limit)]
  if (a.longest <= b.shortest) return 'yes'
  return a.shortest > b.longest ? 'no' : 'unsure'
}
