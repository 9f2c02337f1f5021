import type { Deadline } from '@phi/deadlines'
import type { ExitName } from '../../exit-codes.ts'
import type { Gap, Owed, Source } from './gather.ts'

/**
 * - `overdue`: the last day has passed, of the law, of an agreement, or of the target that the house set itself
 * - `undetermined`: a fact is missing; `on` is the strictest day that may turn out to be the right one
 * - `without-number`: it is owed, and the text has words and no number: nobody can say whether it is late
 * - `due`: it has a day, and the day has not passed
 * - `held`: somebody has forbidden it for now
 */
export const standings = ['overdue', 'undetermined', 'without-number', 'due', 'held'] as const
export type Standing = (typeof standings)[number]

export interface Standed {
  readonly source: Source
  readonly standing: Standing
  /** The day to look at: the last one, or of what is undetermined the one to plan for. */
  readonly on: string | null
  /** Days from today to that day; negative: it has passed. */
  readonly days: number | null
  readonly deadline: Deadline
}

const DAY = 86_400_000
const daysBetween = (from: string, to: string) =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY)

/** Where a duty stands; undefined for what is done, does not apply or is not in force. */
function standingOf(deadline: Deadline, today: string): Pick<Standed, 'standing' | 'on'> | undefined {
  const { status, due, planFor, house, hold, done } = deadline
  switch (status) {
    case 'late':
      return done === undefined ? { standing: 'overdue', on: due ?? planFor ?? null } : undefined
    case 'due':
      return { standing: 'due', on: due ?? null }
    case 'held':
      return { standing: 'held', on: hold?.actOn ?? due ?? null }
    case 'pending-facts':
      return { standing: 'undetermined', on: planFor ?? due ?? null }
    case 'qualitative':
      if (house === undefined) return { standing: 'without-number', on: null }
      return { standing: house.due < today ? 'overdue' : 'due', on: house.due }
    case 'met':
    case 'not-applicable':
    case 'not-in-force':
      return undefined
  }
}

/** What is owed, by where it stands and then by day; what has no day comes last. */
export function standed(owed: readonly Owed[], today: string): readonly Standed[] {
  const found = owed.flatMap(({ source, deadline }): Standed[] => {
    const standing = standingOf(deadline, today)
    if (standing === undefined) return []
    return [{ source, ...standing, days: standing.on === null ? null : daysBetween(today, standing.on), deadline }]
  })
  const rank = ({ standing }: Standed) => standings.indexOf(standing)
  const day = ({ on }: Standed) => on ?? '9999'
  return found.sort((a, b) => rank(a) - rank(b) || (day(a) < day(b) ? -1 : day(a) > day(b) ? 1 : 0))
}

/** The exit code of what was found: what is overdue first, then what nobody can say. */
export function exitOf(
  found: readonly Standed[],
  { gaps, isEmpty }: { readonly gaps: readonly Gap[]; readonly isEmpty: boolean },
  failOn: 'overdue' | 'due',
): ExitName {
  const has = (standing: Standing) => found.some((each) => each.standing === standing)
  if (has('overdue') || (failOn === 'due' && has('due'))) return 'finding'
  return has('undetermined') || has('without-number') || gaps.length > 0 || isEmpty ? 'unknown' : 'ok'
}
