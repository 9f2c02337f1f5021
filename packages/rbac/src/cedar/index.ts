/**
 * Export to Cedar: policies, schema and requests that Cedar decides as this package does.
 *
 * @module @phi/rbac/cedar
 */
export { type CedarExport, type CedarOptions, toCedar } from './policies.ts'
export {
  type CedarEntity,
  type CedarEntityUid,
  type CedarRequest,
  type CedarRequestOptions,
  type CedarValue,
  cedarRequest,
} from './request.ts'
