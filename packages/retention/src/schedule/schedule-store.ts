import type { CivilDate } from '@phi/deadlines'
import { parseScheduleVersion, type ScheduleVersion } from './schedule-version.ts'

/**
 * Where the versions of tenants' schedules lie. An adapter that cannot reach it throws PHI_RETENTION_STORE_UNAVAILABLE; an empty
 * answer would read as "there is no schedule". `scheduleStoreSuite` of `@phi/testing` is this contract as cases.
 */
export interface ScheduleStore {
  /**
   * Adds a version, if it is the next one of its tenant; nothing is ever changed or taken away.
   * @throws PhiError PHI_RETENTION_SCHEDULE, PHI_RETENTION_RULE for what is no version
   */
  adopt(version: ScheduleVersion): Promise<'adopted' | 'conflict'>
  /** Of the versions that are in force on a civil day, the one that was adopted last; `null` for none. */
  current(tenant: string, at: CivilDate): Promise<ScheduleVersion | null>
  /** Every version of a tenant, in order. */
  history(tenant: string): Promise<readonly ScheduleVersion[]>
}

/** Of versions in order, the last one that is in force on a day. */
export const currentOf = (versions: readonly ScheduleVersion[], at: CivilDate): ScheduleVersion | null =>
  versions.findLast(({ from }) => from <= at) ?? null

/** Schedules in memory, for tests and to try things out: when the program ends, they are gone. Versions are handed out frozen. */
export function memoryScheduleStore(): ScheduleStore {
  const tenants = new Map<string, ScheduleVersion[]>()
  return {
    async adopt(version) {
      // A copy, since a frozen rule of the caller's may be kept as it is, and anything else of theirs must not be.
      const read = parseScheduleVersion(structuredClone(version))
      const versions = tenants.get(read.tenant) ?? []
      if (read.version !== versions.length + 1) return 'conflict'
      tenants.set(read.tenant, [...versions, read])
      return 'adopted'
    },
    current: async (tenant, at) => currentOf(tenants.get(tenant) ?? [], at),
    history: async (tenant) => [...(tenants.get(tenant) ?? [])],
  }
}
