/**
 * `@phi/deadlines/store`: where requests and incidents are kept, as histories that replay.
 *
 * @module
 */
export { caseStoreErrors } from './errors.ts'
export {
  beginCase,
  type CaseEntry,
  type CaseKind,
  type CaseOpening,
  type CaseStoreOptions,
  caseFrom,
  caseKinds,
  hasEntry,
  hasOpening,
  isOpenCase,
  type KeptCase,
  readCaseId,
  readExpectedEntries,
  textOfLast,
  textOfOpening,
  withEntry,
} from './kept-case.ts'
export { memoryCaseStore } from './memory.ts'
export { type CaseQuery, compareIds, readCaseQuery } from './query.ts'
export type { CaseStore } from './store.ts'
