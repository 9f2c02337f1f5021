export {
  isRoleInForce,
  parseRoleAssignment,
  parseRoleRecord,
  parseRoleRevocation,
  type RoleAssignment,
  type RoleRecord,
  type RoleRevocation,
  roleAssignmentSchema,
  roleEnd,
  roleNames,
  roleRecordSchema,
  roleRevocationSchema,
} from './assignment.ts'
export { roleErrors } from './errors.ts'
export { assignmentLaw } from './law.ts'
export { memoryRoleStore } from './memory-role-store.ts'
export type { RoleStore } from './store.ts'
