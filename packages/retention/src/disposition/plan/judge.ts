import type { CivilDate } from '@phi/deadlines'
import type { Assessment, AssessmentStatus, RetentionPolicy } from '../../assess/assessment.ts'
import { type HoldIndex, openCases } from '../hold/holds-on.ts'
import { isNamed } from '../store/guarded-store.ts'
import type { StoredRecord } from '../store/store.ts'
import { isId } from '../text.ts'

/** What is said of one record. */
export interface Judgement {
  readonly status: AssessmentStatus
  /** As the assessment has it, or 'unreadable' where it contradicts itself or is about something else. */
  readonly why: string
  readonly mayDispose: boolean
  /** The cases that hold it on the day. */
  readonly holds: readonly string[]
  readonly assessment: Assessment
}

/** Whether the assessment, read on its own, allows it. */
const allows = (assessment: Assessment, row: StoredRecord, policy: string, today: CivilDate): boolean =>
  assessment.disposable === true &&
  assessment.status === 'disposable' &&
  assessment.record === row.id &&
  assessment.policy === policy &&
  isId(assessment.kind) &&
  assessment.floor === false &&
  assessment.holds.length === 0 &&
  assessment.governing.length > 0 &&
  assessment.earliest !== null &&
  assessment.earliest <= today

/**
 * INVARIANT: this is the one place that says that a record may be deleted, for the plan and again at execution. The policy must say so,
 * in every field that it says it in, and no hold may be on it by our own look at the holds.
 */
export function judge(row: StoredRecord, policy: RetentionPolicy, holds: HoldIndex, today: CivilDate): Judgement {
  const facts = holds.factsOn(row)
  const assessment = policy.assess(row.record, facts.length === 0 ? { today } : { today, holds: facts })
  const open = openCases(facts, today)
  const allowed = assessment.disposable === true || assessment.status === 'disposable'
  if (!allowed) {
    return { status: assessment.status, why: assessment.why, mayDispose: false, holds: open, assessment }
  }
  if (open.length > 0) return { status: 'held', why: 'legal-hold', mayDispose: false, holds: open, assessment }
  const mayDispose = isNamed(row) && allows(assessment, row, policy.id, today)
  const { status, why } = mayDispose ? assessment : ({ status: 'unknown', why: 'unreadable' } as const)
  return { status, why, mayDispose, holds: open, assessment }
}
