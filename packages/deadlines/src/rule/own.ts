const DEPTH = 8

/** What facts inherit from: nothing. Engines keep such objects fast, where those with a null prototype are dictionaries. */
const NOTHING: object = Object.freeze(Object.create(null))

/** A new object that inherits nothing. */
export const bareObject = <Values extends object>(): Values => Object.create(NOTHING)

/**
 * A deep copy of plain data without prototypes: what somebody planted on Object.prototype is no fact.
 * @throws RangeError when the data is deeper than any fact, and whatever a getter of it throws
 */
export function own(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEPTH) throw new RangeError()
  if (Array.isArray(value)) return value.map((member) => own(member, depth + 1))
  if (Object.prototype.toString.call(value) !== '[object Object]') return value
  const copy = bareObject<Record<string, unknown>>()
  for (const key of Object.keys(value)) copy[key] = own((value as Record<string, unknown>)[key], depth + 1)
  return copy
}
