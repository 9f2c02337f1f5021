import { parseAs } from '@phi/core'
import * as z from 'zod'
import type { Agreement } from '../agreement/agreement.ts'
import { partyId } from '../agreement/party.ts'
import { lifeOf } from '../agreement/status.ts'
import { freeze } from '../freeze.ts'
import { type Registry, refuseUnread } from '../registry/registry.ts'
import { type ControlId, controlOf } from './controls.ts'
import { type Day, readDay } from './day.ts'
import type { RegisterEntry } from './entry.ts'
import { safeguardError } from './errors.ts'
import { parameterDoubt, type RegisterFindingCode, readWanted, registerFindingCodes, type Wanted } from './findings.ts'
import { cell, tableOf } from './markdown.ts'
import type { Parameter } from './parameter.ts'
import { type Doubt, type Register, readRegister, standingOn } from './register.ts'

/** `not-applicable`: only of a feature that is set aside with a reason, such as telehealth in a practice that has none. */
export type PointAnswer = 'yes' | 'no' | 'unknown' | 'not-applicable'

/** The six points of the checklist S58, each with the controls that answer it. The first is answered by agreements. */
export const readinessPoints = Object.freeze({
  agreement: { asks: 'A business associate agreement is signed and in force', controls: [] },
  access: { asks: 'Multi-factor authentication and role-based access are on', controls: ['mfa', 'role-based-access'] },
  encryption: {
    asks: 'Encryption in transit and at rest is confirmed',
    controls: ['encryption-in-transit', 'encryption-at-rest'],
  },
  logs: { asks: 'Audit logs are reviewed, and exports are restricted', controls: ['log-review', 'export-restriction'] },
  telehealth: { asks: 'Telehealth is configured as it has to be', controls: ['telehealth-configuration'] },
  ai: {
    asks: 'AI features were reviewed for health information and what they keep',
    controls: ['ai-phi-review', 'ai-retention'],
  },
} as const satisfies { readonly [id: string]: { readonly asks: string; readonly controls: readonly ControlId[] } })
export type ReadinessPointId = keyof typeof readinessPoints

/** What is missing for a yes. */
export const readinessGapCodes = Object.freeze({
  'no-model': { says: 'No registry of agreements was given.', remedy: 'Pass `model`, and in `between` who discloses to whom.' },
  'no-agreement': { says: 'No agreement between the two is in the registry.', remedy: 'Have it signed, and enter it.' },
  'not-in-force': {
    says: 'No agreement between the two is in force on the whole of that day.',
    remedy: 'Look at its signatures and dates.',
  },
  'agreement-review-past': {
    says: 'The agreement is in force, and nobody has read it again in time.',
    remedy: 'Read it, and enter `asOf` and `reviewBy`.',
  },
  'set-aside': {
    says: 'It is set aside as not applicable, and is no feature that a house may not have.',
    remedy: 'Put it in place.',
  },
})
export type ReadinessGapCode = keyof typeof readinessGapCodes | RegisterFindingCode

export interface ReadinessGap {
  readonly code: ReadinessGapCode
  readonly says: string
  readonly remedy: string
  readonly control?: ControlId
  readonly entry?: string
  readonly agreement?: string
}

/** What shows a yes: evidence of an entry, or an agreement with the hash of its document. */
export interface ReadinessEvidence {
  readonly id: string
  readonly control?: ControlId
  readonly entry?: string
  readonly sha256?: string
  readonly asOf?: Day
}

export interface ReadinessPoint {
  readonly id: ReadinessPointId
  readonly asks: string
  readonly answer: PointAnswer
  readonly evidence: readonly ReadinessEvidence[]
  readonly missing: readonly ReadinessGap[]
}

/** Six answers, and no seventh that adds them up: a point that is open is open, whatever the others say. */
export interface ReadinessReport {
  readonly at: Day
  readonly points: readonly ReadinessPoint[]
}

export interface ReadinessOptions {
  readonly at: Day
  readonly model?: Registry | undefined
  /** Who discloses to whom: the agreements that have to be in force. */
  readonly between?: readonly { readonly from: string; readonly to: string }[] | undefined
  /** Parameters that a document asks for: TLS 1.3, AES-256. */
  readonly wanted?: Wanted | undefined
}

interface Part {
  readonly answer: PointAnswer
  readonly evidence: readonly ReadinessEvidence[]
  readonly missing: readonly ReadinessGap[]
}

const gap = (code: ReadinessGapCode, more: Partial<ReadinessGap> = {}): ReadinessGap => ({
  code,
  ...(code in readinessGapCodes
    ? readinessGapCodes[code as keyof typeof readinessGapCodes]
    : registerFindingCodes[code as RegisterFindingCode]),
  ...more,
})

/** A no goes before what is not known, and that before a yes. What is not applicable takes nothing from the others. */
function together(parts: readonly Part[]): Part {
  const answers = parts.map(({ answer }) => answer)
  const answer = (['no', 'unknown', 'yes'] as const).find((each) => answers.includes(each))
  return {
    answer: answer ?? (answers.length > 0 ? 'not-applicable' : 'unknown'),
    evidence: parts.flatMap(({ evidence }) => evidence),
    missing: parts.flatMap(({ missing }) => missing),
  }
}

function ofEntry(entry: RegisterEntry, control: ControlId, wanted: Parameter | undefined, at: Day): Part {
  const { state, doubts, evidence } = standingOn(entry, at)
  const about = { control, entry: entry.id }
  const shown = evidence.map(({ id, sha256, asOf }) => ({ id, ...about, ...(sha256 ? { sha256 } : {}), asOf }))
  if (state === 'unknown') {
    return { answer: 'unknown', evidence: [], missing: doubts.map((each: Doubt) => gap(each, about)) }
  }
  if (state === 'not-applicable') {
    return controlOf(control).ofFeature === true
      ? { answer: 'not-applicable', evidence: [], missing: [] }
      : { answer: 'no', evidence: [], missing: [gap('set-aside', about)] }
  }
  if (state !== 'in-place') {
    const late = entry.due !== undefined && at > entry.due
    return { answer: 'no', evidence: [], missing: [gap(late ? 'overdue' : 'not-in-place', about)] }
  }
  const doubt = parameterDoubt(control, entry.parameter, wanted)
  if (doubt === undefined) return { answer: 'yes', evidence: shown, missing: [] }
  return { answer: doubt === 'parameter-weaker' ? 'no' : 'unknown', evidence: shown, missing: [gap(doubt, about)] }
}

function ofControl(control: ControlId, entries: readonly RegisterEntry[], wanted: Parameter | undefined, at: Day): Part {
  const about = entries.filter((each) => each.control === control)
  if (about.length === 0) return { answer: 'unknown', evidence: [], missing: [gap('no-entry', { control })] }
  return together(about.map((each) => ofEntry(each, control, wanted, at)))
}

const HOUR = 3_600_000

/** In force from the first moment of a day anywhere to its last: a day has no zone here, so that all of them count. */
function inForceOn(agreement: Agreement, day: Day): boolean {
  const start = Date.parse(`${day}T00:00:00.000Z`) - 14 * HOUR
  const end = start + (14 + 24 + 12) * HOUR
  const life = lifeOf(agreement)
  return life.every(({ from, status }, index) => {
    const until = life[index + 1]?.from ?? Number.POSITIVE_INFINITY
    return status === 'in-force' || until <= start || from >= end
  })
}

/** Agreements under which a business associate or its subcontractor may have protected health information. */
const businessAssociateTiers: readonly Agreement['tier'][] = ['ce-ba', 'ba-sub', 'mou']

function ofPair(model: Registry, { from, to }: { readonly from: string; readonly to: string }, at: Day): Part {
  const none = { evidence: [], missing: [] }
  const held = model.agreements.filter(
    (each) => each.from.id === from && each.to.id === to && businessAssociateTiers.includes(each.tier),
  )
  if (held.length === 0) return { ...none, answer: 'no', missing: [gap('no-agreement')] }
  const live = held.filter((each) => inForceOn(each, at))
  if (live.length === 0) return { ...none, answer: 'no', missing: held.map(({ id }) => gap('not-in-force', { agreement: id })) }
  const read = live.filter(
    ({ asOf, reviewBy }) => (asOf === undefined || asOf <= at) && (reviewBy === undefined || at <= reviewBy),
  )
  if (read.length === 0) {
    return { ...none, answer: 'unknown', missing: live.map(({ id }) => gap('agreement-review-past', { agreement: id })) }
  }
  const evidence = read.map(({ id, documentHash, asOf }) => ({
    id,
    ...(documentHash ? { sha256: documentHash } : {}),
    ...(asOf ? { asOf } : {}),
  }))
  return { answer: 'yes', evidence, missing: [] }
}

const pairsSchema = z
  .array(z.strictObject({ from: partyId, to: partyId }))
  .max(10_000)
  .optional()

/**
 * The six-point report of a practice that takes a platform into use: of each point whether it is so, with what shows it and what is
 * missing. Stale evidence, an entry past its review and a control that nobody entered are `unknown`, and never yes.
 *
 * The first point says that an agreement is in force, and not that it covers a use: ask `decide`.
 * @throws PhiError PHI_BAA_QUESTION, PHI_BAA_SAFEGUARDS; PHI_BAA_REGISTRY for a model that `registry` did not make
 */
export function readiness(value: Register, options: ReadinessOptions): ReadinessReport {
  const { entries } = readRegister(value)
  const at = readDay(options?.at, 'at')
  const wanted = readWanted(options.wanted)
  const { model } = options
  const pairs = parseAs(pairsSchema, options.between, 'between', (context) => safeguardError('PHI_BAA_QUESTION', context))
  if (model !== undefined) refuseUnread(model)

  const partsOf = (id: ReadinessPointId): readonly Part[] => {
    if (id !== 'agreement') {
      return readinessPoints[id].controls.map((each) => ofControl(each, entries, wanted?.get(each), at))
    }
    if (model === undefined || pairs === undefined || pairs.length === 0) {
      return [{ answer: 'unknown', evidence: [], missing: [gap('no-model')] }]
    }
    return pairs.map((each) => ofPair(model, each, at))
  }
  const ids = Object.keys(readinessPoints) as ReadinessPointId[]
  return freeze({ at, points: ids.map((id) => ({ id, asks: readinessPoints[id].asks, ...together(partsOf(id)) })) })
}

/** The report as a Markdown table. */
export function readinessToMarkdown({ at, points }: ReadinessReport): string {
  const rows = points.map(({ asks, answer, evidence, missing }) => [
    cell(asks),
    answer.replaceAll('-', ' '),
    evidence.map(({ id, asOf }) => `${cell(id)}${asOf === undefined ? '' : ` (${asOf})`}`).join('; '),
    missing.map(({ control, entry, agreement, says }) => `${cell(entry ?? agreement ?? control ?? '')}: ${says}`).join(' '),
  ])
  return [`As of ${at}.`, tableOf(['Point', 'Answer', 'Shown by', 'Missing'], rows)].join('\n\n')
}
