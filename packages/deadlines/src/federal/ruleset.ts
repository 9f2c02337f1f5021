import type { Ruleset } from '../rule/group.ts'

/** The federal rows, as compared with their sources on that day. A later comparison is a later ruleset. */
export const federalRuleset: Ruleset = Object.freeze({ id: 'us-federal/2026-11', asOf: '2026-11-21' })
