import { type AuditEventInput, ed25519Signer, memoryStore, openAuditLog, verifyLines } from '@phi/audit'
import { localKms, memoryKeyStore, memoryTombstones, openKeyring } from '@phi/envelope'
import { describe, expect, it } from 'vitest'

const origin = 'clinic.example/audit'
const by = { actor: { id: 'u-2', type: 'workforce' as const, roles: ['privacy-officer'] } }

const reading = (i: number): AuditEventInput => ({
  id: `e-${i}`,
  action: 'read',
  outcome: 'success',
  actor: { id: 'u-17', type: 'workforce', roles: ['therapist'] },
  subject: { resource: { type: 'ProgressNote', id: `n-${i}` }, patients: ['patient-of-the-test'] },
})

const encoder = new TextEncoder()

function streamOf(parts: AsyncIterable<string | Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done === true) controller.close()
      else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
    },
  })
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
}

describe('an exported log as an encrypted file', () => {
  it('S20 is sealed while it is written, and verifies once it is opened', async () => {
    const signer = await ed25519Signer.generate(origin)
    const log = await openAuditLog({ origin, store: memoryStore(), signer })
    for (let i = 0; i < 300; i++) await log.append(reading(i))

    const keyring = await openKeyring({
      kms: localKms.generate(),
      store: memoryKeyStore(),
      tombstones: memoryTombstones(),
    })
    const reports = (await keyring.tenant('clinic-a')).files({ collection: 'audit-export' })

    const lines = streamOf(log.exportLines({ by }))
    const sealed = await bytesOf(lines.pipeThrough(reports.sealStream({ file: 'audit-2026-11' })))
    const asText = new TextDecoder('latin1').decode(sealed)
    expect(asText).not.toContain('patient-of-the-test')
    expect(asText).not.toContain('phi.audit/v1')

    const opened = streamOf(once(sealed)).pipeThrough(reports.openStream({ file: 'audit-2026-11' }))
    const text = new TextDecoder().decode(await bytesOf(opened))
    const report = await verifyLines(text.trimEnd().split('\n'), { keys: [signer.vkey] })
    expect(report).toMatchObject({ verdict: 'intact', findings: [], coverage: { checked: 301 } })

    // Under another name it does not open, so one export cannot stand in for another.
    const elsewhere = streamOf(once(sealed)).pipeThrough(reports.openStream({ file: 'audit-2026-10' }))
    await expect(bytesOf(elsewhere)).rejects.toMatchObject({ code: 'PHI_ENVELOPE_FILE' })
    await keyring.close()
    await log.close()
  })
})
