import { hash } from 'node:crypto'
import { ed25519Signer, memoryStore, openAuditLog, verifyBundle } from '@phi/audit'
import { benchEvents } from '../events.ts'
import type { Row } from '../measure.ts'

const [ENTRIES, DISCLOSED] = [10_000, 200]

/** What somebody does who is handed evidence: schema, commitments, leaves, inclusion proofs, signature. */
export const verifyEvidence: Row = {
  id: 'audit.verify.evidence',
  against: 'JSON.parse and one SHA-256 of the same file; ours checks 200 entries, each up to the signed root',
  atLeast: 0,
  async prepare() {
    const origin = 'bench.example/evidence'
    const log = await openAuditLog({ origin, store: memoryStore(), signer: await ed25519Signer.generate(origin) })
    const events = benchEvents(ENTRIES)
    for (let at = 0; at < ENTRIES; at += 1000) await Promise.all(events.slice(at, at + 1000).map((event) => log.append(event)))
    const indices = Array.from({ length: DISCLOSED }, (_, i) => (i * ENTRIES) / DISCLOSED)
    const text = JSON.stringify(await log.evidence({ indices, by: { actor: { id: 'officer', type: 'workforce' } } }))
    const keys = [log.vkey as string]
    await log.close()
    return {
      unit: 'entries',
      ours() {
        const { verdict, coverage } = verifyBundle(text, { keys })
        if (verdict !== 'intact' || coverage.checked !== DISCLOSED) throw new Error('the evidence did not verify')
        return DISCLOSED
      },
      baseline() {
        if (typeof JSON.parse(text) !== 'object' || hash('sha256', text).length !== 64) throw new Error('it cannot be read')
        return DISCLOSED
      },
    }
  },
}
