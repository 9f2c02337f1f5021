import { type Finding, type FindingCode, type FindingSeverity, findingKinds } from './report.ts'

const DEFAULT_MAX_FINDINGS = 100

/** What a finding says beyond its code. `severity` only where it differs from the code's own. */
export type FindingDetail = Partial<Omit<Finding, 'code' | 'meaning'>>

/** Collects findings in bounded memory. Counts all of them, and never drops a break to keep a warning. */
export class Findings {
  readonly counts: Record<FindingSeverity, number> = { break: 0, warn: 0, unknown: 0 }
  readonly #max: number
  readonly #kept: Record<FindingSeverity, Finding[]> = { break: [], warn: [], unknown: [] }

  constructor(max: number = DEFAULT_MAX_FINDINGS) {
    this.#max = max
  }

  add(code: FindingCode, detail: FindingDetail = {}): void {
    const { severity, meaning } = findingKinds[code]
    const finding: Finding = { code, severity, ...detail, meaning }
    this.counts[finding.severity]++
    const kept = this.#kept[finding.severity]
    if (kept.length < this.#max) kept.push(finding)
  }

  /** The findings to show, and how many are not among them. */
  list(): { readonly findings: readonly Finding[]; readonly findingsDropped: number } {
    const byPlace = (a: Finding, b: Finding) => (a.index ?? Number.MAX_SAFE_INTEGER) - (b.index ?? Number.MAX_SAFE_INTEGER)
    const { break: broken, unknown, warn } = this.#kept
    const findings = [...broken.sort(byPlace), ...unknown.sort(byPlace), ...warn.sort(byPlace)].slice(0, this.#max)
    const all = this.counts.break + this.counts.unknown + this.counts.warn
    return { findings, findingsDropped: all - findings.length }
  }
}
