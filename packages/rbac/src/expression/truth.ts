/** True, false or unknown. Numbers, because millions are computed a second: 0 false, 1 true, 2 unknown. */
export type Truth = 0 | 1 | 2
export const FALSE = 0
export const TRUE = 1
export const UNKNOWN = 2

/** Kleene's negation. */
export function not(value: Truth): Truth {
  return value === UNKNOWN ? UNKNOWN : value === TRUE ? FALSE : TRUE
}

/** What people read. */
export function met(value: Truth): boolean | 'unknown' {
  return value === UNKNOWN ? 'unknown' : value === TRUE
}
