import { type DateFact, dateFacts, type NarrowProfile } from '@phi/retention'

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

export function shapeOf(profiles: readonly NarrowProfile[]): Shape {
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

/** The profiles as rows, and the columns that these have. */
export function profileRows(profiles: readonly NarrowProfile[], shape: Shape) {
  const columns = new Map<string, string>([
    ['n', 'int'],
    ...['dec', 'perm', 'unk', 'mis', 'unmet', 'age', 'nb', 'nit'].map((name) => [name, 'boolean'] as const),
    ...['adult', 'minor', 'sg', 'ms'].map((name) => [name, 'int'] as const),
    ['kb', 'date'],
  ])
  const dated = [
    ['r', shape.runs, 'runsFrom', INFINITY],
    ['y', shape.may, 'mayRunFrom', INFINITY],
    ['m', shape.margins, 'marginFrom', INFINITY],
    ['c', shape.met, 'metBefore', INFINITY],
  ] as const
  for (const [letter, facts] of dated) for (const fact of facts) columns.set(columnOf(letter, fact), 'date')
  shape.overdue.forEach((_, index) => {
    columns.set(`o${index}`, 'date')
  })
  for (const fact of shape.met) columns.set(columnOf('d', fact), 'boolean')
  for (const fact of shape.needs) columns.set(columnOf('w', fact), 'boolean')
  for (const fact of shape.undecided) columns.set(columnOf('u', fact), 'boolean')
  shape.oneOf.forEach((_, index) => {
    columns.set(`g${index}`, 'boolean')
  })
  const rows = profiles.map((profile, n) => {
    const { age } = profile
    const row: Record<string, unknown> = {
      n,
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
    for (const [letter, facts, name, none] of dated) {
      for (const fact of facts) row[columnOf(letter, fact)] = profile[name][fact] ?? none
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
  })
  return { columns, rows }
}
