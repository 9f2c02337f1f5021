import { describe, expect, it } from 'vitest'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import { breachNotice } from './breach.ts'
import { part2BreachNotice } from './part2.ts'

const of = (
  duty: string,
  ...[facts, options]: Parameters<typeof evaluate<typeof part2BreachNotice.facts>> extends [unknown, ...infer Rest]
    ? Rest
    : never
) => evaluate(part2BreachNotice, facts, options).find((deadline) => deadline.duty === duty) as Deadline

describe('breaches of Part 2 records, 42 CFR 2.16(b)', () => {
  it('P2-01 follow the breach rule since 16 February 2026', () => {
    expect(of('part2.breach.individual', { discovered: '2026-03-01' })).toMatchObject({
      status: 'due',
      due: '2026-04-30',
      citation: '42 CFR 2.16(b)',
      confirmation: 'secondary',
    })
  })

  it('P2-02 and did not before', () => {
    const found = of('part2.breach.individual', { discovered: '2025-09-01' })
    expect(found).toMatchObject({ status: 'not-in-force', because: 'not-yet-in-force' })
    expect(found.due).toBeUndefined()
    expect(of('part2.breach.individual', { discovered: '2026-02-15' }).status).toBe('not-in-force')
    expect(of('part2.breach.individual', { discovered: '2026-02-16' })).toMatchObject({ status: 'due', due: '2026-04-17' })
  })

  it('the law as it was known', () => {
    expect(of('part2.breach.individual', { discovered: '2026-03-01' }, { knownAt: '2024-02-15' })).toMatchObject({
      status: 'not-in-force',
      because: 'not-yet-known',
    })
    expect(of('part2.breach.individual', { discovered: '2026-03-01' }, { knownAt: '2024-02-16' }).status).toBe('due')
  })

  it('every duty of a covered entity is one of a program, with the same dates', () => {
    expect(part2BreachNotice.rules.map(({ id }) => id)).toEqual(breachNotice.rules.map(({ id }) => `part2.${id}`))
    const facts = {
      discovered: '2026-05-04',
      residents: { OH: 501, NV: 500 },
      individuals: 1001,
      lawEnforcement: [{ form: 'oral', on: '2026-06-20' }],
    } as const
    const shown = (found: readonly Deadline[]) =>
      found.map(({ duty, jurisdiction, status, due }) => [duty.replace(/^part2\./, ''), jurisdiction, status, due])
    expect(shown(evaluate(part2BreachNotice, facts))).toEqual(shown(evaluate(breachNotice, facts)))
  })

  it('an incident is a breach until a documented finding says otherwise', () => {
    const facts = { discovered: '2026-05-04', finding: 'low-probability-of-compromise' } as const
    expect(of('part2.breach.individual', facts).status).toBe('due')
    expect(of('part2.breach.individual', { ...facts, findingDocumented: true }).status).toBe('not-applicable')
  })
})
