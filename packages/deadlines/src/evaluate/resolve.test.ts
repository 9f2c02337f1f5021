import { describe, expect, it } from 'vitest'
import { askOne, days, row } from '../../test/made-up.ts'

const keep = { limit: { kind: 'keep' } } as const

describe('of several alternatives, the strictest', () => {
  const short = row({ id: 'short', duty: 'd', basis: days(10), applies: { fact: 'serious', is: false } })
  const long = row({ id: 'long', duty: 'd', basis: days(90), applies: { fact: 'serious', is: true } })

  it('to act is the earliest date', () => {
    expect(askOne([short, long], { happened: '2026-01-01' })).toMatchObject({
      status: 'pending-facts',
      rule: 'short',
      planFor: '2026-01-11',
    })
    expect(askOne([long, short], { happened: '2026-01-01' })).toMatchObject({
      status: 'pending-facts',
      rule: 'short',
      planFor: '2026-01-11',
    })
  })

  it('to keep is the latest date', () => {
    for (const rows of [
      [short, long],
      [long, short],
    ]) {
      const kept = rows.map((each) => ({ ...each, ...keep }))
      expect(askOne(kept, { happened: '2026-01-01' })).toMatchObject({
        status: 'pending-facts',
        rule: 'long',
        planFor: '2026-04-01',
      })
      // The shorter period is over, and the longer one may be the right one.
      const later = askOne(kept, { happened: '2026-01-01' }, { today: '2026-02-01' })
      expect(later).toMatchObject({ status: 'pending-facts', rule: 'long', planFor: '2026-04-01' })
    }
  })
})

describe('a period of keeping that is planned from an earlier event', () => {
  it('is not over while the day on which it began is not known', () => {
    const kept = row({ ...keep, trigger: { fact: 'happened', event: 'other', planFrom: 'noticed' } })
    const found = askOne([kept], { noticed: '2026-01-01' }, { today: '2026-06-01' })
    expect(found).toMatchObject({ status: 'pending-facts', because: 'trigger-not-known', planFor: '2026-01-11' })
    expect(askOne([kept], { noticed: '2026-01-01', happened: '2026-01-01' }, { today: '2026-06-01' })).toMatchObject({
      status: 'met',
    })
  })
})
