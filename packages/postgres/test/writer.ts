/** A process that appends as fast as it can and prints each acknowledged event id: for tests that kill it. */
import { writeSync } from 'node:fs'
import { ed25519Signer, openAuditLog } from '@phi/audit'
import { auditStore, connect, type Queryable } from '../src/index.ts'

const [url, origin, round] = process.argv.slice(2) as [string, string, string]
const db = await connect(url)
const log = await openAuditLog<Queryable>({
  origin,
  store: auditStore(db),
  signer: ed25519Signer.fromSecretKey(origin, new Uint8Array(32).fill(7)),
  checkpoint: { entries: 50, intervalMs: 20 },
})

await Promise.all(
  Array.from({ length: 8 }, async (_, lane) => {
    for (let i = 0; ; i++) {
      const { eventId } = await log.append({
        id: `r${round}-${lane}-${i}`,
        action: 'read',
        outcome: 'success',
        actor: { id: `u-${lane}`, type: 'workforce' },
        subject: { patients: [`p-${i}`] },
      })
      writeSync(1, `${eventId}\n`)
    }
  }),
)
