import { describe, expect, it } from 'vitest'
import { eventAt, testSigner } from '../test/make-log.ts'
import { codeOf } from '../test/tampered-store.ts'
import { memorySink } from '../test/tiles/sinks.ts'
import { resumeLines, verifyLines } from './evidence/jsonl.ts'
import { parseTlogProof, verifyTlogProof } from './evidence/tlog-proof.ts'
import { openAuditLog } from './log.ts'
import { memoryStore } from './store/memory.ts'

const origin = 'clinic.example/audit'
const keys = [testSigner.vkey]
const by = { actor: { id: 'u-2', type: 'workforce' as const, roles: ['privacy-officer'] } }

async function logOf(size: number) {
  const store = memoryStore()
  const log = await openAuditLog({ origin, store, signer: testSigner })
  await Promise.all(Array.from({ length: size }, (_, i) => log.append(eventAt(i))))
  const leaves: string[] = []
  for await (const batch of store.read({ tenant: 'default', origin }, { from: 0, to: size })) {
    for (const { leaf } of batch) leaves.push(leaf)
  }
  return { log, store, leaves }
}

async function linesOf(lines: AsyncIterable<string>): Promise<string[]> {
  const out: string[] = []
  for await (const line of lines) out.push(line)
  return out
}

describe('a log that leaves the building', () => {
  it('S145 gives a proof of one entry that any C2SP client can check', async () => {
    const { log, leaves } = await logOf(300)
    for (const index of [0, 17, 255, 256, 299]) {
      const proof = await log.tlogProof(index)
      expect(parseTlogProof(proof).index).toBe(index)
      expect(verifyTlogProof({ proof, leaf: leaves[index] as string, keys })).toMatchObject({ verdict: 'intact' })
      expect(verifyTlogProof({ proof, leaf: leaves[index === 0 ? 1 : 0] as string, keys })).toMatchObject({ verdict: 'broken' })
    }
    for (const index of [-1, 300, 0.5]) expect(await codeOf(() => log.tlogProof(index))).toBe('PHI_AUDIT_RANGE')
    await log.close()
  })

  it('goes on with an export that was cut off anywhere, and the whole verifies', async () => {
    const { log } = await logOf(40)
    const whole = await linesOf(log.exportLines({ by }))
    expect(whole).toHaveLength(43)
    const file = new TextEncoder().encode(whole.join(''))
    for (const cut of [0, 10, whole[0]?.length ?? 0, 5000, 20_000, file.length - 3, file.length]) {
      const state = await resumeLines([file.subarray(0, cut)])
      const rest = await linesOf(log.exportLines({ by, resume: state }))
      const joined = new TextDecoder().decode(file.subarray(0, state.keep)) + rest.join('')
      if (state.header !== undefined) expect(joined).toBe(whole.join(''))
      const report = await verifyLines(joined.trimEnd().split('\n'), { keys })
      expect(report).toMatchObject({ verdict: 'intact', findings: [] })
    }
    await log.close()
  })

  it('does not go on with the export of another log', async () => {
    const { log } = await logOf(10)
    const { log: other } = await logOf(10)
    const lines = (await linesOf(other.exportLines({ by }))).slice(0, 5)
    const state = await resumeLines([new TextEncoder().encode(lines.join(''))])
    await linesOf(log.exportLines({ by }))
    expect(await codeOf(() => linesOf(log.exportLines({ by, resume: state })))).toBe('PHI_AUDIT_LINES_RESUME')
    await Promise.all([log.close(), other.close()])
  })

  it('S6 records that it was exported as tiles, which hold no text of an event', async () => {
    const { log } = await logOf(600)
    const to = memorySink()
    const report = await log.exportTiles({ to, by })
    expect(report).toMatchObject({ size: 601, published: true, previousSize: undefined })
    const text = [...to.files.values()].map((bytes) => new TextDecoder('latin1').decode(bytes)).join('\n')
    expect(text).toContain('phi.audit/v1')
    expect(text).not.toMatch(/therapist|ProgressNote|203\.0\.113/)
    expect((await log.query({ action: 'export' })).records[0]?.event.actor?.id).toBe('u-2')
    const again = await log.exportTiles({ to, by })
    expect(again).toMatchObject({ size: 602, previousSize: 601 })
    expect(again.written).toBeLessThan(report.written)
    await log.close()
  })
})
