import { auditError } from '../errors.ts'
import type { Findings } from './findings.ts'
import { type VerificationReport, verdictOf } from './report.ts'

type Coverage = VerificationReport['coverage']
type Freshness = VerificationReport['freshness']

/** Puts a report together. */
export function makeReport(
  findings: Findings,
  coverage: Omit<Coverage, 'unanchoredTail'>,
  freshness: Freshness,
): VerificationReport {
  const { from, to, checked, anchoredTo, withheld, sealed = 0 } = coverage
  const unanchoredTail = Math.max(0, to - anchoredTo)
  return {
    verdict: verdictOf(findings.counts),
    coverage: { from, to, checked, anchoredTo, unanchoredTail, withheld, ...(sealed === 0 ? {} : { sealed }) },
    freshness,
    ...findings.list(),
  }
}

/**
 * An age that nobody can compute must not pass for one that is not too old.
 * @throws PhiError PHI_AUDIT_OPTIONS
 */
export function assertAge({
  now,
  maxAgeMs,
}: {
  readonly now?: number | undefined
  readonly maxAgeMs?: number | undefined
}): void {
  if (maxAgeMs !== undefined && (now === undefined || !(maxAgeMs > 0)))
    throw auditError('PHI_AUDIT_OPTIONS', { path: 'maxAgeMs', detail: 'must be above 0, and needs now' })
}

/** How old the newest entry is, with a warning when that is older than allowed. */
export function freshnessOf(
  lastRecordedAt: string,
  lastCheckpointSize: number | undefined,
  options: { readonly now?: number | undefined; readonly maxAgeMs?: number | undefined },
  findings: Findings,
): Freshness {
  const size = lastCheckpointSize === undefined ? {} : { lastCheckpointSize }
  if (lastRecordedAt === '') return size
  if (options.now === undefined) return { lastRecordedAt, ...size }
  const ageMs = options.now - Date.parse(lastRecordedAt)
  if (options.maxAgeMs !== undefined && ageMs > options.maxAgeMs) findings.add('stale', { found: lastRecordedAt })
  return { lastRecordedAt, ...size, ageMs }
}
