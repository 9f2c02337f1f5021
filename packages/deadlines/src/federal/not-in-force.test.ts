import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate } from '../evaluate/evaluate.ts'
import { ruleGroup } from '../rule/group.ts'
import { notInForce } from './not-in-force.ts'
import { accessRequest } from './requests.ts'
import { federalRuleset } from './ruleset.ts'

const moments = Object.keys(notInForce.facts).filter((fact) => fact !== 'extensionStatements')

describe('what is proposed, vacated, or waits for regulations', () => {
  it('stands in one table', () => {
    expect(
      notInForce.rules.map(({ id, basis, inForce }) => [
        id,
        'amount' in basis ? `${basis.amount} ${basis.unit}` : basis.unit,
        inForce.status,
      ]),
    ).toEqual([
      ['proposed.security.terminate-access', '1 hours', 'proposed'],
      ['proposed.security.notify-of-access-change', '24 hours', 'proposed'],
      ['proposed.security.notify-of-contingency-plan', '24 hours', 'proposed'],
      ['proposed.security.backup-age', '48 hours', 'proposed'],
      ['proposed.security.restore', '72 hours', 'proposed'],
      ['proposed.security.comply', '180 calendar-days', 'proposed'],
      ['proposed.privacy.access', '15 calendar-days', 'proposed'],
      ['vacated.reproductive-health.attestation', 'same-day', 'vacated'],
      ['proposed.hitech.accounting', 'qualitative', 'proposed'],
    ])
    expect(notInForce.rules.find(({ id }) => id === 'proposed.privacy.access')?.extensions[0]?.adds.amount).toBe(15)
  })

  it('NPRM-01 a contingency plan that was activated starts no clock', () => {
    const found = evaluate(
      notInForce,
      { contingencyPlanActivated: '2026-10-01T08:00:00Z', timeZone: 'UTC' },
      { today: '2026-11-01' },
    ).find(({ rule }) => rule === 'proposed.security.notify-of-contingency-plan')
    expect(found).toMatchObject({ status: 'not-in-force', because: 'proposed', citation: '90 FR 898' })
    expect(found?.due).toBeUndefined()
  })

  it('never fires: every row, with every set of facts that are given or not, on every kind of day', () => {
    const days = [undefined, '1999-12-31', '2025-01-06', '2025-06-17', '2025-06-18', '2026-11-21', '2399-01-01']
    for (let bits = 0; bits < 2 ** moments.length; bits++) {
      for (const day of days.slice(1) as string[]) {
        const facts = Object.fromEntries(moments.flatMap((fact, index) => (bits & (1 << index) ? [[fact, day]] : [])))
        for (const found of evaluate(notInForce, facts)) {
          if (found.status !== 'not-in-force') throw new Error(`${found.rule}: ${found.status}`)
        }
      }
    }
    for (const today of days) {
      for (const knownAt of days) {
        const options = { ...(today && { today }), ...(knownAt && { knownAt }) }
        for (const found of evaluate(
          notInForce,
          { accessReceived: '1990-01-01', reproductiveHealthRequest: '1990-01-01' },
          options,
        )) {
          expect(found.status).toBe('not-in-force')
        }
      }
    }
  })

  it('never fires: random facts', () => {
    const moment = fc.option(
      fc.integer({ min: 0, max: 150_000 }).map((day) => new Date(Date.UTC(1900, 0, 1 + day)).toISOString().slice(0, 10)),
      { nil: null },
    )
    fc.assert(
      fc.property(fc.record(Object.fromEntries(moments.map((fact) => [fact, moment]))), (facts) => {
        const found = evaluate(notInForce, facts)
        expect(found).toHaveLength(9)
        for (const deadline of found) {
          expect(deadline.status).toBe('not-in-force')
          expect(['proposed', 'vacated']).toContain(deadline.because)
          for (const key of ['due', 'planFor', 'dueInstant', 'actBy', 'lawfulUntil', 'standard'])
            expect(deadline).not.toHaveProperty(key)
        }
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 20_000 : 80 },
    )
  })

  it('NPRM-02 a proposed row beside the law changes nothing of it', () => {
    const [law] = accessRequest.rules
    const proposal = notInForce.rules.find(({ id }) => id === 'proposed.privacy.access')
    if (!law || !proposal) throw new Error('rows are missing')
    const both = ruleGroup({
      id: 'test.both',
      ruleset: federalRuleset,
      facts: accessRequest.facts,
      rules: [{ ...proposal, duty: 'access.act', trigger: { ...proposal.trigger, fact: 'received' } }, law],
    })
    const [found, ...others] = evaluate(both, { received: '2026-03-02' })
    expect(others).toEqual([])
    expect(found).toMatchObject({ rule: 'access.act', due: '2026-04-01' })
  })
})
