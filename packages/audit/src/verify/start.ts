import { fromBase64, toBase64 } from '@phi/core'
import { auditError } from '../errors.ts'
import { emptyHead } from '../head.ts'
import { emptyFrontier, type Frontier, frontierRoot } from '../merkle/index.ts'
import type { Head } from '../store/store.ts'
import type { Start } from './chain.ts'

/** How far a verification got: the end of the verified entries, and the largest size that a signature covered. */
export interface ResumePoint extends Head {
  readonly anchoredTo: number
}

/**
 * Where a verification begins: at the start of the log, or where an earlier one ended.
 * @throws PhiError PHI_AUDIT_OPTIONS when the point is not what a verification returned
 */
export function startOf(verified: ResumePoint | undefined): Start {
  if (verified === undefined) return { ...emptyHead, frontier: emptyFrontier, anchoredTo: 0 }
  const { size, lastHash, recordedAt, anchoredTo } = verified
  try {
    const frontier = { size, hashes: verified.frontier.map(fromBase64) }
    frontierRoot(frontier) // checks that the hashes fit the size
    if (fromBase64(lastHash).length !== 32 || !(anchoredTo >= 0 && anchoredTo <= size)) throw auditError('PHI_AUDIT_OPTIONS')
    return { size, lastHash, recordedAt, frontier, anchoredTo }
  } catch (cause) {
    throw auditError('PHI_AUDIT_OPTIONS', {
      path: 'from.verified',
      detail: 'is not what a verification returned as `resume`',
      cause,
    })
  }
}

/** Where a verification ended, to go on from there. */
export function resumeOf(
  end: { readonly frontier: Frontier; readonly lastHash: string; readonly anchoredTo: number },
  recordedAt: string,
): ResumePoint {
  const { frontier, lastHash, anchoredTo } = end
  return { size: frontier.size, lastHash, recordedAt, frontier: frontier.hashes.map(toBase64), anchoredTo }
}
