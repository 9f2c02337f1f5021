import { type DateFact, dateFacts, type NarrowProfile, type NarrowTable } from '@phi/retention'

// The profiles of a schedule, put together by shape. Profiles of one shape ask the same questions of the same facts, and differ in
// the days alone that they compare with. So a shape is an expression, and a profile is a row with its days: a record answers the
// questions of its own shape, and none of the others'.

const CUTOFFS = ['runsFrom', 'mayRunFrom', 'marginFrom', 'metBefore'] as const
type Cutoff = (typeof CUTOFFS)[number]

/** One version of the schedule in a shape: what stands in a place, what stands behind that, and so on. */
export interface Level {
  /** One of the profiles of the shape: for all that they have in common. */
  readonly profile: NarrowProfile
  /** The columns of the days to compare facts with. */
  readonly cutoffs: Readonly<Record<Cutoff, ReadonlyMap<DateFact, string>>>
  /** In the order of `profile.overdueWhere`. */
  readonly overdue: readonly string[]
  readonly keepsBornFrom: string
}

/** The last version first. */
export type Shape = readonly [Level, ...Level[]]

/** The profile of a place, and those behind it. */
function chainOf({ profiles }: NarrowTable, first: number): readonly NarrowProfile[] {
  const chain: NarrowProfile[] = []
  for (let next: number | undefined = first; next !== undefined; ) {
    const profile: NarrowProfile = profiles[next] as NarrowProfile
    chain.push(profile)
    next = profile.earlier?.profile
  }
  return chain
}

/** What profiles of one shape have in common beside the columns of their days. */
const commonOf = (profile: NarrowProfile): unknown => {
  const { age, earlier, overdueWhere, runsFrom, mayRunFrom, marginFrom, metBefore, ...rest } = profile
  const { keepsBornFrom, ...ages } = age ?? { keepsBornFrom: null }
  return [
    Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)),
    overdueWhere.map(({ fact, flags }) => [fact, flags]),
    age && ages,
    earlier?.accepted,
  ]
}

/** A version with the columns of its days. `columnOf` gives the column of a day: one day has one, however often it is compared with. */
function levelOf(profile: NarrowProfile, columnOf: (day: string) => string): Level {
  const of = (cutoff: Cutoff) =>
    new Map(
      dateFacts.flatMap((fact) => {
        const day = profile[cutoff][fact]
        return day === undefined ? [] : [[fact, columnOf(day)] as const]
      }),
    )
  const keepsBornFrom = profile.age?.keepsBornFrom ?? null
  return {
    profile,
    cutoffs: {
      runsFrom: of('runsFrom'),
      mayRunFrom: of('mayRunFrom'),
      marginFrom: of('marginFrom'),
      metBefore: of('metBefore'),
    },
    overdue: profile.overdueWhere.map(({ before }) => columnOf(before)),
    keepsBornFrom: keepsBornFrom === null ? '' : columnOf(keepsBornFrom),
  }
}

/** The columns of a version, in one order. */
const columnsOf = ({ cutoffs, overdue, keepsBornFrom }: Level): unknown => [
  CUTOFFS.map((cutoff) => [...cutoffs[cutoff]]),
  overdue,
  keepsBornFrom,
]

/** A profile as a row, for kinds whose State and provider choose it, or for kinds for which they do not. */
export interface ProfileRow {
  /** Its number and `placed`, as `profileNumber` puts them together. */
  readonly n: number
  readonly placed: boolean
  readonly shape: number
  readonly days: readonly string[]
}

const profileNumber = (profile: number, placed: boolean): number => 2 * profile + Number(placed)

/** The same in SQL. */
export const profileNumberSql = (profile: string, placed: string): string => `2 * ${profile} + ${placed}::int`

/** The profiles of the places, and their shapes by number. The days of a profile stand in the columns `d0`, `d1`, and so on. */
export function profileShapes(table: NarrowTable): { readonly rows: readonly ProfileRow[]; readonly shapes: readonly Shape[] } {
  const shapes: Shape[] = []
  const numbers = new Map<string, number>()
  const shaped = new Map<number, Pick<ProfileRow, 'shape' | 'days'>>()
  const shapedOf = (profile: number) => {
    const known = shaped.get(profile)
    if (known !== undefined) return known
    const chain = chainOf(table, profile)
    const columns = new Map<string, string>()
    const columnOf = (day: string): string => {
      const column = columns.get(day) ?? `d${columns.size}`
      columns.set(day, column)
      return column
    }
    const levels = chain.map((each) => levelOf(each, columnOf))
    const common = JSON.stringify([chain.map(commonOf), levels.map(columnsOf)])
    const shape = numbers.get(common) ?? shapes.push(levels as unknown as Shape) - 1
    numbers.set(common, shape)
    const found = { shape, days: [...columns.keys()] }
    shaped.set(profile, found)
    return found
  }
  const rows = new Map<number, ProfileRow>()
  const groups = new Map<number, Set<boolean>>()
  for (const { group, placed } of table.kinds) groups.set(group, (groups.get(group) ?? new Set()).add(placed))
  for (const { group, profile } of table.places) {
    for (const placed of groups.get(group) ?? []) {
      const n = profileNumber(profile, placed)
      if (!rows.has(n)) rows.set(n, { n, placed, ...shapedOf(profile) })
    }
  }
  return { rows: [...rows.values()], shapes }
}
