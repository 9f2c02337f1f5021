import { canonicalJson, isPhiError, sha256, toHex, utf8 } from '@phi/core'
import { bundleRecords, verifyBundle } from '../evidence/bundle.ts'
import { parseCheckpoint, parseNote, type Verifier } from '../note/index.ts'
import type { AuditRecord } from '../record.ts'
import { verifiersOf } from '../verify/checkpoints.ts'
import type { VerificationReport } from '../verify/report.ts'
import {
  type AccountingLine,
  type AccountingPackage,
  type DisclosureAccounting,
  type FieldName,
  fieldNames,
  readAccountingPackage,
} from './accounting.ts'
import { type CivilDate, dayInZone, monthsBefore } from './civil-date.ts'
import { renderAccountingHtml } from './html.ts'
import { basisOfEvent } from './judge.ts'
import { accountingLaw } from './law.ts'
import { combined, inOrder, type LogLine, lineOf, madeAt } from './lines.ts'
import { renderAccountingText } from './plain.ts'
import { type AccountingProofCode, type AccountingProofFinding, accountingProofKinds } from './proof-findings.ts'
import type { AccountingTexts } from './texts.ts'

/** What a package proves. */
export interface AccountingReport {
  /** `intact`: it is what was handed over, and every line of the log says what its entries say. */
  readonly verdict: 'intact' | 'broken' | 'unverifiable'
  /** The log whose key signed it, where it was checked: hold it against the one that you know as the covered entity's. */
  readonly origin: string | undefined
  readonly accounting: DisclosureAccounting
  readonly coverage: {
    readonly lines: number
    /** Lines whose entries are proved, about this patient and all. */
    readonly proved: number
    /** Lines whose entries are proved; that they are about this patient is the sender's word. */
    readonly provedWithoutSubject: number
    /** Lines proved by a contributor's own package. */
    readonly provedByContributor: number
    /** Lines, or parts of lines, that are somebody's word. The log proves that this word was given when it was handed over. */
    readonly stated: number
  }
  readonly findings: readonly AccountingProofFinding[]
  /** The report on the evidence. */
  readonly evidence: VerificationReport
  /** How many packages are attached. */
  readonly attached: number
}

export interface VerifyAccountingOptions {
  /** Public keys of the logs: the covered entity's, and those of contributors whose packages are attached. */
  readonly keys: readonly (string | Verifier)[]
  /** The page or the text as it was given, and the texts it was made with where that was not English. */
  readonly printed?: { readonly html?: string; readonly text?: string; readonly texts?: AccountingTexts }
}

/** The SHA-256 of an accounting, hexadecimal: of its canonical JSON. */
export const accountingDigest = (accounting: DisclosureAccounting): string => toHex(sha256(utf8(canonicalJson(accounting))))

/** The keys of `context.details` under which a hand-over is recorded. */
export const DIGEST_DETAIL = 'accounting.sha256'

/** The single lines that a printed line stands for, made again from the entries it names. Undefined where one is not there. */
function singlesOf(
  line: LogLine,
  records: ReadonlyMap<number, AuditRecord>,
  dayOf: (instant: string) => CivilDate,
): LogLine[] | undefined {
  const { source } = line
  const stated: Partial<Record<FieldName, string>> = {}
  for (const name of fieldNames) {
    const value = line[name]
    if (source.stated.includes(name) && value !== null) stated[name] = value
  }
  const out: LogLine[] = []
  for (const index of source.indices) {
    const record = records.get(index)
    if (record === undefined || record.origin !== source.origin || !record.genuine) return undefined
    const { occurredAt } = record.event
    if (occurredAt === undefined || record.withheld.includes('context') || record.sealed.includes('context')) return undefined
    const isStated = source.stated.includes('basis')
    const key = isStated ? line.basis : (basisOfEvent(record.event) ?? null)
    // A basis that leaves out is never printed: where an entry has one and was listed all the same, the office said under which.
    out.push(
      lineOf(record, dayOf(madeAt(record.recordedAt, occurredAt)), source.proof, stated, {
        key: line.basis === null ? null : key,
        isStated,
      }),
    )
  }
  return out
}

class PackageCheck {
  readonly #package: AccountingPackage
  readonly #options: VerifyAccountingOptions
  readonly findings: AccountingProofFinding[] = []
  #isProved = false
  readonly coverage = { lines: 0, proved: 0, provedWithoutSubject: 0, provedByContributor: 0, stated: 0 }

  constructor(parsed: AccountingPackage, options: VerifyAccountingOptions) {
    this.#package = parsed
    this.#options = options
  }

  #note(code: AccountingProofCode, place: { line?: number; from?: string } = {}): void {
    const { severity, meaning } = accountingProofKinds[code]
    this.findings.push({ code, severity, ...place, meaning })
  }

  run(): AccountingReport {
    const { accounting, evidence, attachments } = this.#package
    const origin = originOf(evidence)
    // The keys are those of several logs, and none of these may speak for another (C2SP tlog-checkpoint: the key's name is the origin).
    const keys = verifiersOf(this.#options.keys).filter(({ name }) => origin === undefined || name === origin)
    const report = verifyBundle(evidence, { keys })
    this.#isProved = report.verdict === 'intact'
    if (report.verdict === 'broken') this.#note('evidence-broken')
    if (report.verdict === 'unverifiable') this.#note('evidence-unverifiable')
    const records = new Map(recordsOf(this.#package).map((record) => [record.index, record]))
    this.#handOver(records.get(this.#package.handOver))
    this.#ownLines(records)
    this.#contributedLines()
    this.#printed()
    if (evidence.entries.some(({ open }) => open.actor !== undefined || open.source !== undefined))
      this.#note('shows-workforce')
    const ids = idsOf(accounting)
    const others = [...records.values()].some(({ event }) => event.subject?.patients?.some((id) => !ids.has(id)))
    if (others) this.#note('shows-others')
    this.coverage.lines = accounting.lines.length
    const has = (severity: string) => this.findings.some((finding) => finding.severity === severity)
    const verdict = has('break') ? 'broken' : has('unknown') ? 'unverifiable' : 'intact'
    return {
      verdict,
      origin: this.#isProved ? origin : undefined,
      accounting,
      coverage: this.coverage,
      findings: this.findings,
      evidence: report,
      attached: attachments.length,
    }
  }

  #handOver(record: AuditRecord | undefined): void {
    const { accounting } = this.#package
    const { action, subject, context } = record?.event ?? {}
    if (record?.genuine !== true || action !== 'disclose' || context === undefined) {
      this.#note('hand-over-missing')
      return
    }
    const patients = subject?.patients ?? []
    if (patients.length !== 1 || patients[0] !== accounting.patient.id) this.#note('other-patient')
    if (context.details?.[DIGEST_DETAIL] !== accountingDigest(accounting)) this.#note('accounting-changed')
  }

  #ownLines(records: ReadonlyMap<number, AuditRecord>): void {
    const { accounting, handOver } = this.#package
    const { period, timeZone, summarized } = accounting
    const outerFrom = monthsBefore(accounting.requestedOn, 12 * accountingLaw.lookBack.years)
    const isPeriod = period.outerFrom === outerFrom && period.from >= outerFrom && period.to <= accounting.requestedOn
    if (!isPeriod || period.from > period.to) this.#note('period-differs')
    const dayOf = dayInZone(timeZone)
    const ids = idsOf(accounting)
    const singles: LogLine[] = []
    const printed: LogLine[] = []
    const seen = new Set<number>([handOver])
    for (const [line, each] of accounting.lines.entries()) {
      if (each.source.of !== 'log') continue
      const own = each as LogLine
      printed.push(own)
      const found = this.findings.length
      const again = singlesOf(own, records, dayOf)
      if (again === undefined || own.source.indices.some((index) => seen.has(index))) {
        this.#note('line-unproved', { line })
        continue
      }
      for (const index of own.source.indices) {
        seen.add(index)
        this.#entry(records.get(index) as AuditRecord, own, line, ids)
      }
      if (again.some(({ date }) => date < period.from || date > period.to)) this.#note('line-not-disclosed', { line })
      const made = again.length === 1 ? again : combined(again)
      if (made.length !== 1 || canonicalJson(made[0]) !== canonicalJson(own)) this.#note('line-differs', { line })
      singles.push(...again)
      if (!this.#isProved || this.findings.length > found) continue
      if (own.source.stated.length > 0) this.coverage.stated++
      else if (own.source.proof === 'full') this.coverage.proved++
      else this.coverage.provedWithoutSubject++
    }
    if ([...records.keys()].some((index) => !seen.has(index))) this.#note('entry-not-listed')
    const expected = summarized ? combined(singles) : inOrder(singles)
    const isSame = canonicalJson(expected) === canonicalJson(printed)
    if (!isSame && this.findings.every(({ code }) => !code.startsWith('line-'))) this.#note('order-differs')
    if (canonicalJson(inOrder(accounting.lines)) !== canonicalJson(accounting.lines)) this.#note('order-differs')
  }

  #entry({ event, withheld }: AuditRecord, { source }: LogLine, line: number, ids: ReadonlySet<string>): void {
    if (event.outcome === 'denied') this.#note('line-not-disclosed', { line })
    if (source.proof !== 'full') return
    const patients = event.subject?.patients ?? []
    if (withheld.includes('subject') || patients.length === 0) this.#note('line-unproved', { line })
    else if (!patients.every((id) => ids.has(id))) this.#note('other-patient', { line })
  }

  #contributedLines(): void {
    const { accounting, attachments } = this.#package
    const ids = idsOf(accounting)
    const told = new Map<string, { readonly lines: readonly AccountingLine[]; readonly isProved: boolean }>()
    for (const { from, package: text } of attachments) {
      try {
        const report = verifyAccounting(text, { keys: this.#options.keys })
        // Two packages under one name: which of them a line is from cannot be told.
        if (report.attached > 0 || report.verdict === 'broken' || told.has(from)) this.#note('attachment-broken', { from })
        else if (report.verdict === 'unverifiable') this.#note('attachment-unverifiable', { from })
        if (!ids.has(report.accounting.patient.id)) this.#note('other-patient', { from })
        for (const { code, severity } of report.findings) if (severity === 'warn') this.#note(code, { from })
        told.set(from, { lines: report.accounting.lines, isProved: report.verdict === 'intact' && !told.has(from) })
      } catch (error) {
        if (!isPhiError(error)) throw error
        this.#note('attachment-broken', { from })
      }
    }
    for (const [line, each] of accounting.lines.entries()) {
      const { source } = each
      if (source.of !== 'contribution') continue
      if (source.proof === 'statement') {
        this.coverage.stated++
        continue
      }
      const original = told.get(source.from)
      const one = original?.lines[source.line]
      const { source: _, ...printed } = each
      if (one === undefined || canonicalJson(printed) !== canonicalJson(withoutSource(one)))
        this.#note('attachment-differs', { line, from: source.from })
      else if (original?.isProved) this.coverage.provedByContributor++
    }
  }

  #printed(): void {
    const { printed } = this.#options
    const { accounting } = this.#package
    if (printed === undefined) return
    const { html, text, texts } = printed
    const differs =
      (html !== undefined && html !== renderAccountingHtml(accounting, texts)) ||
      (text !== undefined && text !== renderAccountingText(accounting, texts))
    if (differs) this.#note('printed-differs')
  }
}

const idsOf = ({ patient }: DisclosureAccounting): ReadonlySet<string> => new Set([patient.id, ...(patient.otherIds ?? [])])

/** The log that a checkpoint says it is of. Undefined where it is none, which the evidence's own report says. */
function originOf({ checkpoint }: AccountingPackage['evidence']): string | undefined {
  try {
    return parseCheckpoint(parseNote(checkpoint).text).origin
  } catch (error) {
    if (isPhiError(error)) return undefined
    throw error
  }
}

const withoutSource = ({ source: _, ...line }: AccountingLine) => line

/** The records of the evidence; none of it where an entry cannot be read at all, which the evidence's own report names. */
function recordsOf({ evidence }: AccountingPackage): AuditRecord[] {
  try {
    return bundleRecords(evidence)
  } catch (error) {
    if (isPhiError(error)) return []
    throw error
  }
}

/**
 * Verifies a package offline, with public keys alone: the evidence; that the log recorded the hand-over of exactly this accounting; and,
 * made again from the entries, every line that rests on the log. It cannot show that a disclosure was left out: nothing proves what is
 * not there, and what is suspended is not there by law.
 * @throws PhiError PHI_AUDIT_DISCLOSURES_FORMAT, PHI_AUDIT_FORMAT when it is no package; PHI_AUDIT_VKEY when a key is none
 */
export function verifyAccounting(input: string | object, options: VerifyAccountingOptions): AccountingReport {
  return new PackageCheck(readAccountingPackage(input), options).run()
}
