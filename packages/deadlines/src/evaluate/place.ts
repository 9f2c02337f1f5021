import type { ReadFacts } from '../rule/facts.ts'
import type { Rule } from '../rule/rule.ts'
import { exactly, nowhere, type Place, type Range } from './truth.ts'

/** A map without a State in it says nothing about where people live. */
export const isEmpty = (map: object | null | undefined): boolean => map == null || Object.keys(map).length === 0

/** The States of a rule that gives one result for each, and what is left beside them. */
export function placesOf(rule: Rule, facts: ReadFacts): readonly Place[] {
  if (rule.jurisdiction === undefined) return [nowhere]
  const residents = facts.values.residents as Readonly<Record<string, number | null>> | null | undefined
  if (rule.jurisdiction !== 'each') {
    const state = rule.jurisdiction
    if (residents == null || isEmpty(residents)) return [{ state, residents: exactly(undefined) }]
    return Object.hasOwn(residents, state) ? [{ state, residents: exactly(residents[state]) }] : []
  }
  const listed = Object.entries(residents ?? {})
  const total = facts.values.individuals as number | null | undefined
  const counted = listed.reduce((sum, [, number]) => sum + (number ?? 0), 0)
  const rest: Range = { min: 0, max: total == null ? Number.POSITIVE_INFINITY : total - counted }
  const places = listed.map(([state, number]): Place => ({ state, residents: number === null ? rest : exactly(number) }))
  // Whoever the map does not name lives elsewhere, and without a total nobody has said that it names them all.
  return rest.max > 0 ? [...places, { state: undefined, residents: rest }] : places
}
