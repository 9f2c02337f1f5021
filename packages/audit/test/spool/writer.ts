/** A process that spools as fast as it can and prints each acknowledged event id: for tests that kill it. */
import { writeSync } from 'node:fs'
import { memoryStore, openAuditLog } from '../../src/index.ts'
import { announce } from '../../src/spool/drain.ts'
import { openSpool } from '../../src/spool/open-spool.ts'

const [directory, round] = process.argv.slice(2) as [string, string]
const spool = await openSpool({
  directory,
  key: new Uint8Array(32).fill(7),
  maxBytes: 512 * 1024 * 1024,
  segmentBytes: 64 * 1024,
  name: 'web-1',
})
const log = await openAuditLog({ origin: 'clinic.example/audit', store: memoryStore() })
await announce(spool, log.append)
await Promise.all(
  Array.from({ length: 16 }, async (_, lane) => {
    for (let i = 0; ; i++) {
      const { eventId } = await spool.append({
        id: `r${round}-${lane}-${i}`,
        action: 'read',
        outcome: 'success',
        actor: { id: `u-${lane}`, type: 'workforce' },
        subject: { resource: { type: 'ProgressNote', id: `note-of-r${round}-${lane}-${i}` }, patients: [`p-${i}`] },
      })
      writeSync(1, `${eventId}\n`)
    }
  }),
)
