/**
 * What a storage adapter needs: the interface, the texts and terms it keeps, and the errors it throws.
 *
 * @module @phi/audit/store
 */
export { auditError } from '../errors.ts'
export { type GroupName, groupNames, type Opening } from '../group.ts'
export { emptyHead } from '../head.ts'
export { searchTerms } from '../terms.ts'
export { queryTerms } from './query-terms.ts'
export type {
  AuditStore,
  Build,
  ExtendContext,
  Extension,
  Head,
  LogKey,
  NewEntry,
  OutboxRow,
  Pruned,
  StoredEntry,
  StoreQuery,
  TileHash,
} from './store.ts'
