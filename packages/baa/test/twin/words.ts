import { type DataClassRow, dataClasses, services, type UseRules, uses, usStates } from '@phi/core'

// The taxonomy once more, as lists of words between dots. Only the tables of @phi/core are used, and none of its functions.

const classRows: readonly DataClassRow[] = Object.values<DataClassRow>(dataClasses)
const useRows = uses as Readonly<Record<string, UseRules>>
const regimes = [
  'psychotherapy',
  'part2',
  'hiv',
  'genetic',
  'reproductive',
  'minor',
  'self-pay-restricted',
  'patient-restricted',
]

export const isKnownClass = (word: unknown): word is string => classRows.some((row) => row.key === word)
export const isKnownService = (word: unknown): word is string => Object.keys(services).some((key) => key === word)
export const isKnownUse = (word: unknown): word is string => Object.keys(uses).some((key) => key === word)
export const isKnownLabel = (word: unknown): word is string =>
  regimes.some((each) => each === word) || usStates.some((state) => `state:${state}` === word)

/** Whether the steps of one word begin with those of the other. */
export function atOrUnder(above: string, word: string): boolean {
  const [short, long] = [above.split('.'), word.split('.')]
  return short.length <= long.length && short.every((step, index) => step === long[index])
}

export const meets = (a: string, b: string): boolean => atOrUnder(a, b) || atOrUnder(b, a)

export const useRow = (use: string): UseRules => useRows[use] as UseRules
export const isDerived = (each: string): boolean => classRows.some((row) => row.key === each && row.derived)

/** Labels that a record of a class is under by its nature. */
export const naturalLabels = (each: string): readonly string[] =>
  classRows.filter((row) => atOrUnder(row.key, each)).flatMap((row) => row.labels)

/** Labels that something which a class may hold is under by its nature. */
export const possibleLabels = (each: string): readonly string[] =>
  classRows.filter((row) => meets(row.key, each)).flatMap((row) => row.labels)

/** Whether a prohibited class and a class that is sent have anything in common; a code counts for what it tells. */
export function clashes(prohibited: string, sent: string): boolean {
  if (meets(prohibited, sent)) return true
  for (const row of classRows) {
    for (const told of row.implies) {
      if (meets(prohibited, row.key) && meets(sent, told)) return true
      if (meets(prohibited, told) && meets(sent, row.key)) return true
    }
  }
  return false
}

/** Identifiers that a class may hold: all eighteen, or those that a limited data set leaves out. */
export const mayIdentify = (each: string): boolean =>
  classRows.some((row) => row.safeHarbor !== undefined && meets(row.key, each))
export const mayIdentifyDirectly = (each: string): boolean =>
  classRows.some((row) => row.limitedDataSet === 'drop' && meets(row.key, each))
