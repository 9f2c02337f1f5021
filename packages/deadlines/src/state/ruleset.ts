import type { Ruleset } from '../rule/group.ts'

/**
 * The State rows, as compared with their sources. The newest of those sources are of the spring of 2026, and compiled tables
 * of State law contradict each other: every row wants the sign-off of counsel before anybody relies on it.
 */
export const stateRuleset: Ruleset = Object.freeze({ id: 'us-states-breach/2026-11', asOf: '2026-11-21' })
