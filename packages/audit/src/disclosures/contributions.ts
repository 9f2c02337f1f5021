import { canonicalJson, isPhiError } from '@phi/core'
import type { AccountingLine, DisclosureAccounting } from './accounting.ts'
import type { JudgedEntry } from './entry.ts'
import { disclosureError } from './errors.ts'
import type { Research } from './fields.ts'
import { type AccountingFinding, accountingFinding } from './findings.ts'
import { type Circumstances, decided } from './judge.ts'
import { disclosureBases } from './law.ts'
import type { AccountingPeriod } from './period.ts'
import type { Contribution, Judgment, ParsedRequest } from './request.ts'
import { verifyAccounting } from './verify.ts'

/** What business associates, and other logs of the covered entity, add. */
export interface Contributed {
  readonly lines: AccountingLine[]
  readonly entries: JudgedEntry[]
  readonly findings: AccountingFinding[]
  readonly incomplete: DisclosureAccounting['incomplete']['contributors']
  readonly attachments: { readonly from: string; readonly package: string }[]
  /** Research that contributors list in short form. */
  readonly research: Research[]
  readonly used: Set<Judgment>
}

type Told = Omit<AccountingLine, 'source'>

interface Answer {
  readonly told: readonly Told[]
  /** A package that proves the lines and shows nobody else, as its text. */
  readonly attachable?: string
}

/** Reads what a contributor answered, and notes what keeps it from being complete. */
function answerOf(contribution: Contribution, request: ParsedRequest, period: AccountingPeriod, into: Contributed): Answer {
  const { from } = contribution
  switch (contribution.answer) {
    case 'not-received':
      into.incomplete.push({ from, why: 'not-received' })
      return { told: [] }
    case 'none-made':
      return { told: [] }
    case 'disclosures':
      return {
        told: contribution.disclosures.map(({ address = null, basis = null, ...told }) => ({ ...told, address, basis })),
      }
    case 'package':
      return packageOf(contribution, request, period, into)
  }
}

function packageOf(
  { from, package: input, keys }: Extract<Contribution, { answer: 'package' }>,
  { patient, research }: ParsedRequest,
  period: AccountingPeriod,
  into: Contributed,
): Answer {
  const refuse = (detail: string, cause?: unknown) =>
    disclosureError('PHI_AUDIT_DISCLOSURES_REQUEST', { path: 'request.contributions.*.package', detail, cause })
  const text = typeof input === 'string' ? input : textOf(input)
  if (text === undefined) throw refuse('is none, or a key is none')
  let report: ReturnType<typeof verifyAccounting>
  try {
    report = verifyAccounting(text, { keys })
  } catch (cause) {
    if (isPhiError(cause)) throw refuse('is none, or a key is none', cause)
    throw cause
  }
  const { accounting } = report
  const ids = [patient.id, ...(patient.otherIds ?? [])]
  if (!ids.includes(accounting.patient.id)) throw refuse('is about another patient')
  if (report.attached > 0) throw refuse('has packages attached to it; pass those as contributions of their own')
  const isProved = report.verdict === 'intact'
  if (!isProved) {
    into.findings.push(accountingFinding('contribution-not-proved', { of: from }))
    into.incomplete.push({ from, why: 'not-proved' })
  }
  const { incomplete } = accounting
  if (incomplete.unreadable.length > 0 || incomplete.contributors.length > 0) into.incomplete.push({ from, why: 'incomplete' })
  if (accounting.period.from > period.from || accounting.period.to < period.to)
    into.incomplete.push({ from, why: 'shorter-period' })
  for (const each of accounting.research) {
    const isKnown = [...(research ?? []), ...into.research].some((known) => canonicalJson(known) === canonicalJson(each))
    if (!isKnown && each.from <= period.to && each.last >= period.from) into.research.push(each)
  }
  const told = accounting.lines.map(({ source: _, ...line }) => line)
  // Who acted, and other people, are shown to nobody else by way of somebody else's package.
  const isClean = report.findings.length === 0
  if (isProved && !isClean) into.findings.push(accountingFinding('contribution-not-attached', { of: from }))
  return isProved && isClean ? { told, attachable: text } : { told }
}

/** A package as JSON. Undefined where it has none. */
function textOf(value: object): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** Judges what contributors report. They report it as a disclosure; what their basis leaves out is left out here too. */
export function contributedBy(
  request: ParsedRequest,
  period: AccountingPeriod,
  { compliedFrom, standing }: Pick<Circumstances, 'compliedFrom' | 'standing'>,
): Contributed {
  const into: Contributed = {
    lines: [],
    entries: [],
    findings: [],
    incomplete: [],
    attachments: [],
    research: [],
    used: new Set(),
  }
  const judgments = new Map((request.judgments ?? []).map((each) => [`${each.index} ${each.of ?? ''}`, each]))
  for (const contribution of request.contributions ?? []) {
    const { from } = contribution
    const { told, attachable } = answerOf(contribution, request, period, into)
    const lines: { told: Told; basis: Told['basis']; line: number }[] = []
    let isHidden = false
    for (const [line, each] of told.entries()) {
      const isSuspended = standing(each.recipient ?? undefined, each.basis ?? undefined).is !== 'no'
      // Of repeated ones, those that reach into the period stay: which of them lie in it is not told.
      if (each.date > period.to || (each.repeated?.last ?? each.date) < period.from) {
        isHidden ||= isSuspended
        continue
      }
      const judgment = judgments.get(`${line} ${from}`)
      if (judgment !== undefined) into.used.add(judgment)
      const judged = judgeTold(each, judgment, compliedFrom, standing)
      into.entries.push({ index: line, of: from, date: each.date, ...judged })
      if (judged.verdict !== 'listed') {
        isHidden ||= isSuspended || judged.verdict !== 'excluded'
        continue
      }
      if (judgment?.completed !== undefined)
        into.findings.push(accountingFinding('completion-unused', { index: line, of: from }))
      lines.push({ told: each, basis: judged.basis ?? null, line })
    }
    // INVARIANT: what is suspended is in nothing that the patient is given. A package shows all of its lines, so it is attached only where
    // none of them is suspended, or is none of this patient's. The others then are numbered without a gap.
    const isAttached = attachable !== undefined && !isHidden
    if (isAttached) into.attachments.push({ from, package: attachable })
    else if (attachable !== undefined) into.findings.push(accountingFinding('contribution-not-attached', { of: from }))
    for (const [place, { told: each, basis, line }] of lines.entries()) {
      // A line that says something else than the package is no longer proved by it.
      const source = isAttached
        ? { line, proof: basis === each.basis ? ('package' as const) : ('statement' as const) }
        : { line: place, proof: 'statement' as const }
      into.lines.push({ ...each, basis, source: { of: 'contribution', from, ...source } })
    }
  }
  return into
}

function judgeTold(
  { date, recipient, basis, repeated }: Told,
  judgment: Judgment | undefined,
  compliedFrom: string,
  standingOf: Circumstances['standing'],
): Omit<JudgedEntry, 'index' | 'of' | 'date'> {
  const own = basis ?? undefined
  const known = own === undefined ? {} : { basis: own }
  const standing = standingOf(recipient ?? undefined, judgment?.basis ?? own)
  if (judgment !== undefined) return decided(judgment, own, standing)
  if ((repeated?.last ?? date) < compliedFrom)
    return { verdict: 'excluded', because: ['before-compliance-date'], exclusion: 'before-compliance-date' }
  const exclusion = own === undefined ? null : disclosureBases[own].exclusion
  if (exclusion !== null) return { verdict: 'excluded', because: ['contributed'], exclusion, ...known }
  if (standing.is === 'suspended') return { verdict: 'suspended', because: ['suspended'], suspendedThrough: standing.through }
  if (standing.is === 'perhaps') return { verdict: 'review', because: ['perhaps-suspended'], ...known }
  return { verdict: 'listed', because: ['contributed'], ...known }
}
