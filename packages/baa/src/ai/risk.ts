import type { Citation } from '@phi/core'
import { cited } from '../citation.ts'
import { freeze } from '../freeze.ts'
import type { DraftRefusalCode } from './draft/refusal.ts'
import type { GateReasonCode } from './gate/gate-reason.ts'
import type { PurgeState } from './purge/plan.ts'

/** A risk of using models, for your risk analysis: what this package does about it, and what is left for you. */
export interface AiRiskEntry {
  readonly id: string
  readonly threat: 'prompt-leakage' | 'model-error' | 'downstream-sharing'
  readonly what: string
  /** Codes of the gate, of drafts and of deletions that speak to it. */
  readonly addressedBy: {
    readonly gate: readonly GateReasonCode[]
    readonly drafts: readonly DraftRefusalCode[]
    readonly purge: readonly PurgeState[]
  }
  /** What none of it sees: to be assessed and treated by you. */
  readonly left: string
  readonly citation: Citation
}

const analysis = cited('45 CFR 164.308(a)(1)(ii)(A)')

const entry = (
  id: string,
  threat: AiRiskEntry['threat'],
  what: string,
  left: string,
  by: Partial<AiRiskEntry['addressedBy']>,
): AiRiskEntry => ({ id, threat, what, addressedBy: { gate: [], drafts: [], purge: [], ...by }, left, citation: analysis })

const entries: readonly AiRiskEntry[] = [
  entry(
    'prompt-identifiers',
    'prompt-leakage',
    'Identifiers that the task does not need stand in a prompt.',
    'Names, rare diagnoses and free descriptions have no form that a scan could find. Pass what you know as `known`, and review samples of prompts.',
    { gate: ['identifier-not-needed', 'identifier-found', 'no-identifiers-kept'] },
  ),
  entry(
    'prompt-not-covered',
    'prompt-leakage',
    'Clinical context reaches a model that no agreement covers, or labels that the agreement keeps out.',
    'Calls that do not pass through the gate: pasted text, browser extensions, tools that staff bring along.',
    { gate: ['not-covered', 'coverage-unknown', 'labels-unstated', 'exemption-elsewhere'] },
  ),
  entry(
    'prompt-kept',
    'prompt-leakage',
    'The vendor keeps prompts and outputs, and a breach there reaches them.',
    'Copies in logs and backups of the vendor, and what it keeps where law or abuse monitoring asks for it. A confirmation is the word of the vendor.',
    {
      gate: ['retention-too-long', 'retention-unstated', 'deletion-unavailable', 'deletion-unstated'],
      purge: ['due', 'requested', 'failed', 'confirmed', 'verified'],
    },
  ),
  entry(
    'prompt-injection',
    'prompt-leakage',
    'A text that goes into a prompt holds instructions that make the model give away other data, or call a tool with it.',
    'All of it. The gate does not read what a text asks for. Give a model only the data and the tools that the person who asks may use.',
    {},
  ),
  entry(
    'deidentification-fails',
    'prompt-leakage',
    'Data that is called de-identified can be linked to a person.',
    'Whether what is left could identify somebody together with other data: the actual knowledge of 164.514(b)(2)(ii), or the judgement of the expert.',
    { gate: ['de-identified', 'scan-contradicts-claim'] },
  ),
  entry(
    'output-wrong',
    'model-error',
    'A draft states what did not happen, leaves out what did, or mixes up two patients, and enters the record.',
    'A review that does not read. Watch the share of drafts that are accepted without an edit, and test with cases whose answers are known.',
    { drafts: ['out-of-order', 'other-text', 'other-review', 'not-a-person', 'not-a-reviewer'] },
  ),
  entry(
    'claim-wrong',
    'model-error',
    'A narrative for a claim says more than the record does.',
    'Whether the narrative follows from the note: the ledger sees that the note is in the record, and not what the two say.',
    { drafts: ['no-basis', 'basis-not-in-record', 'other-target', 'edits-unclear'] },
  ),
  entry(
    'model-changes',
    'model-error',
    'The vendor changes the model, and outputs that were good become worse.',
    'Pin versions where the vendor lets you, and evaluate again when one changes. Drafts and audit events name the model that was called.',
    {},
  ),
  entry(
    'training',
    'downstream-sharing',
    'The vendor, or a host behind it, trains on prompts or outputs.',
    'A setting that is on although the contract prohibits it. Attest the setting as a condition of the agreement, with a date of review.',
    { gate: ['training-permitted', 'training-unstated', 'training-use'] },
  ),
  entry(
    'hosts',
    'downstream-sharing',
    'The prompt goes on to hosts and subprocessors that nobody signed with.',
    'Subprocessors that the vendor adds and does not name. Read its list again at every review of the agreement.',
    { gate: ['hosting-unstated', 'not-covered', 'coverage-unknown'] },
  ),
  entry(
    'output-shared',
    'downstream-sharing',
    'Outputs are copied to e-mail, chat or other systems that the agreement does not reach.',
    'Where outputs go is a flow of its own: put it into the registry, and decide on it as on any other.',
    {},
  ),
]

/**
 * The risks of prompts, models and those behind them, with what the gate, the drafts and the deletions do about each, and what they leave.
 * A start for the analysis of 45 CFR 164.308(a)(1)(ii)(A), and no analysis: likelihood, impact and owner are yours.
 */
export function aiRiskEntries(): readonly AiRiskEntry[] {
  return frozen
}

const frozen: readonly AiRiskEntry[] = /* @__PURE__ */ freeze(entries)
