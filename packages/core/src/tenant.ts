import * as z from 'zod'
import { parseAs } from './boundary.ts'
import { coreError } from './core-errors.ts'

/** A tenant: the customer whose data stays apart from every other's. A plain string, so that it fits columns and keys. */
export type TenantId = string

/** 1 to 64 of `a-z 0-9 - _ .`, starting with a letter or a digit: safe in paths, key names and settings, and one spelling only. */
export const tenantSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)

/** Reads a tenant identifier. @throws PhiError PHI_CORE_TENANT */
export function parseTenant(value: unknown): TenantId {
  return parseAs(tenantSchema, value, 'tenant', (context) => coreError('PHI_CORE_TENANT', context))
}
