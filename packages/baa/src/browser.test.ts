import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../core/test/chromium.ts'
import { complete } from '../test/complete.ts'
import * as baa from './index.ts'

/** What both sides compute: a table of questions about a chain of two agreements, and their words. Runs in the browser as well. */
function compute(
  { decideAny, explainDecision, parseAgreement, registry, statusAt }: typeof import('./index.ts'),
  written: unknown,
) {
  const upper = parseAgreement({ ...(written as object), conditions: [{ condition: 'mfa-on', services: ['records'] }] })
  const below = parseAgreement({
    id: 'below',
    tier: 'ba-sub',
    version: '1',
    from: { id: 'platform', kind: 'business-associate' },
    to: { id: 'host', kind: 'subcontractor' },
    services: ['hosting'],
    permits: ['phi.clinical', 'phi.ai', 'phi.schedule'],
    uses: ['treatment', 'ai.inference'],
    terms: { subcontractors: true },
    signatures: [
      { party: 'platform', at: '2026-02-01T00:00:00.000Z' },
      { party: 'host', at: '2026-02-01T00:00:00.000Z' },
    ],
    effective: '2026-02-01',
  })
  const model = registry([upper, below], {
    parties: [{ id: 'colleague', kind: 'provider' }],
    subprocessors: [{ of: 'platform', to: 'host', for: ['records', 'ai'], does: 'hosting' }],
    attestations: [{ party: 'practice', condition: 'mfa-on', met: true, asOf: '2026-01-10', reviewBy: '2026-12-31' }],
  })
  const out: unknown[] = []
  for (const at of [
    '2026-01-01T00:00:00.000Z',
    '2026-01-15T00:00:00.000Z',
    '2026-02-01T11:59:59.999Z',
    '2026-11-21T10:00:00.000Z',
    '2027-12-31T10:00:00.000Z',
  ]) {
    out.push(statusAt(upper, at), statusAt(below, at))
    for (const service of ['scheduling', 'records.notes', 'ai.note-draft', 'telehealth.video', 'nothing']) {
      for (const use of ['treatment', 'ai.inference', 'ai.training', 'sale']) {
        for (const data of [
          ['phi.clinical.note.session'],
          [{ class: 'phi.schedule.history', labels: [] }],
          [{ class: 'phi.ai.prompt', madeOf: [{ class: 'phi.clinical.note.session', labels: ['hiv'] }] }],
          ['phi.code.icd10', 'phi.identity.name'],
          ['phi.ai.prompt'],
        ]) {
          for (const to of ['platform', 'colleague']) {
            const exemption = to === 'colleague' ? { kind: 'treatment', treatsTheIndividual: true } : undefined
            const decision = decideAny(model, { from: 'practice', to, service, use, data, at, exemption } as never)
            out.push(decision, explainDecision(decision))
          }
        }
      }
    }
  }
  return out
}

const home = fileURLToPath(new URL('.', import.meta.url))
const entry = `import * as baa from './index.ts'\nglobalThis.result = (${compute.toString()})(baa, ${JSON.stringify(complete)})`

const found = chromiumPath() !== undefined
describe.skipIf(!found)(`in Chromium${found ? '' : ' (no Chromium found: set PHI_CHROMIUM)'}`, () => {
  it('S1 S28 everything is decided and explained as in Node', async () => {
    const here = compute(baa, complete)
    expect(here).toHaveLength(5 * (2 + 5 * 4 * 5 * 2 * 2))
    const outcomes = here.map((each) => (each as baa.Decision).outcome)
    for (const outcome of ['allow', 'deny', 'needs']) expect(outcomes).toContain(outcome)
    expect(await inChromium(entry, home)).toEqual(JSON.parse(JSON.stringify(here)))
  })
})
