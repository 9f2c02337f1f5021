import type { Service } from '@phi/core'
import { type Citation, formatCitation } from '@phi/core'
import type { Reason } from '../decide/reason.ts'
import type { Unanswered } from './observation.ts'

/** `unknown` is never taken for true. */
export type Holds = true | false | 'unknown'

/** One row of a check. */
export interface CheckRow<Code extends string = string> {
  readonly code: Code
  /** The requirements that it shows: `S69`. */
  readonly requirements: readonly string[]
  readonly holds: Holds
  /** What is asked, as a sentence. */
  readonly says: string
  /** The text it serves. How well that is confirmed stands in the table of the check. */
  readonly citation: string
  /** What to do about it. Empty where it holds. */
  readonly remedy: string
  /** Why it is not known, or what failed. */
  readonly why?: Unanswered | (string & {})
  /** Where the proof is kept, as the facts say. */
  readonly evidence?: string
  /** The day or the instant of the evidence. */
  readonly asOf?: string
  /** The last day on which the evidence may be relied on. */
  readonly reviewBy?: string
  /** The service that it is about. */
  readonly about?: Service
  /** Of the agreement: the reasons of the decision. */
  readonly reasons?: readonly Reason[]
}

/** A line of the table of a check. */
export interface CheckRule {
  readonly requirements: readonly string[]
  readonly says: string
  readonly citation: Citation
  readonly remedy: string
}

/** Makes a row of a rule. */
export function checkRow<Code extends string>(
  code: Code,
  rule: CheckRule,
  holds: Holds,
  more: Partial<Pick<CheckRow, 'why' | 'evidence' | 'asOf' | 'reviewBy' | 'about' | 'reasons'>> = {},
): CheckRow<Code> {
  return {
    code,
    requirements: rule.requirements,
    holds,
    says: rule.says,
    citation: formatCitation(rule.citation),
    remedy: holds === true ? '' : rule.remedy,
    ...more,
  }
}

/** The worst of several: one false makes all false, one unknown makes the rest unknown. Nothing at all is unknown. */
export function allHold(answers: readonly Holds[]): Holds {
  if (answers.includes(false)) return false
  return answers.length > 0 && answers.every((each) => each === true) ? true : 'unknown'
}
