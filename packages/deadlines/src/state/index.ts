/**
 * `@phi/deadlines/state`: State laws on breaches as data, and the calendars of the States.
 *
 * @module
 */
export { stateCalendar, stateCalendarId } from './calendars.ts'
export { type Coverage, coverage, type StateCoverage, stateBreachRows, stateNoDuties } from './coverage.ts'
export { hipaaRoles, type StateFacts, stateFacts } from './facts.ts'
export { type HipaaInterplay, hipaaInterplays, type InterplayEffect } from './interplay.ts'
export { notSignedOff, type SignOff, stateBreachNotice } from './notice.ts'
export { type RollStatute, rollStatutes } from './roll.ts'
export { firstStateLaw, type NoDuty, type StateRow } from './row.ts'
export { stateRuleset } from './ruleset.ts'
