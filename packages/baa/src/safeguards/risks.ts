import { formatCitation, parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import { civilDate } from '../agreement/date.ts'
import { word } from '../agreement/schema.ts'
import { freeze } from '../freeze.ts'
import { from, text } from './control.ts'
import { type Day, dayAfter, type Every, everySchema, readDay } from './day.ts'
import { safeguardError } from './errors.ts'
import { type Evidence, evidenceList, evidenceSchema, isFresh } from './evidence.ts'
import { type PatchTimes, parameterSchemas, type Severity, severities } from './parameter.ts'

/** The five qualitative levels of NIST SP 800-30. */
export const riskLevels = ['very-low', 'low', 'moderate', 'high', 'very-high'] as const
export type RiskLevel = (typeof riskLevels)[number]

/** The table by which NIST SP 800-30r1 puts likelihood and impact together. From memory; a house may have its own. */
export const riskTableSource = from('NIST SP 800-30r1 I-2', 'memory')

const VL = 'very-low'
const L = 'low'
const M = 'moderate'
const H = 'high'
const VH = 'very-high'
// Rows: likelihood, from very low. Columns: impact, from very low.
const table: readonly (readonly RiskLevel[])[] = [
  [VL, VL, VL, L, L],
  [VL, L, L, L, M],
  [VL, L, M, M, H],
  [VL, L, M, H, VH],
  [VL, L, M, H, VH],
]

/** The level of a risk: the likelihood that it happens and has an adverse effect, and how bad that is. */
export const riskLevel = (likelihood: RiskLevel, impact: RiskLevel): RiskLevel =>
  table[riskLevels.indexOf(likelihood)]?.[riskLevels.indexOf(impact)] ?? 'very-high'

/** What an analysis that covers AI features has to speak of: S43. */
export const aiRiskTopics = ['ai.prompt-leakage', 'ai.model-errors', 'ai.downstream-sharing'] as const
export type AiRiskTopic = (typeof aiRiskTopics)[number]

/** A step that closes a risk or lessens it, tracked until it is done. */
export interface RemediationItem {
  readonly id: string
  readonly action: string
  readonly owner: string
  readonly due: Day
  readonly doneOn?: Day | undefined
  readonly evidence?: readonly Evidence[] | undefined
}

export interface Risk {
  readonly id: string
  readonly title: string
  readonly topics?: readonly AiRiskTopic[] | undefined
  readonly likelihood: RiskLevel
  readonly impact: RiskLevel
  readonly owner: string
  /** The day on which it was found. */
  readonly found: Day
  readonly remediation?: readonly RemediationItem[] | undefined
  /** Somebody answers for leaving it as it is, until a day. */
  readonly accepted?: { readonly by: string; readonly reason: string; readonly on: Day; readonly until: Day } | undefined
  /** It is gone: the system was retired, the feature switched off. */
  readonly closed?: { readonly on: Day; readonly reason: string; readonly evidence: Evidence } | undefined
}

/** A change that calls for a new analysis. */
export interface SignificantChange {
  readonly on: Day
  readonly what: string
}

export interface RiskAnalysisInput {
  readonly id: string
  readonly performedOn: Day
  readonly performedBy: string
  /** What was looked at: every system that holds electronic health information. */
  readonly scope: readonly string[]
  /** Whether AI features are in use. Left out: not known. */
  readonly usesAi?: boolean | undefined
  readonly evidence?: readonly Evidence[] | undefined
  /** The day on which leadership reviewed the findings. */
  readonly reviewedByLeadership?: Day | undefined
  /** The house's own period. Default yearly, as S103 states it; the law has no number. */
  readonly every?: Every | undefined
  readonly changes?: readonly SignificantChange[] | undefined
  readonly risks: readonly Risk[]
}

/** A risk analysis with its register of risks. Frozen. */
export interface RiskAnalysis extends RiskAnalysisInput {
  readonly every: Every
  readonly evidence: readonly Evidence[]
  readonly changes: readonly SignificantChange[]
  readonly risks: readonly (Risk & { readonly level: RiskLevel; readonly remediation: readonly RemediationItem[] })[]
}

const line = plainText(500)
const level = z.enum(riskLevels)

const riskSchema = z
  .strictObject({
    id: word,
    title: line,
    topics: z.array(z.enum(aiRiskTopics)).max(3).optional(),
    level: level.optional(),
    likelihood: level,
    impact: level,
    owner: plainText(200),
    found: civilDate,
    remediation: z
      .array(
        z.strictObject({
          id: word,
          action: line,
          owner: plainText(200),
          due: civilDate,
          doneOn: civilDate.optional(),
          evidence: evidenceList.default([]),
        }),
      )
      .max(1000)
      .default([]),
    accepted: z
      .strictObject({ by: plainText(200), reason: line, on: civilDate, until: civilDate })
      .refine(({ on, until }) => on <= until, { path: ['until'], message: 'must not lie before `on`' })
      .optional(),
    closed: z.strictObject({ on: civilDate, reason: line, evidence: evidenceSchema }).optional(),
  })
  // Made here, and read over when what was made is read again.
  .transform((risk) => ({ ...risk, level: riskLevel(risk.likelihood, risk.impact) }))

const unique = (list: readonly { readonly id: string }[]) => new Set(list.map(({ id }) => id)).size === list.length

const schema = z.strictObject({
  id: plainText(200),
  performedOn: civilDate,
  performedBy: plainText(200),
  scope: z.array(line).min(1).max(10_000),
  usesAi: z.boolean().optional(),
  evidence: evidenceList.default([]),
  reviewedByLeadership: civilDate.optional(),
  every: everySchema.default('yearly'),
  changes: z
    .array(z.strictObject({ on: civilDate, what: line }))
    .max(10_000)
    .default([]),
  risks: z
    .array(riskSchema)
    .max(10_000)
    .refine(unique, 'hold two with one id')
    .refine((risks) => unique(risks.flatMap(({ remediation }) => remediation)), 'hold two remediation items with one id'),
})

/** Reads a risk analysis with its risks, checked and frozen. @throws PhiError PHI_BAA_RISKS */
export function riskAnalysis(input: RiskAnalysisInput): RiskAnalysis {
  const read = parseAs(schema, input, 'analysis', (context) => safeguardError('PHI_BAA_RISKS', context))
  return freeze(JSON.parse(JSON.stringify(read)) as RiskAnalysis)
}

const ANALYSIS = text('45 CFR 164.308(a)(1)(ii)(A)')
const MANAGEMENT = from('45 CFR 164.308(a)(1)(ii)(B)', 'memory')

export const riskFindingCodes = Object.freeze({
  'not-yet-performed': {
    citation: ANALYSIS,
    says: 'The analysis was performed after this day.',
    remedy: 'Ask of a later day, or look up the one before.',
  },
  'no-evidence': { citation: ANALYSIS, says: 'Nothing shows the analysis.', remedy: 'Enter the document, with its hash.' },
  'analysis-overdue': { citation: ANALYSIS, says: 'The period of the analysis has passed.', remedy: 'Perform it again.' },
  'change-not-analysed': {
    citation: ANALYSIS,
    says: 'A significant change came after the analysis, or on its day.',
    remedy: 'Analyse what the change does, and enter the new day.',
  },
  'not-reviewed': {
    citation: MANAGEMENT,
    says: 'Leadership has not reviewed the findings.',
    remedy: 'Have them reviewed, and enter the day.',
  },
  'ai-unknown': { citation: ANALYSIS, says: 'Nobody has said whether AI features are in use.', remedy: 'Say `usesAi`.' },
  'ai-topic-missing': {
    citation: ANALYSIS,
    says: 'AI features are in use, and the analysis is silent on a topic.',
    remedy: 'Analyse prompt leakage, model errors and downstream sharing.',
  },
  'no-remediation': {
    citation: MANAGEMENT,
    says: 'A risk has neither an open or done item of remediation, nor anybody who accepts it.',
    remedy: 'Plan a step with an owner and a day, or have the risk accepted.',
  },
  'remediation-overdue': {
    citation: MANAGEMENT,
    says: 'An item of remediation is past its day.',
    remedy: 'Do it, or have its owner answer for a new day.',
  },
  'remediation-open': { citation: MANAGEMENT, says: 'An item of remediation is open.', remedy: 'Do it by its day.' },
  'done-without-evidence': {
    citation: MANAGEMENT,
    says: 'An item is said to be done, and nothing shows it.',
    remedy: 'Enter the evidence.',
  },
  'acceptance-ended': {
    citation: MANAGEMENT,
    says: 'The acceptance of a risk has ended.',
    remedy: 'Remedy the risk, or have it accepted anew.',
  },
} as const)
export type RiskFindingCode = keyof typeof riskFindingCodes

export interface RiskFinding {
  readonly code: RiskFindingCode
  readonly says: string
  readonly remedy: string
  readonly citation: string
  readonly risk?: string
  readonly level?: RiskLevel
  readonly item?: string
  readonly owner?: string
  readonly due?: Day
  readonly topic?: AiRiskTopic
}

const finding = (code: RiskFindingCode, more: Partial<RiskFinding> = {}): RiskFinding => {
  const { citation, says, remedy } = riskFindingCodes[code]
  return Object.freeze({ code, says, remedy, citation: formatCitation(citation), ...more })
}

function ofRisk(risk: RiskAnalysis['risks'][number], at: Day): readonly RiskFinding[] {
  const { id, accepted, closed, remediation } = risk
  if (closed !== undefined && closed.on <= at && isFresh(closed.evidence, at)) return []
  const about = { risk: id, level: risk.level, owner: risk.owner }
  const accepts = accepted !== undefined && accepted.on <= at && at <= accepted.until
  const found = remediation.flatMap((each): readonly RiskFinding[] => {
    const item = { ...about, item: each.id, owner: each.owner, due: each.due }
    if (each.doneOn === undefined || each.doneOn > at) {
      return [finding(at > each.due ? 'remediation-overdue' : 'remediation-open', item)]
    }
    const shown = (each.evidence ?? []).some((one) => isFresh(one, at))
    return shown ? [] : [finding('done-without-evidence', item)]
  })
  if (accepted !== undefined && at > accepted.until) found.push(finding('acceptance-ended', about))
  else if (remediation.length === 0 && !accepts) found.push(finding('no-remediation', about))
  return found
}

/**
 * What is open in a risk analysis on a day, the analysis first, then each risk. A risk that was found after the day is left out.
 * @throws PhiError PHI_BAA_RISKS, PHI_BAA_QUESTION
 */
export function riskFindings(analysis: RiskAnalysisInput, day: Day): readonly RiskFinding[] {
  const read = riskAnalysis(analysis)
  const at = readDay(day, 'at')
  const { performedOn, every, evidence, changes, reviewedByLeadership: reviewed, usesAi, risks } = read
  const found: RiskFinding[] = []
  if (at < performedOn) found.push(finding('not-yet-performed'))
  if (!evidence.some((each) => isFresh(each, at))) found.push(finding('no-evidence'))
  const due = dayAfter(performedOn, every)
  if (at > due) found.push(finding('analysis-overdue', { due }))
  // A change on the day of the analysis may have come after it.
  if (changes.some(({ on }) => on >= performedOn && on <= at)) found.push(finding('change-not-analysed'))
  if (reviewed === undefined || reviewed > at || reviewed < performedOn) found.push(finding('not-reviewed'))
  const known = risks.filter((each) => each.found <= at)
  if (usesAi === undefined) found.push(finding('ai-unknown'))
  if (usesAi === true) {
    for (const topic of aiRiskTopics) {
      if (!known.some(({ topics }) => topics?.includes(topic))) found.push(finding('ai-topic-missing', { topic }))
    }
  }
  return Object.freeze([...found, ...known.flatMap((risk) => ofRisk(risk, at))])
}

const units = { hours: 'days', days: 'days', months: 'months', years: 'years' } as const

/**
 * The last day on which a weakness that was found on a day may stay open, by the house's own times. `undefined`: the house has no time for
 * this severity, or counts in business days, for which a calendar is needed (`@phi/deadlines`).
 * @throws PhiError PHI_BAA_QUESTION
 */
export function patchBy(times: PatchTimes, severity: Severity, found: Day): Day | undefined {
  const refuse = (context: object) => safeguardError('PHI_BAA_QUESTION', context)
  const read = parseAs(parameterSchemas.patch, times, 'times', refuse)
  const period = read[parseAs(z.enum(severities), severity, 'severity', refuse)]
  const on = readDay(found, 'found')
  if (period === undefined || 'businessDays' in period) return undefined
  const [unit, amount] = Object.entries(period)[0] as [keyof typeof units, number]
  // The time of day is not known: counted from the first hour of the day, 48 hours are over with the end of the next.
  const whole = unit === 'hours' ? Math.max(0, Math.floor(amount / 24) - 1) : amount
  return whole === 0 ? on : dayAfter(on, { [units[unit]]: whole } as unknown as Every)
}
