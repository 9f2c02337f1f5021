import { type Citation, cite, type DataClass, formatCitation, type Label } from '@phi/core'
import { cited } from '../citation.ts'
import type { Effect, Reason } from '../decide/reason.ts'
import type { PathStep } from './exposure.ts'
import type { FlowSource } from './map.ts'

interface RuleRow {
  readonly level: 'error' | 'warning'
  /** A name for lists. */
  readonly name: string
  readonly says: string
  readonly remedy: string
  readonly citation: Citation
}

/** The rules by which a map is checked. A code is part of the public contract: baselines and SARIF files hold it. */
export const flowRules = {
  'uncovered-flow': {
    level: 'error',
    name: 'Data goes where no agreement or exemption lets it go',
    says: 'The class of data may not go over the edge.',
    remedy: 'Cut the edge, leave the class out, or sign an agreement that covers it.',
    citation: cited('45 CFR 164.502(e)(1)'),
  },
  'unresolved-flow': {
    level: 'error',
    name: 'Whether data may go there is not known',
    says: 'It is not known whether the class of data may go over the edge.',
    remedy: 'Answer what the reasons ask, or cut the edge until then.',
    citation: cited('45 CFR 164.502(e)(1)'),
  },
  'more-than-required': {
    level: 'warning',
    name: 'A node receives more than it says it requires',
    says: 'The edge carries a class of data that the receiving node does not require.',
    remedy: 'Leave the class out or send a narrower one; or add it to `requires`, with a reason for needing it.',
    citation: cite('45 CFR 164.502(b)', { confirmation: 'memory' }),
  },
  'unexplained-data': {
    level: 'warning',
    name: 'The map does not say where data comes from',
    says: 'The class of data is sent or made at a node that neither holds nor receives it.',
    remedy: 'Add it to `holds` of the node, or add the edge by which it arrives.',
    citation: cite('45 CFR 164.308(a)(1)(ii)(A)', { confirmation: 'interpretation' }),
  },
  'nothing-passes': {
    level: 'warning',
    name: 'An edge passes on what never arrives',
    says: 'Nothing of the kind is at the node that the edge starts from, so nothing was checked.',
    remedy: 'Add the data to `holds` of the node, or the edge by which it arrives; or take the edge out.',
    citation: cite('45 CFR 164.308(a)(1)(ii)(A)', { confirmation: 'interpretation' }),
  },
} as const satisfies Readonly<Record<string, RuleRow>>

export type FlowRule = keyof typeof flowRules

/** One problem of a map. */
export interface FlowFinding {
  readonly rule: FlowRule
  readonly level: 'error' | 'warning'
  /**
   * What the finding is about, and nothing else: the rule, the nodes, the id of the edge, its service and use, the class and its labels.
   * Moving lines, renaming labels or reordering the map does not change it.
   */
  readonly fingerprint: string
  /** What is so, in a sentence that holds nothing of the map. */
  readonly says: string
  readonly remedy: string
  /** As written: `45 CFR 164.502(e)(1)`. `flowRules` has it as data, with how well it is confirmed. */
  readonly citation: string
  readonly edge?: string
  /** The node that receives too much; or that the data is at, unexplained. */
  readonly node: string
  readonly class?: DataClass
  readonly within?: DataClass
  readonly labels?: readonly Label[]
  readonly outcome?: Exclude<Effect, 'allow'>
  /** How the data comes to the end of the edge. */
  readonly path?: readonly PathStep[]
  /** Why it may not. */
  readonly reasons?: readonly Reason[]
  readonly source?: FlowSource
}

/** Makes a finding. `about`: what tells it apart from every other of its kind. */
export function finding(
  rule: FlowRule,
  about: readonly string[],
  more: Omit<FlowFinding, 'rule' | 'level' | 'fingerprint' | 'says' | 'remedy' | 'citation'>,
): FlowFinding {
  const { level, says, remedy, citation } = flowRules[rule]
  return {
    rule,
    level,
    fingerprint: JSON.stringify([family(rule), ...about]),
    says,
    remedy,
    citation: formatCitation(citation),
    ...more,
  }
}

/** An answer that was open and is now "no", or the other way round, is about the same flow. */
const family = (rule: FlowRule): string => (rule === 'unresolved-flow' ? 'uncovered-flow' : rule)
