import type { AuditRecord } from '../record.ts'
import { type AccountingLine, accountingFormat, type DisclosureAccounting } from './accounting.ts'
import { dayInZone, daysAfter } from './civil-date.ts'
import { type Contributed, contributedBy } from './contributions.ts'
import type { JudgedEntry } from './entry.ts'
import { disclosureError } from './errors.ts'
import { type AccountingFinding, accountingFinding } from './findings.ts'
import { aboutOf, basisOfEvent, type Circumstances, isAdministrative, isCandidate, judge } from './judge.ts'
import { combined, inOrder, type LogLine, lineOf, madeAt } from './lines.ts'
import { type AccountingPeriod, periodOf } from './period.ts'
import { type AccountingRequest, type Judgment, type ParsedRequest, parseRequest } from './request.ts'
import { suspensionsOn, windowsOf } from './suspension.ts'
import { UnreadableEntries, type UnreadableRange } from './unreadable.ts'

interface Paper {
  readonly period: AccountingPeriod
  /** Everything that was a disclosure of this patient in the period, or may have been, with what became of it. */
  readonly entries: readonly JudgedEntry[]
  readonly findings: readonly AccountingFinding[]
  /** Exactly which entries could not be read. */
  readonly unreadable: readonly UnreadableRange[]
  /** How many records were looked at. */
  readonly records: number
}

/**
 * The covered entity's own paper, which is not for the patient: it says what was left out, and for whom a suspension holds. The accounting
 * is there once nothing needs review.
 */
export type AccountingPaper =
  | (Paper & { readonly status: 'needs-review'; readonly accounting?: undefined })
  | (Paper & {
      readonly status: 'ready'
      readonly accounting: DisclosureAccounting
      /** The packages that contributors proved their lines with, as texts. */
      readonly attachments: readonly { readonly from: string; readonly package: string }[]
    })

/** What is known of the records beside themselves. */
export interface RecordsAbout {
  /** How many entries the log has. Records that end before are reported as missing. */
  readonly size?: number
  readonly signal?: AbortSignal
}

/** An accounting by parts: records one by one, then the end. */
class Accountant {
  readonly #request: ParsedRequest
  readonly #classify: ReturnType<typeof parseRequest>['classify']
  readonly #dayOf: (instant: string) => string
  readonly #ids: ReadonlySet<string>
  readonly #judgments: ReadonlyMap<number, Judgment>
  readonly #circumstances: Pick<Circumstances, 'ids' | 'compliedFrom' | 'research' | 'standing'>
  readonly period: AccountingPeriod
  readonly entries: JudgedEntry[] = []
  readonly findings: AccountingFinding[] = []
  readonly unreadable = new UnreadableEntries()
  readonly lines: LogLine[] = []
  readonly #used = new Set<Judgment>()
  #next: number | undefined
  #origin: string | undefined
  records = 0

  constructor({ parsed, classify }: ReturnType<typeof parseRequest>) {
    this.#request = parsed
    this.#classify = classify
    this.#dayOf = dayInZone(parsed.timeZone)
    this.period = periodOf(parsed)
    this.#ids = new Set([parsed.patient.id, ...(parsed.patient.otherIds ?? [])])
    this.#judgments = new Map((parsed.judgments ?? []).filter(({ of }) => of === undefined).map((each) => [each.index, each]))
    this.#circumstances = {
      ids: this.#ids,
      compliedFrom: this.period.compliedFrom,
      research: new Map((parsed.research ?? []).map((each) => [each.id, each])),
      standing: suspensionsOn(parsed.preparedOn, parsed.suspensions ?? []),
    }
  }

  add(record: AuditRecord): void {
    const { index, origin } = record
    const expected = this.#next ?? 0
    const isFirst = this.#next === undefined
    if (index < expected || (this.#origin ?? origin) !== origin)
      throw disclosureError('PHI_AUDIT_DISCLOSURES_RECORDS', { info: { index } })
    // What lies before the first record was recorded before it, give or take a clock: where that was before the period, so was the
    // disclosure.
    const isOld = isFirst && daysAfter(this.#dayOf(record.recordedAt), 1) < this.period.from
    if (index > expected && !isOld) this.unreadable.add('missing', expected, null, index - 1)
    this.#origin = origin
    this.#next = index + 1
    this.records++
    this.#look(record)
  }

  /** Judges a record that matters, as far as it can be read; what cannot be read and may matter is noted. */
  #look(record: AuditRecord): void {
    const { event, index } = record
    const seen = this.#sight(record)
    if (typeof seen === 'string') {
      const recorded = this.#dayOf(record.recordedAt)
      // A disclosure is recorded once it is made, so one recorded before the period was made before it.
      if (recorded >= this.period.from) this.unreadable.add(seen, index, recorded)
    } else if (seen !== undefined) this.#judge(record, seen.day, aboutOf(event, this.#ids))
  }

  /** The day of a record that has to be judged, why it cannot be read, or undefined where it does not matter. */
  #sight(record: AuditRecord): { readonly day: string } | 'withheld' | 'sealed' | 'altered' | undefined {
    const { event } = record
    const stateOf = (group: 'event' | 'subject' | 'context') =>
      record.withheld.includes(group) ? 'withheld' : record.sealed.includes(group) ? 'sealed' : undefined
    if (record.altered.length > 0) return 'altered'
    if (event.occurredAt === undefined) return stateOf('event') ?? 'withheld'
    if (event.outcome === 'denied' || aboutOf(event, this.#ids).about === 'no') return undefined
    // Without its context, whether it was a disclosure is not known.
    const hidden = isAdministrative(event) ? undefined : stateOf('context')
    if (hidden === undefined && !isCandidate(event)) return undefined
    const day = this.#dayOf(madeAt(record.recordedAt, event.occurredAt))
    if (day < this.period.from || day > this.period.to) return undefined
    return hidden ?? stateOf('subject') ?? { day }
  }

  #judge(record: AuditRecord, day: string, { about, others }: ReturnType<typeof aboutOf>): void {
    const { index, event } = record
    const judgment = this.#judgments.get(index)
    if (judgment !== undefined) this.#used.add(judgment)
    const classified = this.#classify(record)
    const judged = judge(record, { ...this.#circumstances, day, classified, judgment })
    this.entries.push({ index, date: day, ...judged })
    if (judged.verdict !== 'listed') return
    const key = judged.basis ?? null
    const proof = about === 'unknown' ? 'patient-not-named' : others ? 'subject-withheld' : 'full'
    const basis = { key, isStated: key !== null && basisOfEvent(event) !== key }
    const line = lineOf(record, day, proof, judgment?.completed ?? {}, basis)
    this.lines.push(line)
    const note = (code: AccountingFinding['code']) => this.findings.push(accountingFinding(code, { index }))
    noteMissing(line, note)
    if (others) note('names-others')
    const { disclosure: _, purpose: __, ...more } = event.context ?? {}
    if (Object.keys(more).length > 0) note('shows-more')
    const completed = Object.keys(judgment?.completed ?? {}) as (keyof NonNullable<Judgment['completed']>)[]
    if (completed.some((name) => !line.source.stated.includes(name))) note('completion-unused')
  }

  end({ size }: RecordsAbout): AccountingPaper {
    const next = this.#next ?? 0
    if (size !== undefined && next < size) this.unreadable.add('missing', next, null, size - 1)
    const contributed = contributedBy(this.#request, this.period, this.#circumstances)
    this.entries.push(...contributed.entries)
    this.findings.push(...contributed.findings)
    for (const judgment of this.#request.judgments ?? []) {
      if (this.#used.has(judgment) || contributed.used.has(judgment)) continue
      const { index, of } = judgment
      this.findings.push(accountingFinding('judgment-unused', { index, ...(of === undefined ? {} : { of }) }))
    }
    for (const { why } of windowsOf(this.#request.suspensions ?? [])) {
      if (why === 'not-documented') this.findings.push(accountingFinding('suspension-not-documented'))
      if (why === 'cannot-be-renewed') this.findings.push(accountingFinding('suspension-not-renewed'))
    }
    const accounting = this.#accounting(contributed)
    const { period, entries, findings, records } = this
    const paper = { period, entries, findings, unreadable: this.unreadable.ranges, records }
    if (entries.some(({ verdict }) => verdict === 'review')) return { ...paper, status: 'needs-review' }
    return { ...paper, status: 'ready', accounting, attachments: contributed.attachments }
  }

  #accounting(contributed: Contributed): DisclosureAccounting {
    const { patient, entity, requestedOn, preparedOn, timeZone, summarize = false } = this.#request
    const { from, to, outerFrom } = this.period
    const own = summarize ? combined(this.lines) : this.lines
    const research = (this.#request.research ?? []).filter((each) => {
      const isInside = each.from <= to && each.last >= from
      if (!isInside) this.findings.push(accountingFinding('research-outside-period'))
      return isInside
    })
    return plain({
      format: accountingFormat,
      patient,
      entity,
      requestedOn,
      preparedOn,
      timeZone,
      period: { from, to, outerFrom },
      summarized: summarize,
      lines: inOrder([...own, ...contributed.lines]),
      research: [...research, ...contributed.research],
      incomplete: { unreadable: this.unreadable.rows(), contributors: contributed.incomplete },
    })
  }
}

/** As JSON will say it: no key that is there and undefined. */
const plain = (accounting: DisclosureAccounting): DisclosureAccounting =>
  JSON.parse(JSON.stringify(accounting)) as DisclosureAccounting

/** What 164.528(b)(2) asks for and a line does not have. */
function noteMissing(line: AccountingLine, note: (code: AccountingFinding['code']) => void): void {
  if (line.recipient === null) note('missing-recipient')
  if (line.address === null) note('no-address')
  if (line.description === null) note('missing-description')
  if (line.purpose === null) note('missing-purpose')
}

/**
 * Accounts for the disclosures of a patient's information, 45 CFR 164.528: from all records of a log, oldest first (`log.records()`), and
 * from what business associates and other logs contribute.
 *
 * An event counts where it has `context.disclosure`, or its action is `disclose`, `send`, `export`, `print` or `download`; it names its
 * patients in `subject.patients`, and the provision under which it was made in `context.details['disclosure.basis']`, or implies it by
 * `context.purpose`. What cannot be judged is `review`, and then there is no accounting yet: correct it with `classify` or `judgments`.
 * Entries that cannot be read never vanish: the accounting says that it may be incomplete.
 * @throws PhiError PHI_AUDIT_DISCLOSURES_REQUEST; PHI_AUDIT_DISCLOSURES_RECORDS; and what reading the records throws
 */
export async function accountOfDisclosures(
  records: AsyncIterable<AuditRecord> | Iterable<AuditRecord>,
  request: AccountingRequest,
  about: RecordsAbout = {},
): Promise<AccountingPaper> {
  const accountant = new Accountant(parseRequest(request))
  for await (const record of records) {
    about.signal?.throwIfAborted()
    accountant.add(record)
  }
  return accountant.end(about)
}
