import { type RetentionRule, retentionSchedule, type ScheduleOptions, type SignOff, usRetention } from '../../src/index.ts'

/** The day of the rows, and of every question that says nothing else. */
export const asOf = usRetention.asOf

/** Counsel's signature under each of some rules. */
export const signed = (rules: readonly RetentionRule[], on: string = asOf): readonly SignOff[] =>
  rules.map(({ id }) => ({ rule: id, by: 'counsel', on }))

/** A schedule all of whose rows are signed off. */
export function signedSchedule(options: Partial<ScheduleOptions> = {}) {
  const rules = [...(options.law ?? usRetention.rules), ...(options.house ?? []), ...(options.contracts ?? [])]
  return retentionSchedule({ id: 'test/1', signOffs: signed(rules), ...options })
}
