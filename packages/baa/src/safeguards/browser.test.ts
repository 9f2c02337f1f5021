import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import { readiness, register, toOscal } from './index.ts'

const options = {
  uuid: '0f3c8c1e-4d6f-4a55-9c5b-1b7d3f0a2e11',
  namespace: '7c1f9a52-0a3e-4f0c-8b7e-5d2f4f6a9b33',
  lastModified: '2026-11-22T10:00:00.000Z',
  at: '2026-11-22',
  title: 'Safeguards',
  version: '1.0',
  provider: 'Tool',
  customer: 'Practice',
}
const entry = {
  id: 'lock',
  control: 'screen-lock',
  parameter: { minutes: 5 },
  responsible: 'customer',
  status: 'in-place',
  owner: 'owner',
  evidence: [{ id: 'report', asOf: '2026-10-01' }],
  asOf: '2026-10-01',
  reviewBy: '2027-04-01',
} as const

describe.skipIf(chromiumPath() === undefined)('in a browser', () => {
  it('S58 C10 the register, the report and the OSCAL export are those of Node', async () => {
    const source = `
      import { readiness, register, toOscal } from './safeguards/index.ts'
      const made = register([${JSON.stringify(entry)}])
      globalThis.result = { oscal: toOscal(made, ${JSON.stringify(options)}), points: readiness(made, { at: '2026-11-22' }).points }
    `
    const found = await inChromium<unknown>(source, fileURLToPath(new URL('..', import.meta.url)))
    const made = register([entry])
    expect(found).toEqual({ oscal: toOscal(made, options), points: readiness(made, { at: '2026-11-22' }).points })
  })
})
