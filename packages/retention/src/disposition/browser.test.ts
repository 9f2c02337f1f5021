import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import { options, publicJwk } from '../../test/disposition/world.ts'
import { recordDigest } from './certificate/record-digest.ts'
import { verifyCertificate } from './certificate/verify.ts'

const here = new URL('.', import.meta.url).pathname
const browser = chromiumPath() === undefined ? describe.skip : describe
const title = chromiumPath() === undefined ? 'in Chromium (none found)' : 'in Chromium'

browser(title, () => {
  it('plans, executes and certifies, and Node believes the certificate', async () => {
    const { certificate, covered } = await inChromium<{ certificate: string; covered: boolean }>(
      `
      import { execute } from './execute/execute.ts'
      import { certificateCovers } from './certificate/verify.ts'
      import { plan } from './plan/plan.ts'
      import { memoryRetentionStore } from './store/memory-store.ts'
      import { testPolicy } from '../../test/disposition/policy.ts'
      import { approvalsOf, options, planning, row } from '../../test/disposition/world.ts'
      globalThis.result = (async () => {
        const store = memoryRetentionStore([row('r-1'), row('Zo\\u00eb \\u{1f512}')])
        const made = await plan(store, testPolicy(), planning)
        const { certificate, document, salt } = await execute(made, await approvalsOf(made), store, options())
        return { certificate, covered: certificateCovers(document, 'r-1', salt).covered }
      })()
      `,
      here,
    )
    expect(covered).toBe(true)
    const report = await verifyCertificate(certificate, publicJwk)
    if (report.verdict !== 'valid') throw new Error(report.problem)
    expect(report.certificate.records[0]?.ids).toContain(recordDigest(options().salt, 'Zo\u00eb \u{1f512}'))
  })
})
