import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../core/test/chromium.ts'
import * as deadlines from './index.ts'

/** What both sides compute: breaches and requests at the edges of days, in zones of every kind. Runs in the browser as well. */
function compute({ evaluate, federal, explainDeadline }: typeof import('./index.ts')) {
  const zones = [
    'America/New_York',
    'America/Phoenix',
    'America/Puerto_Rico',
    'Pacific/Guam',
    'America/Santiago',
    'Australia/Lord_Howe',
  ]
  const out: unknown[] = []
  for (const timeZone of zones) {
    for (const year of [2013, 2024, 2026, 2027]) {
      for (const at of [
        '03-08T06:59:59Z',
        '03-08T07:00:00.001Z',
        '11-01T05:30:00Z',
        '12-31T23:30:00-05:00',
        '02-28T12:00:00+14:00',
      ]) {
        const discovered = `${year}-${at}`
        const facts = { discovered, timeZone, residents: { OH: 501, PR: 500, GU: null }, individuals: 1400 }
        const results = evaluate(federal.breachNotice, facts, { today: `${year + 1}-03-01T00:00:00Z` })
        out.push(results, results.map(explainDeadline), evaluate(federal.accessRequest, { received: discovered, timeZone }))
      }
    }
  }
  return out
}

const home = fileURLToPath(new URL('.', import.meta.url))
const entry = `import * as deadlines from './index.ts'\nglobalThis.result = (${compute.toString()})(deadlines)`

const found = chromiumPath() !== undefined
describe.skipIf(!found)(`in Chromium${found ? '' : ' (no Chromium found: set PHI_CHROMIUM)'}`, () => {
  it('everything is counted as in Node, whichever of the two has a Temporal of its own', async () => {
    const here = compute(deadlines)
    expect(here).toHaveLength(6 * 4 * 5 * 3)
    expect(await inChromium(entry, home)).toEqual(JSON.parse(JSON.stringify(here)))
  })
})
