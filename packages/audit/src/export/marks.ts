import type { GroupName } from '../group.ts'
import type { AuditRecord } from '../record.ts'

/** What stands where a group is not shown: never an empty cell, which would read as "nothing was recorded". */
export type Standing = 'shown' | 'withheld' | 'sealed' | 'altered'

const WITHHELD = '[withheld]'
const SEALED = '[sealed]'
const ALTERED = '[altered]'
/** Left out of this export by its options. */
export const OMITTED = '[omitted]'
/** The group is shown and has nothing of the kind. */
const NOT_RECORDED = '[not recorded]'

const marks = { withheld: WITHHELD, sealed: SEALED, altered: ALTERED } as const

export function standingOf(record: AuditRecord, group: GroupName): Standing {
  if (record.withheld.includes(group)) return 'withheld'
  if (record.sealed.includes(group)) return 'sealed'
  if (record.altered.includes(group)) return 'altered'
  return 'shown'
}

/** The mark for a value that is not there: why its group is not shown, or that it was not recorded. */
export function markOf(record: AuditRecord, group: GroupName): string {
  const standing = standingOf(record, group)
  return standing === 'shown' ? NOT_RECORDED : marks[standing]
}

/** The mark of a group that is not shown. */
export function hiddenMark(record: AuditRecord, group: GroupName): string | undefined {
  const standing = standingOf(record, group)
  return standing === 'shown' ? undefined : marks[standing]
}
