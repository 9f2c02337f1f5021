import { isPhiError, parseTenant } from '@phi/core'
import { currentOf, parseScheduleVersion, type ScheduleStore, type ScheduleVersion } from '@phi/retention'
import type { Db } from '../client/db.ts'
import { inTenant, type StoreRole } from '../store/in-tenant.ts'
import { storeError, storeFailure } from './inspect.ts'

export interface ScheduleStoreOptions {
  /** The role that reads assume. Default `phi_app`, which is also the one that adopts. */
  readonly readAs?: StoreRole
}

const ADOPT = `
insert into phi.retention_schedule (tenant, version, body)
select $1, $2::bigint, $3 where (select coalesce(max(version), 0) from phi.retention_schedule where tenant = $1) = $2::bigint - 1
on conflict do nothing returning version`
const HISTORY = `
select s.version::text as version, s.body from phi.retention_schedule s where s.tenant = $1 order by s.version`

/** A version as it was kept. @throws PhiError PHI_RETENTION_STORE for what is none, or another */
function versionOf(tenant: string, index: number, body: string): ScheduleVersion {
  let read: ScheduleVersion | undefined
  try {
    read = parseScheduleVersion(JSON.parse(body))
  } catch (error) {
    if (!isPhiError(error) && !(error instanceof SyntaxError)) throw error
  }
  if (read === undefined || read.tenant !== tenant || read.version !== index + 1) {
    throw storeError('PHI_RETENTION_STORE', { detail: 'a version of a schedule is missing, or not as it was kept' })
  }
  return read
}

/**
 * Keeps to the contract of `ScheduleStore` of `@phi/retention`. `phi_app` adopts; `phi_retention`, which disposes, can only read the
 * schedule by which it does.
 */
export function scheduleStore(db: Db, options: ScheduleStoreOptions = {}): ScheduleStore {
  const { readAs = 'phi_app' } = options

  async function history(given: string): Promise<readonly ScheduleVersion[]> {
    const tenant = parseTenant(given)
    try {
      return await inTenant(db, readAs, tenant, async (tx) => {
        const { rows } = await tx.query<{ version: string; body: string }>(HISTORY, [tenant])
        return rows.map(({ body }, index) => versionOf(tenant, index, body))
      })
    } catch (error) {
      throw storeFailure(error)
    }
  }

  return {
    async adopt(version) {
      const read = parseScheduleVersion(version)
      try {
        return await inTenant(db, 'phi_app', read.tenant, async (tx) => {
          const { rows } = await tx.query(ADOPT, [read.tenant, read.version, JSON.stringify(read)])
          return rows.length === 1 ? 'adopted' : 'conflict'
        })
      } catch (error) {
        throw storeFailure(error)
      }
    },
    // All of them are read: a version that is missing among them must not be passed over.
    current: async (tenant, at) => currentOf(await history(tenant), at),
    history,
  }
}
