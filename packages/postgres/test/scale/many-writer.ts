/** A process that appends events to the logs of many tenants at once, and prints each acknowledged one: for tests with several. */
import { writeSync } from 'node:fs'
import { openAuditLog } from '@phi/audit'
import { auditStore, connect, type Queryable } from '../../src/index.ts'

const [url, prefix, name, tenants, events] = process.argv.slice(2) as [string, string, string, string, string]
const db = await connect(url)
const store = auditStore(db, { groupCommit: true })
await Promise.all(
  Array.from({ length: Number(tenants) }, async (_, t) => {
    const log = await openAuditLog<Queryable>({
      tenant: `t-${t}`,
      origin: `${prefix}/${t}`,
      store,
      limits: { timeoutMs: 60_000 },
    })
    for (let i = 0; i < Number(events); i++) {
      const actor = { id: `u-${i}`, type: 'workforce' } as const
      const { eventId } = await log.append({ id: `${name}-${i}`, action: 'read', outcome: 'success', actor })
      writeSync(1, `${t} ${eventId}\n`)
    }
    await log.close()
  }),
)
await db.close()
