import { ed25519Signer, openAuditLog } from '@phi/audit'
import { auditStore, connect, migrate, type Queryable } from '@phi/postgres'
import pg from 'pg'
import { benchEvents } from '../events.ts'
import type { Row } from '../measure.ts'
import { freshDatabase, startServer } from '../server.ts'

const PAGE = 2000

/** Values, chain, Merkle root, searchable terms, checkpoint. */
export const verifyPostgres: Row = {
  id: 'audit.verify.postgres',
  against: 'raw keyset read of the same rows',
  atLeast: 0.3,
  async prepare({ quick }) {
    const count = quick ? 10_000 : 50_000
    const server = await startServer()
    const database = await freshDatabase(server.url)
    const db = await connect(database.url)
    await migrate(db)
    const origin = 'bench.example/verify'
    const log = await openAuditLog<Queryable>({ origin, store: auditStore(db), signer: await ed25519Signer.generate(origin) })
    const events = benchEvents(count)
    for (let at = 0; at < count; at += 2000) await Promise.all(events.slice(at, at + 2000).map((event) => log.append(event)))
    await log.checkpoint()
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query('analyze phi.audit_entry')
    return {
      unit: 'entries',
      async ours() {
        const { verdict, coverage } = await log.verify()
        if (verdict !== 'intact' || coverage.checked !== count) throw new Error('the log did not verify')
        return count
      },
      async baseline() {
        let from = -1
        let seen = 0
        for (;;) {
          const { rows } = await client.query({
            name: 'page',
            text: `select idx, leaf, salts, event, actor, source, subject, context, event_id, occurred_at, terms
                   from phi.audit_entry where tenant = $1 and log = $2 and idx > $3 order by idx limit ${PAGE}`,
            values: ['default', 1, from],
          })
          seen += rows.length
          if (rows.length < PAGE) break
          from = Number(rows[rows.length - 1].idx)
        }
        if (seen !== count) throw new Error('rows are missing')
        return count
      },
      close: async () => {
        await log.close()
        await client.end()
        await db.close()
        await database.drop()
        await server.stop()
      },
    }
  },
}
