import { type AgreementStore, agreementStoreErrors, memoryAgreementStore } from '@phi/baa'
import { type CaseStore, type CaseStoreOptions, caseStoreErrors, memoryCaseStore } from '@phi/deadlines/store'
import { envelopeErrors, memoryTombstones, type TombstoneStore } from '@phi/envelope'
import { memoryRoleStore, type RoleStore, roleErrors } from '@phi/rbac'
import { type DirectiveStore, directiveErrors, memoryDirectiveStore } from '@phi/rbac/directives'
import { dispositionErrors, memoryScheduleStore, type ScheduleStore } from '@phi/retention'
import { type Handle, refusals } from './database.ts'
import { journalled } from './store.ts'

const agreements = refusals(agreementStoreErrors, 'PHI_BAA_STORE', 'PHI_BAA_STORE_UNAVAILABLE')
const cases = refusals(caseStoreErrors, 'PHI_DEADLINES_STORE', 'PHI_DEADLINES_STORE_UNAVAILABLE')
const directives = refusals(directiveErrors, 'PHI_RBAC_DIRECTIVE_STORE', 'PHI_RBAC_DIRECTIVE_STORE_UNAVAILABLE')
const roles = refusals(roleErrors, 'PHI_RBAC_ROLE_STORE', 'PHI_RBAC_ROLE_STORE_UNAVAILABLE')
const schedules = refusals(dispositionErrors, 'PHI_RETENTION_STORE', 'PHI_RETENTION_STORE_UNAVAILABLE')
const tombstones = refusals(envelopeErrors, 'PHI_ENVELOPE_STORE', 'PHI_ENVELOPE_STORE_UNAVAILABLE')

export const sqliteAgreementStore = (handle: Handle): AgreementStore =>
  journalled(handle, agreements, memoryAgreementStore, 'journal agreement', ['append'])

export const sqliteCaseStore = (handle: Handle, options: CaseStoreOptions = {}): CaseStore =>
  journalled(handle, cases, () => memoryCaseStore(options), 'journal case', ['open', 'append'])

export const sqliteDirectiveStore = (handle: Handle): DirectiveStore =>
  journalled(handle, directives, memoryDirectiveStore, 'journal directive', ['append'])

export const sqliteRoleStore = (handle: Handle): RoleStore =>
  journalled(handle, roles, memoryRoleStore, 'journal role', ['assign', 'revoke', 'revokeAll'])

export const sqliteScheduleStore = (handle: Handle): ScheduleStore =>
  journalled(handle, schedules, memoryScheduleStore, 'journal schedule', ['adopt'])

/** Keep tombstones in another file than the keys, and out of its backups: a restore must not take them away. */
export const sqliteTombstoneStore = (handle: Handle): TombstoneStore =>
  journalled(handle, tombstones, memoryTombstones, 'journal tombstone', ['append'])
