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
  /** The columns of the days that they do not have in common. */
  readonly cutoffs: Readonly<Record<Cutoff, ReadonlyMap<DateFact, string>>>
  /** In the order of `profile.overdueWhere`. */
  readonly overdue: readonly string[]
  readonly keepsBornFrom: string
  readonly adultAfterDays: string
  readonly minorBeforeDays: string
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

const factsOf = (profile: NarrowProfile, cutoff: Cutoff): readonly DateFact[] =>
  dateFacts.filter((fact) => profile[cutoff][fact] !== undefined)

/** What profiles of one shape have in common: everything but the days. */
const commonOf = (profile: NarrowProfile): unknown => {
  const { age, earlier, overdueWhere, runsFrom, mayRunFrom, marginFrom, metBefore, ...rest } = profile
  return [
    Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)),
    CUTOFFS.map((cutoff) => factsOf(profile, cutoff)),
    overdueWhere.map(({ fact, flags }) => [fact, flags]),
    age && [age.keepsBornFrom !== null, age.needsBorn, age.notInTable],
    earlier?.accepted,
  ]
}

/** Hands out columns, the first of a type first: every shape has its own use for them. */
class Columns {
  readonly #used = { date: 0, int: 0 }
  next(type: 'date' | 'int'): string {
    return `${type === 'date' ? 'd' : 'i'}${this.#used[type]++}`
  }
}

function levelOf(profile: NarrowProfile, columns: Columns): Level {
  const { age } = profile
  const days = (facts: readonly DateFact[]) => new Map(facts.map((fact) => [fact, columns.next('date')]))
  const of = (cutoff: Cutoff) => days(factsOf(profile, cutoff))
  return {
    profile,
    cutoffs: {
      runsFrom: of('runsFrom'),
      mayRunFrom: of('mayRunFrom'),
      marginFrom: of('marginFrom'),
      metBefore: of('metBefore'),
    },
    overdue: profile.overdueWhere.map(() => columns.next('date')),
    keepsBornFrom: age === null || age.keepsBornFrom === null ? '' : columns.next('date'),
    adultAfterDays: age === null ? '' : columns.next('int'),
    minorBeforeDays: age === null ? '' : columns.next('int'),
  }
}

/** The values of a profile, by the columns that its shape has for them. */
function valuesOf(profile: NarrowProfile, level: Level, row: Record<string, unknown>): void {
  for (const cutoff of CUTOFFS) for (const [fact, column] of level.cutoffs[cutoff]) row[column] = profile[cutoff][fact]
  for (const [index, column] of level.overdue.entries()) row[column] = profile.overdueWhere[index]?.before
  if (profile.age === null) return
  if (profile.age.keepsBornFrom !== null) row[level.keepsBornFrom] = profile.age.keepsBornFrom
  row[level.adultAfterDays] = profile.age.adultAfterDays
  row[level.minorBeforeDays] = profile.age.minorBeforeDays
}

/** The profiles of the places as rows: `n` of the profile, the number of its `shape`, and its days as that shape has them. */
export function profileShapes(table: NarrowTable) {
  const shapes: Shape[] = []
  const numbers = new Map<string, number>()
  const types = new Map([
    ['n', 'int'],
    ['shape', 'int'],
  ])
  const rows = [...new Set(table.places.map(({ profile }) => profile))].map((n) => {
    const chain = chainOf(table, n)
    const common = JSON.stringify(chain.map(commonOf))
    const shape = numbers.get(common) ?? shapes.length
    if (shape === shapes.length) {
      numbers.set(common, shape)
      const columns = new Columns()
      shapes.push(chain.map((profile) => levelOf(profile, columns)) as unknown as Shape)
    }
    const row: Record<string, unknown> = { n, shape }
    for (const [at, level] of (shapes[shape] as Shape).entries()) valuesOf(chain[at] as NarrowProfile, level, row)
    for (const column of Object.keys(row)) if (!types.has(column)) types.set(column, column.startsWith('d') ? 'date' : 'int')
    return row
  })
  return { types, rows, shapes }
}
