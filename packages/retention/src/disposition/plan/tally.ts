import type { RuleReference } from '../../assess/assessment.ts'
import { compareIds, isId } from '../text.ts'
import type { Judgement } from './judge.ts'
import { type DispositionPlan, LISTED_CONFLICTS } from './plan-document.ts'

interface Group {
  readonly kind: string
  readonly rules: readonly RuleReference[]
  readonly ids: string[]
  readonly versions: string[]
}

/** What a plan remembers while it reads: counts, and of records only those that it would delete. */
export interface Tally {
  add(judgement: Judgement, id: string): void
  /** Puts a record on the list of those to delete. */
  take(judgement: Judgement, id: string, version: string): void
  result(): Pick<DispositionPlan, 'conflicts' | 'needsSignOff' | 'groups'> & {
    readonly counts: Pick<DispositionPlan['counts'], 'byStatus' | 'byWhy' | 'byRule'>
  }
}

const sortedRecord = (counts: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a], [b]) => compareIds(a, b)))

// Separates what is joined to a key of a map. No kind, rule or citation that counts here holds it: see `text.ts`.
const MARK = '\u0000'

const keyOf = (kind: string, rules: readonly RuleReference[]): string => {
  let key = kind
  for (const { rule, citation } of rules) key += `${MARK}${rule}${MARK}${citation}`
  return key
}

export function makeTally(): Tally {
  const byStatus = new Map<string, number>()
  const byWhy = new Map<string, number>()
  const byRule = new Map<string, { readonly citation: string; records: number; disposable: number }>()
  const groups = new Map<string, Group>()
  const signOffs = new Map<string, { readonly rules: readonly string[]; records: number }>()
  const listed: DispositionPlan['conflicts']['listed'][number][] = []
  let conflicts = 0

  const more = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)

  return {
    add({ status, why, mayDispose, holds, assessment }, id) {
      more(byStatus, status)
      more(byWhy, why)
      for (const { rule, citation } of assessment.governing) {
        let counted = byRule.get(rule)
        if (counted === undefined) {
          counted = { citation, records: 0, disposable: 0 }
          byRule.set(rule, counted)
        }
        counted.records += 1
        if (mayDispose) counted.disposable += 1
      }
      if (status === 'needs-sign-off') {
        const rules = assessment.needsSignOff.toSorted()
        const key = rules.join(MARK)
        const known = signOffs.get(key)
        if (known) known.records += 1
        else signOffs.set(key, { rules, records: 1 })
      }
      const isConflict = status === 'conflict' || (holds.length > 0 && assessment.ceiling?.overdue === true)
      if (!isConflict) return
      conflicts += 1
      if (listed.length >= LISTED_CONFLICTS) return
      const { ceiling, keepThrough, governing, kind } = assessment
      listed.push({
        // What has no canonical JSON, and so no place in a plan, stands as an empty text.
        id: isId(id) ? id : '',
        kind: isId(kind) ? kind : '',
        why,
        ceiling: ceiling && { rule: ceiling.rule, citation: ceiling.citation, deleteBy: ceiling.deleteBy },
        keepThrough,
        keptBy: governing.map(({ rule, citation }) => ({ rule, citation })),
        holds,
      })
    },
    take({ assessment: { kind, governing } }, id, version) {
      const key = keyOf(kind, governing)
      let group = groups.get(key)
      if (group === undefined) {
        group = { kind, rules: governing.map(({ rule, citation }) => ({ rule, citation })), ids: [], versions: [] }
        groups.set(key, group)
      }
      group.ids.push(id)
      group.versions.push(version)
    },
    result: () => ({
      counts: {
        byStatus: sortedRecord(byStatus),
        byWhy: sortedRecord(byWhy),
        byRule: [...byRule]
          .sort(([a], [b]) => compareIds(a, b))
          .map(([rule, { citation, records, disposable }]) => ({ rule, citation, records, disposable })),
      },
      conflicts: { total: conflicts, listed },
      needsSignOff: [...signOffs].sort(([a], [b]) => compareIds(a, b)).map(([, each]) => each),
      groups: [...groups].sort(([a], [b]) => compareIds(a, b)).map(([, group]) => group),
    }),
  }
}

/** Whether a group of a plan stands on what an assessment says now. */
export const isSameGround = (
  group: { readonly kind: string; readonly rules: readonly RuleReference[] },
  assessment: { readonly kind: string; readonly governing: readonly RuleReference[] },
): boolean => keyOf(group.kind, group.rules) === keyOf(assessment.kind, assessment.governing)
