/**
 * Policies as SQL, for PostgreSQL: conditions for queries, and row-level security.
 *
 * @module @phi/rbac/sql
 */
export { type Column, type ColumnType, columnsCheck, type TableMapping } from './mapping.ts'
export { rlsSettings, type SettingsOptions, type TransactionRequest } from './rls-settings.ts'
export { type RowLevelSecurity, type RowLevelSecurityOptions, toRowLevelSecurity } from './row-level-security.ts'
export { type SqlCondition, type SqlOptions, toSql } from './to-sql.ts'
