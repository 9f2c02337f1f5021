import { covers, type DataClass, isInstant, isService, isUse, overlaps, type Service, type Use } from '@phi/core'
import * as z from 'zod'
import type { Where } from '../../agreement/agreement.ts'
import { periodSchema } from '../../agreement/period.ts'
import { decideAny } from '../../decide/decide.ts'
import type { Decision } from '../../decide/decision.ts'
import type { Effect } from '../../decide/reason.ts'
import type { AttestedIdentifiability, Authorization } from '../../decide/request.ts'
import type { ExemptionClaim } from '../../exemption/exemption.ts'
import { freeze } from '../../freeze.ts'
import { readOwn } from '../../own.ts'
import type { Registry } from '../../registry/registry.ts'
import { aiError } from '../errors.ts'
import type { KnownIdentifier } from '../identifiers/scan.ts'
import { refuseKey, type TextKey } from '../text-hash.ts'
import { type GateReason, gateReason } from './gate-reason.ts'
import { type CleanPrompt, cleanPrompt, knownSchema, type PromptFinding, type PromptPart, partsSchema } from './prompt.ts'
import { type GateRecord, recordOf } from './record.ts'
import { type RetentionLimit, termsReasons } from './terms.ts'

/** May this prompt go to that model, now? */
export interface GateRequest {
  /** Who sends, and who runs the AI service: ids of parties of the registry. */
  readonly from: string
  readonly to: string
  /** A service below `ai`. */
  readonly service: Service
  /** `ai.inference` (the default) or `ai.evaluation`. Nothing is trained through the gate. */
  readonly use?: Use | undefined
  /** An instant, `YYYY-MM-DDTHH:mm:ss.sssZ`. No clock is read. */
  readonly at: string
  readonly parts: readonly PromptPart[]
  /** Identifiers of the patient that the caller knows: names have no form, so a scan finds only those that it is told. */
  readonly known?: readonly KnownIdentifier[] | undefined
  /** As in `DecisionRequest`. */
  readonly where?: Where | undefined
  readonly plan?: string | undefined
  readonly conditions?: { readonly [condition: string]: boolean } | undefined
  readonly identifiability?: AttestedIdentifiability | undefined
  readonly authorization?: Authorization | undefined
  /** That the data is de-identified, with the method and the evidence. Its test runs every time. */
  readonly deidentified?: Extract<ExemptionClaim, { kind: 'de-identified' }> | undefined
}

export interface GateOptions {
  /** How long a vendor may keep prompts and outputs: your own limit. The law names none, so there is no default. */
  readonly retention: RetentionLimit
  /** What becomes of identifiers that are not needed: they are taken out, or the prompt is refused. */
  readonly identifiers: 'remove' | 'refuse'
  /** The key of the hashes in the record. */
  readonly key: TextKey
}

export interface GateResult {
  /** `needs`: not allowed until what the reasons name is known or done. */
  readonly outcome: Effect
  /** All of them, those that deny first. */
  readonly reasons: readonly GateReason[]
  /** What the agreements say of the data that would be sent. */
  readonly decision: Decision
  /** What to send. Only there when the outcome is `allow`. It holds PHI: log `record`, never this. */
  readonly prompt?: string
  /** Parts left out and places blanked, by class. */
  readonly removed: { readonly [Each in DataClass]?: number }
  /** Where something looks like an identifier. None found is no proof that there is none. */
  readonly findings: readonly PromptFinding[]
  /** What to keep of this: hashes, lengths, classes and codes, and no text. */
  readonly record: GateRecord
}

const schema = z.strictObject({
  from: z.string().max(64),
  to: z.string().max(64),
  service: z.string().max(100),
  use: z.string().max(100).optional(),
  at: z.string().refine(isInstant, 'must be an instant'),
  parts: partsSchema,
  known: z.array(knownSchema).max(1000).default([]),
  // Read by `decide`, which reads own members only and takes what it cannot read for nothing said.
  where: z.unknown().optional(),
  plan: z.unknown().optional(),
  conditions: z.unknown().optional(),
  identifiability: z.unknown().optional(),
  authorization: z.unknown().optional(),
  deidentified: z.unknown().optional(),
})

const optionsSchema = z.strictObject({
  retention: z.union([z.literal('none'), periodSchema]),
  identifiers: z.enum(['remove', 'refuse']),
  key: z.unknown(),
})

/**
 * The gate before a model. Any feature that gives clinical context to a model handles protected health information, unless the data is
 * shown to be de-identified. The agreement must cover the AI service, the data, and every vendor that the prompt reaches; training must be
 * prohibited in writing; retention must be limited, with deletion; and identifiers that nobody needs are taken out or refused.
 *
 * Silence of a contract is `needs`, and never `allow`.
 * @throws PhiError PHI_BAA_AI_REQUEST, PHI_BAA_AI_KEY; PHI_BAA_REGISTRY for a model that `registry` did not make
 */
export function gate(model: Registry, request: GateRequest, options: GateOptions): GateResult {
  const asked = readOwn(schema, request, 'request', (context) => aiError('PHI_BAA_AI_REQUEST', context))
  const rules = readOwn(optionsSchema, options, 'options', (context) => aiError('PHI_BAA_AI_REQUEST', context))
  const key = rules.key as TextKey
  refuseKey(key)
  const { use = 'ai.inference' } = asked
  const clean = cleanPrompt(asked.parts, asked.known)
  const claim = claimOf(asked.deidentified)
  const decision = decideAny(model, {
    ...(asked as Omit<GateRequest, 'parts' | 'known' | 'deidentified'>),
    use: use as Use,
    data: clean.data,
    ...(claim === undefined ? {} : { exemption: claim }),
  })

  const reasons = [
    ...askedReasons(asked.service, use),
    ...identifierReasons(clean, rules.identifiers),
    ...coverageReasons(decision, clean, claim),
    ...termsReasons(model, decision, rules.retention, asked),
  ].sort((a, b) => ranks[a.effect] - ranks[b.effect])
  const outcome = reasons.some((each) => each.effect === 'deny')
    ? 'deny'
    : reasons.some((each) => each.effect === 'needs')
      ? 'needs'
      : 'allow'
  const sent = outcome === 'allow' ? clean.text : undefined
  // The decision stays as `decide` gave it: it is shared with other questions, and not ours to freeze in depth.
  return Object.freeze({
    outcome,
    reasons: freeze(reasons),
    decision,
    ...(sent === undefined ? {} : { prompt: sent }),
    removed: freeze(clean.removed),
    findings: freeze(clean.findings),
    record: freeze(recordOf(asked, use, { outcome, reasons, decision, clean, sent, key })),
  })
}

const ranks: { readonly [Each in Effect]: number } = { deny: 0, needs: 1, allow: 2 }

/** Only of this kind: the exemption for conduits, say, does not make a prompt harmless. */
function claimOf(value: unknown): GateRequest['deidentified'] {
  if (typeof value !== 'object' || value === null) return undefined
  const claim = value as { kind?: unknown }
  return claim.kind === 'de-identified' ? (claim as NonNullable<GateRequest['deidentified']>) : undefined
}

function askedReasons(service: string, use: string): readonly GateReason[] {
  const out: GateReason[] = []
  if (!(isService(service) && covers('ai', service))) out.push(gateReason('not-an-ai-service'))
  if (isUse(use) && overlaps('ai.training', use)) out.push(gateReason('training-use', { about: use }))
  else if (use !== 'ai.inference' && use !== 'ai.evaluation') out.push(gateReason('not-an-inference'))
  return out
}

/** S42 */
function identifierReasons(clean: CleanPrompt, identifiers: GateOptions['identifiers']): readonly GateReason[] {
  const out: GateReason[] = []
  const unwanted = clean.findings.filter((each) => each.handled === 'unwanted')
  if (identifiers === 'refuse') {
    for (const about of clean.needless) out.push(gateReason('identifier-not-needed', { about }))
    for (const about of new Set(unwanted.map((each) => each.class))) out.push(gateReason('identifier-found', { about }))
  }
  if (clean.parts === 0) out.push(gateReason('nothing-left'))
  return out.length === 0 ? [gateReason('no-identifiers-kept')] : out
}

/** S36 and S37 */
function coverageReasons(decision: Decision, clean: CleanPrompt, claim: GateRequest['deidentified']): readonly GateReason[] {
  if (decision.outcome === 'deny') return [gateReason('not-covered')]
  if (decision.outcome === 'needs') return [gateReason('coverage-unknown')]
  if (decision.exemption !== undefined) {
    if (decision.exemption !== 'de-identified') return [gateReason('exemption-elsewhere')]
    // An expert may let dates stay, 45 CFR 164.514(b)(1); by removal, and in all other matters, a finding speaks against the claim; so does a part that
    // calls itself an identifier, though it was taken out.
    const byExpert = claim?.method === 'expert'
    const against = clean.needless.length > 0 || clean.findings.some((each) => !(byExpert && each.kind === 'date'))
    return [gateReason(against ? 'scan-contradicts-claim' : 'de-identified')]
  }
  const { agreement, provided } = decision
  return [
    gateReason('covered', agreement === undefined ? {} : { agreement }),
    ...(provided.length > 0 ? [gateReason('labels-unstated', { labels: provided })] : []),
  ]
}
