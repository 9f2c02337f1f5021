import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../core/test/chromium.ts'
import { hipaaPolicy } from './hipaa/index.ts'
import * as rbac from './index.ts'

/** What both sides compute: a policy from JSON, and every question about it that needs no record. Runs in the browser as well. */
function compute(rbac: typeof import('./index.ts'), json: unknown) {
  const policy = rbac.parsePolicy(json)
  const rules = rbac.compile(policy, { clock: () => 1_772_614_800_000 })
  const actor = { id: 'u1', tenant: 'clinic-a', roles: [] as string[] }
  const out: unknown[] = [rbac.policyHash(policy)]
  for (const role of Object.keys(policy.roles)) {
    for (const type of Object.keys(policy.resources)) {
      for (const action of policy.actions) {
        for (const purpose of ['TREAT', 'HPAYMT', 'ETREAT'] as const) {
          const asked = { actor: { ...actor, roles: [role] }, action, purpose }
          const attributes = Object.keys(policy.resources[type]?.attributes ?? {})
          const record = { tenant: 'clinic-a', patient: 'p1', careTeam: ['u1'], labels: [], author: 'u1' }
          const known = Object.fromEntries(Object.entries(record).filter(([name]) => attributes.includes(name)))
          const request = { ...asked, resource: { type, record: known } } as never
          out.push([role, type, action, purpose, rules.mayEver({ ...asked, type } as never), rules.decide(request)])
        }
      }
    }
  }
  return out
}

const home = fileURLToPath(new URL('.', import.meta.url))
const json = JSON.parse(JSON.stringify(hipaaPolicy))
const entry = `import * as rbac from './index.ts'\nglobalThis.result = (${compute.toString()})(rbac, ${JSON.stringify(json)})`

const found = chromiumPath() !== undefined
describe.skipIf(!found)(`in Chromium${found ? '' : ' (no Chromium found: set PHI_CHROMIUM)'}`, () => {
  it('everything is decided as in Node', async () => {
    const here = compute(rbac, json)
    expect(here.length).toBeGreaterThan(500)
    expect(
      new Set(here.slice(1).map((each) => (each as [string, string, string, string, boolean, { outcome: string }])[5].outcome)),
    ).toEqual(new Set(['allow', 'allow-if', 'deny']))
    const result = await inChromium(entry, home)
    expect(result).toEqual(JSON.parse(JSON.stringify(here)))
  })
})
