import type { Label } from '@phi/core'
import type { ExemptionKind } from '../exemption/exemption.ts'
import type { Subprocessor } from '../registry/subprocessor.ts'
import type { CompiledAgreement } from './compile.ts'
import type { Decision } from './decision.ts'
import type { Model } from './model.ts'
import type { Question } from './question.ts'
import type { Effect, Reason } from './reason.ts'

/** One way in which the data may go: under an agreement, under an exemption, or back to where it came from. */
export interface Way {
  readonly outcome: Effect
  readonly reasons: readonly Reason[]
  readonly compiled?: CompiledAgreement
  readonly exemption?: ExemptionKind
  /** Not subject to agreements: data that goes back to where it came from, or comes from the individual. */
  readonly isFree?: boolean
  /** Labels that decisions further down the chain hold without. */
  readonly provided?: readonly Label[]
}

/** What one decision works with: also for the decisions further down the chain. */
export interface Inquiry {
  readonly model: Model
  /** The parties that the data came through, the first first. */
  readonly path: readonly string[]
  /** Answers about edges of the chain, by what goes on over them. */
  readonly answers: Map<Subprocessor, Map<string, Decision>>
  /** Decides about an edge of the chain. */
  readonly judge: (question: Question, inquiry: Inquiry) => Decision
}

/** The worst of several reasons. Without any reason nothing is allowed. */
export function worst(reasons: readonly Reason[]): Effect {
  if (reasons.length === 0) return 'deny'
  let effect: Effect = 'allow'
  for (const each of reasons) {
    if (each.effect === 'deny') return 'deny'
    if (each.effect === 'needs') effect = 'needs'
  }
  return effect
}
