import type { Condition, Truth } from '../rule/condition.ts'
import type { ReadFacts } from '../rule/facts.ts'

/** What is known of a count: at least `min`, at most `max`. */
export interface Range {
  readonly min: number
  readonly max: number
}

const unknown: Range = { min: 0, max: Number.POSITIVE_INFINITY }

/** The State at hand, and what is known of the number of its residents. */
export interface Place {
  readonly state: string | undefined
  readonly residents: Range
}

export const nowhere: Place = { state: undefined, residents: unknown }

export const exactly = (value: number | null | undefined): Range => (value == null ? unknown : { min: value, max: value })

function rangeOf(name: string, facts: ReadFacts, place: Place): Range {
  const value = facts.values[name]
  if (typeof value === 'number') return { min: value, max: value }
  if (name === 'residents') return place.residents
  const min = facts.atLeast[name]
  return min === undefined ? unknown : { min, max: Number.POSITIVE_INFINITY }
}

const either = (yes: boolean, no: boolean): Truth => (yes ? true : no ? false : undefined)

/** Kleene's strong logic: a conjunction with a false part is false, whatever else is not known. */
export function truthOf(condition: Condition, facts: ReadFacts, place: Place): Truth {
  if (condition === 'always') return true
  if ('count' in condition) {
    const { min, max } = rangeOf(condition.count, facts, place)
    if ('moreThan' in condition) return either(min > condition.moreThan, max <= condition.moreThan)
    if ('atLeast' in condition) return either(min >= condition.atLeast, max < condition.atLeast)
    if ('fewerThan' in condition) return either(max < condition.fewerThan, min >= condition.fewerThan)
    return either(max <= condition.atMost, min > condition.atMost)
  }
  if ('fact' in condition) {
    const value = facts.values[condition.fact]
    if (value == null) return undefined
    return 'is' in condition ? value === condition.is : condition.oneOf.includes(value as string)
  }
  if ('not' in condition) {
    const truth = truthOf(condition.not, facts, place)
    return truth === undefined ? undefined : !truth
  }
  const parts = ('all' in condition ? condition.all : condition.any).map((part) => truthOf(part, facts, place))
  const decisive = !('all' in condition)
  if (parts.includes(decisive)) return decisive
  return parts.includes(undefined) ? undefined : !decisive
}

/** The facts whose absence leaves a condition open. */
export function missing(condition: Condition, facts: ReadFacts, place: Place): readonly string[] {
  if (truthOf(condition, facts, place) !== undefined || condition === 'always') return []
  if ('fact' in condition) return [condition.fact]
  if ('count' in condition) return [condition.count]
  if ('not' in condition) return missing(condition.not, facts, place)
  return [...new Set(('all' in condition ? condition.all : condition.any).flatMap((part) => missing(part, facts, place)))]
}
