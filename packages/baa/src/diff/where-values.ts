import { type ScopeLimits, scopeKeys, type Where } from '../agreement/agreement.ts'

/** Places that every clause sees alike, with one of them and how many there are. */
export interface WhereClass {
  readonly where: Where | undefined
  readonly count: number
}

type Fit = 'fits' | 'unknown' | 'elsewhere'
const ranks: { readonly [Each in Fit]: number } = { fits: 0, unknown: 1, elsewhere: 2 }

/** What one clause asks for, by key; members of the configuration under their own names. */
type Asked = ReadonlyMap<string, readonly string[]>

const CONFIGURATION = 'configuration.'

function askedBy(limits: ScopeLimits): Asked {
  const asked = new Map<string, readonly string[]>()
  for (const key of scopeKeys) {
    const wanted = limits[key]
    if (wanted) asked.set(key, wanted)
  }
  for (const [name, wanted] of Object.entries(limits.configuration ?? {})) asked.set(`${CONFIGURATION}${name}`, wanted)
  return asked
}

/** A value that no clause names. */
export function another(names: readonly string[], word: string): string {
  let value = word
  while (names.includes(value)) value += '-x'
  return value
}

/** Per key: every value that a clause names, one that none names, and nothing said. */
export function whereValues(all: readonly ScopeLimits[]): ReadonlyMap<string, readonly (string | undefined)[]> {
  const named = new Map<string, Set<string>>()
  for (const limits of all) {
    for (const [key, wanted] of askedBy(limits)) {
      const values = named.get(key) ?? new Set()
      named.set(key, values)
      for (const each of wanted) values.add(each)
    }
  }
  return new Map(
    [...named]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, values]) => [key, [undefined, ...values, another([...values], 'another')]]),
  )
}

/** With a value at a key. */
export function placed(where: Where | undefined, key: string, value: string | undefined): Where | undefined {
  if (value === undefined) return where
  if (!key.startsWith(CONFIGURATION)) return { ...where, [key]: value }
  const name = key.slice(CONFIGURATION.length)
  return { ...where, configuration: { ...where?.configuration, [name]: value } }
}

/**
 * Every combination of the values, those together that all clauses judge alike. One key after the other, and alike ones are put together
 * after each, so that the combinations themselves are never listed. Undefined where there are more classes than can be told apart.
 */
export function whereClasses(all: readonly ScopeLimits[], most: number): readonly WhereClass[] | undefined {
  const asked = all.map(askedBy)
  let states = new Map<string, { fits: readonly Fit[]; where: Where | undefined; count: number }>()
  states.set('', { fits: asked.map(() => 'fits'), where: undefined, count: 1 })
  for (const [key, values] of whereValues(all)) {
    const next: typeof states = new Map()
    for (const { fits, where, count } of states.values()) {
      for (const value of values) {
        const judged = fits.map((fit, index): Fit => {
          const wanted = asked[index]?.get(key)
          if (wanted === undefined) return fit
          const found: Fit = value === undefined ? 'unknown' : wanted.includes(value) ? 'fits' : 'elsewhere'
          return ranks[found] > ranks[fit] ? found : fit
        })
        const name = judged.map((each) => each[0]).join('')
        const known = next.get(name)
        if (known) known.count += count
        else next.set(name, { fits: judged, where: placed(where, key, value), count })
      }
    }
    if (next.size > most) return undefined
    states = next
  }
  return [...states.values()].map(({ where, count }) => ({ where, count }))
}
