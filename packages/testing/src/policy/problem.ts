/** A place in a test file: lines and columns count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/**
 * What is wrong with a test file: it cannot be read; it names something that is not there; a cell has no expectation, or two; a
 * part of the policy is neither tested nor excluded.
 */
export type ProblemCode =
  | 'unreadable'
  | 'unknown-name'
  | 'record'
  | 'missing-cell'
  | 'twice'
  | 'untested'
  | 'exclusion'
  | 'too-large'

/** One fault of a test file. It is a failure of the run, never a warning. */
export interface Problem {
  readonly code: ProblemCode
  /** A sentence. Names of the policy and of fixtures may stand in it; values of records never do. */
  readonly message: string
  /** Where, as a JSON pointer: `/matrices/0/expect/3`. */
  readonly at: string
  /** Where in the YAML; absent for tests written in TypeScript. */
  readonly place?: Place
}

/** Finds the place of a pointer, or of the nearest thing around it. */
export type PlaceOf = (pointer: string) => Place | undefined

export const nowhere: PlaceOf = () => undefined

/** Takes note of a problem. */
export type Report = (code: ProblemCode, message: string, at: string) => void

export function problemAt(code: ProblemCode, message: string, at: string, placeOf: PlaceOf): Problem {
  const place = placeOf(at)
  return place === undefined ? { code, message, at } : { code, message, at, place }
}

/** `line 3, column 5: …`, or the pointer where there is no line. */
export function problemText({ message, at, place }: Problem): string {
  if (place !== undefined) return `line ${place.line}, column ${place.column}: ${message}`
  return at === '' ? message : `${at}: ${message}`
}

/** How many of a kind a problem names before it only counts. */
const NAMED = 5

export function listed(names: readonly string[]): string {
  const more = names.length - NAMED
  return more <= 0 ? names.join('; ') : `${names.slice(0, NAMED).join('; ')}; and ${more} more`
}
