import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../core/test/chromium.ts'
import { ed25519Signer, memoryStore, openAuditLog, verifyBundle, verifyLines } from './index.ts'

const origin = 'clinic.example/audit'
const chromium = chromiumPath()

describe.skipIf(chromium === undefined)(`in Chromium${chromium === undefined ? ' (not found: skipped)' : ''}`, () => {
  it('S95 a log kept in a page verifies in Node, and evidence made in Node verifies in a page', async () => {
    const log = await openAuditLog({ origin, store: memoryStore(), signer: await ed25519Signer.generate(origin) })
    for (let i = 0; i < 20; i++) {
      await log.append({
        action: 'read',
        outcome: 'success',
        actor: { id: `u-${i}`, type: 'workforce' },
        context: { reason: 'Überweisung 🙂' },
      })
    }
    const by = { actor: { id: 'u-1', type: 'workforce' as const } }
    const bundle = JSON.stringify(await log.evidence({ indices: [3, 17], disclose: ['event', 'context'], by }))
    const forged = bundle.replace('Überweisung', 'Überweisunk')
    const source = `
      import { ed25519Signer, memoryStore, openAuditLog, verifyBundle } from '@phi/audit'
      const [bundle, forged, vkey, origin] = ${JSON.stringify([bundle, forged, log.vkey, origin])}
      const run = async () => {
      const log = await openAuditLog({ origin, store: memoryStore(), signer: await ed25519Signer.generate(origin) })
      for (let i = 0; i < 300; i++) await log.append({ action: 'update', outcome: 'success', actor: { id: 'u-' + i, type: 'patient' } })
      const lines = []
      for await (const line of log.exportLines({ by: { actor: { id: 'u-1', type: 'workforce' } } })) lines.push(line)
      return {
        genuine: verifyBundle(bundle, { keys: [vkey] }),
        forged: verifyBundle(forged, { keys: [vkey] }),
        own: (await log.verify()).verdict,
        lines,
        vkey: log.vkey,
      }
      }
      globalThis.result = run()`
    type Seen = {
      genuine: unknown
      forged: { verdict: string; findings: { code: string; index: number }[] }
      own: string
      lines: string[]
      vkey: string
    }
    const seen = await inChromium<Seen>(source)
    expect(seen.genuine).toEqual(verifyBundle(bundle, { keys: [log.vkey as string] }))
    expect(seen.forged).toMatchObject({ verdict: 'broken', findings: [{ code: 'altered-group', index: 3 }] })
    expect(seen.own).toBe('intact')
    expect(await verifyLines(seen.lines, { keys: [seen.vkey] })).toMatchObject({
      verdict: 'intact',
      coverage: { checked: 301 },
    })
  })
})
