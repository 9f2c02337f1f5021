import { type AuditLog, openAuditLog } from '@phi/audit'
import { type AuditStoreOptions, auditStore, connect, migrate, type Queryable } from '@phi/postgres'
import { benchEvents } from '../events.ts'
import type { Row } from '../measure.ts'
import { freshDatabase, startServer } from '../server.ts'

const TENANTS = 64
const CALLERS = 256

/** Callers that each append to a tenant's log, wait, and append again; four callers a tenant. */
async function appendTo(logs: readonly AuditLog<Queryable>[], count: number): Promise<number> {
  const events = benchEvents(count)
  let next = 0
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      const log = logs[caller % logs.length] as AuditLog<Queryable>
      for (let event = events[next++]; event !== undefined; event = events[next++]) await log.append(event)
    }),
  )
  return count
}

/** 256 callers over 64 tenants: what sharing commits is worth. */
export const appendManyTenants: Row = {
  id: 'audit.append.many-tenants',
  against: 'the same store without group commit, 256 callers over 64 tenants',
  atLeast: 1.2,
  async prepare({ quick }) {
    const count = quick ? 4_000 : 20_000
    const server = await startServer()
    const database = await freshDatabase(server.url)
    const db = await connect(database.url)
    await migrate(db)
    const open = (side: string, options: AuditStoreOptions) => {
      const store = auditStore(db, options)
      return Promise.all(
        Array.from({ length: TENANTS }, (_, t) =>
          openAuditLog<Queryable>({ tenant: `t-${t}`, origin: `bench.example/${side}/${t}`, store }),
        ),
      )
    }
    const grouped = await open('grouped', { groupCommit: true })
    const apart = await open('apart', { groupCommit: false })
    return {
      unit: 'events',
      ours: () => appendTo(grouped, count),
      baseline: () => appendTo(apart, count),
      close: async () => {
        await db.close()
        await database.drop()
        await server.stop()
      },
    }
  },
}
