import { type CivilDate, formatDay, parseDay } from '@phi/deadlines'
import type { Assessment, RetentionPolicy } from '../../src/assess/assessment.ts'

/** A record of the tests: kept through a day, or without end. */
export interface TestRecord {
  readonly id: string
  readonly kind: string
  readonly tenant?: string | undefined
  readonly subject?: string | undefined
  readonly until: CivilDate | null
  /** Must be deleted by this day. */
  readonly deleteBy?: CivilDate
  /** Nobody signed off its rule. */
  readonly unsigned?: true
}

const RULES: Readonly<Record<string, string>> = {
  chart: 'chart-ten-years',
  bill: 'bill-seven-years',
  message: 'house-messages',
}

const dayAfter = (date: CivilDate): CivilDate => formatDay(parseDay(date) + 1)

/** As plain a policy as there can be: it believes what the record says of its own end. */
export function testPolicy(id = 'test-policy/1'): RetentionPolicy {
  return {
    id,
    assess(value, { today, holds = [] }): Assessment {
      const given = value as Partial<TestRecord> | null | undefined
      const isReadable = typeof given?.id === 'string' && typeof given.kind === 'string' && given.until !== undefined
      const record: TestRecord = isReadable ? (given as TestRecord) : { id: '', kind: '', until: null }
      const open = holds.flatMap((hold) => {
        if (typeof hold === 'string') return [hold]
        return hold.released === undefined || hold.released === null || hold.released > today ? [hold.case] : []
      })
      const rule = RULES[record.kind]
      const base = {
        record: record.id,
        kind: record.kind,
        policy: id,
        keepThrough: record.until,
        floor: false,
        advisoryKeepThrough: null,
        earliest: record.until === null ? null : dayAfter(record.until),
        governing: rule === undefined ? [] : [{ rule, citation: '45 CFR 164.316(b)(2)(i)' }],
        holds: open,
        ceiling:
          record.deleteBy === undefined
            ? null
            : { rule: 'delete-by', citation: 'contract', deleteBy: record.deleteBy, overdue: record.deleteBy < today },
        unknown: [],
        needsSignOff: record.unsigned ? [rule ?? ''] : [],
      }
      const kept = (status: Assessment['status'], why: Assessment['why']): Assessment => ({
        ...base,
        status,
        why,
        disposable: false,
      })
      if (!isReadable) return kept('unknown', 'unreadable')
      if (rule === undefined) return kept('unknown', 'no-rule-applies')
      if (open.length > 0) return base.ceiling?.overdue ? kept('conflict', 'legal-hold') : kept('held', 'legal-hold')
      if (record.until === null) return kept('clock-not-started', 'in-effect')
      if (today <= record.until) return base.ceiling?.overdue ? kept('conflict', 'period-runs') : kept('retain', 'period-runs')
      if (record.unsigned) return kept('needs-sign-off', 'not-signed-off')
      return { ...base, status: 'disposable', why: 'every-period-over', disposable: true }
    },
  }
}
