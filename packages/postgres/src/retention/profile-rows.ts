import { type DateFact, dateFacts, type NarrowProfile, type NarrowTable } from '@phi/retention'

// Profiles of a schedule as rows that a statement joins, with columns for those facts alone that occur in any of them.

const INFINITY = 'infinity'
const NEVER = '-infinity'

/** Which facts occur in any profile. */
const named = (profiles: readonly NarrowProfile[], facts: (profile: NarrowProfile) => readonly string[]): DateFact[] =>
  dateFacts.filter((fact) => profiles.some((profile) => facts(profile).includes(fact)))

/** Names columns of profiles by short names, so that a row of them stays small. */
export const columnOf = (letter: string, fact: DateFact): string => `${letter}${dateFacts.indexOf(fact)}`

type Overdue = Pick<NarrowProfile['overdueWhere'][number], 'fact' | 'flags'>

export interface Shape {
  readonly runs: readonly DateFact[]
  readonly may: readonly DateFact[]
  readonly margins: readonly DateFact[]
  readonly met: readonly DateFact[]
  readonly overdue: readonly Overdue[]
  readonly needs: readonly DateFact[]
  readonly undecided: readonly DateFact[]
  readonly oneOf: readonly NarrowProfile['needsOneOf'][number][]
}

function shapeOf(profiles: readonly NarrowProfile[]): Shape {
  const oneOf = new Map(profiles.flatMap(({ needsOneOf }) => needsOneOf).map((each) => [JSON.stringify(each), each]))
  const overdue = new Map<string, Overdue>()
  for (const { fact, flags } of profiles.flatMap(({ overdueWhere }) => overdueWhere)) {
    overdue.set(JSON.stringify([fact, flags]), { fact, flags })
  }
  return {
    runs: named(profiles, ({ runsFrom }) => Object.keys(runsFrom)),
    may: named(profiles, ({ mayRunFrom }) => Object.keys(mayRunFrom)),
    margins: named(profiles, ({ marginFrom }) => Object.keys(marginFrom)),
    met: named(profiles, ({ metBefore }) => Object.keys(metBefore)),
    overdue: [...overdue.values()],
    needs: named(profiles, ({ needs }) => needs),
    undecided: named(profiles, ({ undecidedWhere }) => undecidedWhere),
    oneOf: [...oneOf.values()],
  }
}

export const SIGNED = { signed: 0, unsigned: 1, undecided: 2 } as const

/** By number, how a profile stands on that of the version before. */
export const EARLIER = { nothing: 0, none: 1, some: 2 } as const

/** The profiles of one version of the schedule, the last one first: what stands in a place, what stands behind that, and so on. */
export interface Level {
  readonly shape: Shape
  /** Begins the names of its columns. */
  readonly prefix: string
  /** Whether a profile of it has one behind it. */
  readonly hasEarlier: boolean
}

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

const columnsOf = ({ shape, hasEarlier }: Level): ReadonlyMap<string, string> => {
  const columns = new Map<string, string>([
    ...['dec', 'perm', 'unk', 'mis', 'unmet', 'age', 'nb', 'nit'].map((name) => [name, 'boolean'] as const),
    ...['adult', 'minor', 'sg', 'ms'].map((name) => [name, 'int'] as const),
    ['kb', 'date'],
  ])
  if (hasEarlier) columns.set('ea', 'int')
  for (const [letter, facts] of dated(shape)) for (const fact of facts) columns.set(columnOf(letter, fact), 'date')
  shape.overdue.forEach((_, index) => {
    columns.set(`o${index}`, 'date')
  })
  for (const fact of shape.met) columns.set(columnOf('d', fact), 'boolean')
  for (const fact of shape.needs) columns.set(columnOf('w', fact), 'boolean')
  for (const fact of shape.undecided) columns.set(columnOf('u', fact), 'boolean')
  shape.oneOf.forEach((_, index) => {
    columns.set(`g${index}`, 'boolean')
  })
  return columns
}

const dated = (shape: Shape) =>
  [
    ['r', shape.runs, 'runsFrom'],
    ['y', shape.may, 'mayRunFrom'],
    ['m', shape.margins, 'marginFrom'],
    ['c', shape.met, 'metBefore'],
  ] as const

function rowOf(profile: NarrowProfile, { shape, hasEarlier }: Level): Record<string, unknown> {
  const { age } = profile
  const row: Record<string, unknown> = {
    dec: profile.decidable,
    perm: profile.permanent,
    unk: profile.unknown,
    mis: profile.missing,
    unmet: profile.unmet,
    age: age !== null,
    nb: age?.needsBorn ?? false,
    nit: age?.notInTable ?? false,
    adult: age?.adultAfterDays ?? 0,
    minor: age?.minorBeforeDays ?? 0,
    sg: SIGNED[profile.signed],
    ms: SIGNED[profile.minorSigned],
    kb: age?.keepsBornFrom ?? INFINITY,
  }
  if (hasEarlier) row.ea = EARLIER[profile.earlier?.accepted ?? 'nothing']
  for (const [letter, facts, name] of dated(shape)) {
    for (const fact of facts) row[columnOf(letter, fact)] = profile[name][fact] ?? INFINITY
  }
  shape.overdue.forEach(({ fact, flags }, index) => {
    const same = (each: Overdue) => each.fact === fact && JSON.stringify(each.flags) === JSON.stringify(flags)
    row[`o${index}`] = profile.overdueWhere.find(same)?.before ?? NEVER
  })
  for (const fact of shape.met) row[columnOf('d', fact)] = profile.metBefore[fact] !== undefined
  for (const fact of shape.needs) row[columnOf('w', fact)] = profile.needs.includes(fact)
  for (const fact of shape.undecided) row[columnOf('u', fact)] = profile.undecidedWhere.includes(fact)
  shape.oneOf.forEach((each, index) => {
    row[`g${index}`] = profile.needsOneOf.some((own) => JSON.stringify(own) === JSON.stringify(each))
  })
  return row
}

/** The profiles of the places as rows, and the columns that these have. */
export function profileRows(table: NarrowTable) {
  const chains = new Map(
    [...new Set(table.places.map(({ profile }) => profile))].map((number) => [number, chainOf(table, number)] as const),
  )
  const depth = Math.max(1, ...[...chains.values()].map(({ length }) => length))
  const levels = Array.from({ length: depth }, (_, at): Level => {
    const profiles = [...new Set([...chains.values()].flatMap((chain) => chain[at] ?? []))]
    return { shape: shapeOf(profiles), prefix: at === 0 ? '' : `q${at}`, hasEarlier: at + 1 < depth }
  })
  const columns = new Map<string, string>([['n', 'int']])
  for (const level of levels) for (const [name, type] of columnsOf(level)) columns.set(`${level.prefix}${name}`, type)
  const rows = [...chains].map(([n, chain]) => {
    const row: Record<string, unknown> = { n }
    for (const [at, level] of levels.entries()) {
      const profile = chain[at]
      // Where nothing stands behind a profile, nobody looks at these columns.
      if (profile === undefined) break
      for (const [name, value] of Object.entries(rowOf(profile, level))) row[`${level.prefix}${name}`] = value
    }
    return row
  })
  return { columns, rows, levels }
}
