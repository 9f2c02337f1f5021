import { describe, expect, test } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { asOf, signedSchedule } from '../../test/schedule/signed.ts'
import { explain, explainInWords, type RetentionRecord, retentionSchedule, returnOrDestroy } from '../index.ts'

const us = retentionSchedule({ id: 'clinic/1' })
const today = asOf
const texas: RetentionRecord = {
  id: 'r',
  kind: 'medical-record',
  state: 'TX',
  provider: 'hospital',
  created: '2010-01-01',
  discharged: '2020-05-31',
  lastTreatment: '2020-05-31',
  adult: true,
  medicare: true,
}

describe('an explanation', () => {
  test('names the rules, the facts, the dates and the texts', () => {
    const found = explain(texas, us, { today })
    expect(found).toMatchObject({ ...us.assess(texas, { today }), today })
    expect(
      found.steps.map(({ rule, outcome, start, through, patient }) => ({ rule, outcome, start, through, patient })),
    ).toEqual([
      {
        rule: 'tx.hospital',
        outcome: 'governs',
        start: { fact: 'lastTreatment', on: '2020-05-31' },
        through: '2030-05-31',
        patient: 'adult',
      },
      {
        rule: 'us.medicare.hospital',
        outcome: 'shorter',
        start: { fact: 'discharged', on: '2020-05-31' },
        through: '2025-05-31',
        patient: null,
      },
    ])
    expect(found.citations.map(({ section }) => section)).toEqual(['241.103', '133.41'])
    expect(found.confirmation).toBe('secondary')
    expect(found.steps[0]?.sources).toHaveLength(1)
  })

  test('shows what was asked and did not reach the record, and what lacks a fact', () => {
    const found = explain({ ...texas, medicare: false, lastTreatment: null }, us, { today })
    expect(found.steps.map(({ rule, outcome, missing }) => [rule, outcome, missing])).toEqual([
      ['tx.hospital', 'floor', ['lastTreatment']],
      ['us.medicare.hospital', 'not-reached', []],
    ])
    expect(found.changesIf).toContainEqual({ what: 'lastTreatment', when: 'becomes-known' })
  })

  test('says what would change it', () => {
    const changes = (record: RetentionRecord, holds?: readonly string[]) => explain(record, us, { today, holds }).changesIf
    expect(changes({ ...texas, lastTreatment: '2010-01-01', discharged: '2010-01-01' }, ['case'])).toEqual([
      { what: 'case', when: 'all-holds-are-released', becomes: 'needs-sign-off' },
      { what: 'tx.hospital', when: 'is-signed-off' },
      { what: 'us.medicare.hospital', when: 'is-signed-off' },
    ])
    expect(changes({ ...texas, medicare: false, lastTreatment: '2010-01-01', discharged: '2010-01-01' })).toEqual([
      { what: 'tx.hospital', when: 'is-signed-off', becomes: 'disposable' },
    ])
    expect(changes({ id: 'r', kind: 'policy-document', inEffect: true })).toContainEqual({ what: 'inEffect', when: 'ends' })
    expect(changes({ ...texas, state: 'AL', provider: 'physician' })).toContainEqual({
      what: 'rule:al.physician',
      when: 'is-settled-by-a-signed-rule',
    })
    expect(changes({ ...texas, state: 'CT', provider: 'physician' })).toContainEqual({
      what: 'died',
      when: 'shortens-after-a-death',
    })
    expect(changes({ ...texas, state: 'MA' })).toContainEqual({ what: 'agencyNotified', when: 'is-done' })
    expect(changes({ id: 'r', kind: 'mammogram', mammogram: '2024-04-15' })).toContainEqual({
      what: 'laterMammograms',
      when: 'shortens-after-a-return',
    })
  })

  test('every change that it promises happens', () => {
    const done = { ...texas, medicare: false, lastTreatment: '2010-01-01', discharged: '2010-01-01' }
    const signed = retentionSchedule({ id: 'clinic/2', signOffs: [{ rule: 'tx.hospital', by: 'counsel', on: asOf }] })
    expect(signed.assess(done, { today }).status).toBe('disposable')
  })

  test('carries the weaker confirmation of what a row says of minors', () => {
    const georgia = {
      id: 'r',
      kind: 'medical-record',
      state: 'GA',
      provider: 'hospital',
      created: '2015-01-01',
      discharged: '2015-01-01',
      medicare: false,
    } as const
    expect(explain({ ...georgia, born: '2010-01-01' }, us, { today }).confirmation).toBe('memory')
    expect(explain({ ...georgia, born: '1950-01-01' }, us, { today }).confirmation).toBe('secondary')
  })

  test('of a ceiling', () => {
    const policy = signedSchedule({ contracts: [returnOrDestroy({ id: 'baa.end', days: 30, asOf })] })
    const found = explain({ ...texas, agreementEnded: '2026-01-01' }, policy, { today })
    expect(found.steps.find(({ rule }) => rule === 'baa.end')).toMatchObject({
      outcome: 'delete-by',
      through: '2026-01-31',
      effect: 'ceiling',
    })
    expect(found.steps.find(({ rule }) => rule === 'baa.end')?.also[0]?.section).toBe('164.504(e)(2)(ii)(J)')
  })

  test('of what cannot be read is an answer too', () => {
    for (const record of [null, { id: 'r', kind: 'audit-log', x: 1 }, { id: 'r', kind: 'audit-log', created: '2399-01-01' }]) {
      expect(explain(record, us, { today, holds: ['c'] })).toMatchObject({ status: 'held', steps: [], confirmation: null })
      expect(explain(record, us, { today })).toMatchObject({ why: 'unreadable', steps: [] })
    }
  })

  test('needs a policy that was made here', async () => {
    const error = await refusal(() => explain(texas, { id: 'x', assess: us.assess }, { today }))
    expect(error.code).toBe('PHI_RETENTION_OPTIONS')
  })
})

describe('in words', () => {
  test('the verdict, the dates and the rows', () => {
    expect(explainInWords(explain(texas, us, { today }))).toBe(
      [
        'r: retain, because a period runs.',
        'Keep it through 2030-05-31.',
        'Kept by: tx.hospital (Tex. Health & Safety Code 241.103).',
        'Earliest disposal: 2030-06-01.',
        'Not signed off: tx.hospital, us.medicare.hospital.',
        '- tx.hospital (Tex. Health & Safety Code 241.103, secondary): governs from lastTreatment 2020-05-31 through 2030-05-31.',
        '- us.medicare.hospital (42 CFR 482.24(b)(1), secondary): shorter from discharged 2020-05-31 through 2025-05-31.',
      ].join('\n'),
    )
  })

  test('a conflict cites both sides', () => {
    const policy = signedSchedule({ contracts: [returnOrDestroy({ id: 'baa.end', days: 30, asOf })] })
    const words = explainInWords(explain({ ...texas, agreementEnded: '2026-01-01' }, policy, { today, holds: ['case-7'] }))
    expect(words).toContain('conflict, because it is under a hold')
    expect(words).toContain('Held by: case-7.')
    expect(words).toContain('Delete by 2026-01-31, which has passed: baa.end')
    expect(words).toContain('Kept by: tx.hospital')
  })
})
