import { carriedBy, type DataClass, type Label } from '@phi/core'
import type { Decision } from '../../decide/decision.ts'
import type { Effect, ReasonCode } from '../../decide/reason.ts'
import { type TextHash, type TextKey, textHash } from '../text-hash.ts'
import type { GateReason, GateReasonCode } from './gate-reason.ts'
import type { CleanPrompt } from './prompt.ts'

/** What is kept of a passage through the gate, sent or not: everything but the text. */
export interface GateRecord {
  readonly format: 'phi.ai-gate/v1'
  readonly at: string
  readonly from: string
  readonly to: string
  readonly service: string
  readonly use: string
  readonly outcome: Effect
  readonly codes: readonly GateReasonCode[]
  /** Of what the agreements say. */
  readonly decisionCodes: readonly ReasonCode[]
  readonly agreement?: string
  readonly exemption?: string
  /** Of the prompt that was sent: its keyed hash, and its length in UTF-16 code units. */
  readonly prompt?: { readonly hash: TextHash; readonly length: number }
  readonly classes: readonly DataClass[]
  readonly labels: readonly Label[]
  readonly removed: { readonly [Each in DataClass]?: number }
  /** How many findings were left in, because the part says that it needs them. */
  readonly kept: number
}

/** Texts of the caller that are ids of no party come in here as they were given: they are shown as `unknown`. */
const idOf = (id: string): string => (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id) ? id : 'unknown')
const keyOf = (key: string): string => (/^[a-z][a-z.-]{0,63}$/.test(key) ? key : 'unknown')

export function recordOf(
  asked: { readonly at: string; readonly from: string; readonly to: string; readonly service: string },
  use: string,
  made: {
    readonly outcome: Effect
    readonly reasons: readonly GateReason[]
    readonly decision: Decision
    readonly clean: CleanPrompt
    readonly sent: string | undefined
    readonly key: TextKey
  },
): GateRecord {
  const { outcome, reasons, decision, clean, sent, key } = made
  const carried = carriedBy(...clean.data)
  return {
    format: 'phi.ai-gate/v1',
    at: asked.at,
    from: idOf(asked.from),
    to: idOf(asked.to),
    service: keyOf(asked.service),
    use: keyOf(use),
    outcome,
    codes: unique(reasons.map((each) => each.code)),
    decisionCodes: unique(decision.reasons.map((each) => each.code)),
    ...(decision.agreement === undefined ? {} : { agreement: decision.agreement }),
    ...(decision.exemption === undefined ? {} : { exemption: decision.exemption }),
    ...(sent === undefined ? {} : { prompt: { hash: textHash(key, sent), length: sent.length } }),
    classes: carried.classes,
    labels: carried.labels,
    removed: clean.removed,
    kept: clean.findings.filter((each) => each.handled === 'kept').length,
  }
}

const unique = <Value>(values: readonly Value[]): readonly Value[] => [...new Set(values)]
