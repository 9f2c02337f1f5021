import { type Deadline, type EvaluateOptions, evaluate, type FactsOf } from '../src/index.ts'
import { type StateFacts, stateBreachNotice, stateBreachRows } from '../src/state/index.ts'

export type Facts = FactsOf<StateFacts>

export const ask = (facts: Facts, options?: EvaluateOptions) => evaluate(stateBreachNotice(), facts, options)
export const find = (results: readonly Deadline[], id: string) => results.find(({ duty }) => duty === `state.${id}`) as Deadline
export const one = (id: string, facts: Facts, options?: EvaluateOptions) => find(ask(facts, options), id)

export const day = '2026-05-04'
/** Every event on one day, and every scope met: what remains is the headcount. */
export const everything = {
  discovered: day,
  determined: day,
  aware: day,
  detected: day,
  confirmed: day,
  notifiedSecretary: day,
  lawEnforcementReleased: day,
  inadvertentDisclosureDetermined: day,
  californiaHealthFacility: true,
  publicBody: true,
  informationBroker: true,
  maintainsForAnother: true,
} as const satisfies Facts

/** The rows of today, without their earlier versions. */
export const current = stateBreachRows.filter(({ rule }) => rule.inForce.status === 'in-force')
export const quiet = (deadline: Deadline) => deadline.status === 'not-applicable'
