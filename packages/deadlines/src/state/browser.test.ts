import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { chromiumPath, inChromium } from '../../../core/test/chromium.ts'
import * as deadlines from '../index.ts'
import * as state from './index.ts'

/** What both sides compute: every duty of every State, over years with and without leap days. Runs in the browser as well. */
function compute({ evaluate }: typeof import('../index.ts'), { stateBreachNotice, coverage }: typeof import('./index.ts')) {
  const out: unknown[] = [coverage()]
  for (const day of ['2014-12-31', '2024-02-28', '2026-11-16', '2028-02-29']) {
    const told = Object.fromEntries(coverage().withRows.map((each) => [each.state, day]))
    const events = { discovered: day, determined: day, aware: day, detected: day, confirmed: day, notifiedSecretary: day }
    const facts = { ...events, lawEnforcementReleased: day, notifiedResidents: told, californiaHealthFacility: true }
    out.push(evaluate(stateBreachNotice(), facts))
  }
  return JSON.parse(JSON.stringify(out))
}

describe.skipIf(chromiumPath() === undefined)('in a browser', () => {
  it('the same dates, by the same calendars', { timeout: 120_000 }, async () => {
    const found = await inChromium(
      `import * as deadlines from './src/index.ts'
       import * as state from './src/state/index.ts'
       globalThis.result = (${compute.toString()})(deadlines, state)`,
      fileURLToPath(new URL('../..', import.meta.url)),
    )
    expect(found).toEqual(compute(deadlines, state))
  })
})
