import { describe, expect, test } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { asOf } from '../../test/schedule/signed.ts'
import { houseRule, retentionSchedule, usRetention } from '../index.ts'

const house = houseRule({
  id: 'h',
  title: 'H',
  kinds: ['h'],
  start: { anyOf: [['created']] },
  period: { unit: 'years', amount: 1 },
  asOf,
})

describe('a schedule that is not valid is refused', () => {
  const bad: Record<string, unknown> = {
    null: null,
    text: 'x',
    'no id': {},
    'id with a line break': { id: 'a\nb' },
    'misspelt option': { id: 'x', signoffs: [] },
    'law that is no list': { id: 'x', law: 'all' },
    'house rule among the law': { id: 'x', law: [house] },
    'law among the house rules': { id: 'x', house: [usRetention.rules[0]] },
    'house rule among the contracts': { id: 'x', contracts: [house] },
    'two rules of one id': { id: 'x', house: [house, house] },
    'sign-off of a rule that is not there': { id: 'x', signOffs: [{ rule: 'tx.hopsital', by: 'c', on: asOf }] },
    'sign-off by nobody': { id: 'x', signOffs: [{ rule: 'tx.hospital', by: '', on: asOf }] },
    'sign-off of no day': { id: 'x', signOffs: [{ rule: 'tx.hospital', by: 'c', on: '2026-02-30' }] },
    'unknown mode': { id: 'x', mustBeSigned: 'none' },
    'memory accepted': { id: 'x', acceptUnsigned: ['memory'] },
    'replaces no policy': { id: 'x', replaces: { id: 'y' } },
  }
  test.each(Object.entries(bad))('%s', async (_, options) => {
    expect((await refusal(() => retentionSchedule(options as never))).code).toBe('PHI_RETENTION_SCHEDULE')
  })

  test('and so is a rule in it', async () => {
    const error = await refusal(() => retentionSchedule({ id: 'x', house: [{ ...house, kinds: [] }] }))
    expect([error.code, error.path]).toEqual(['PHI_RETENTION_RULE', 'options.house.*.kinds'])
    expect((await refusal(() => retentionSchedule({ id: 'x', law: [null as never] }))).code).toBe('PHI_RETENTION_RULE')
  })

  test('an empty schedule knows nothing, and lets go of nothing', () => {
    const policy = retentionSchedule({ id: 'x', law: [] })
    expect(policy.assess({ id: 'r', kind: 'audit-log', created: '1990-01-01' }, { today: asOf })).toMatchObject({
      status: 'unknown',
      why: 'no-rule-applies',
    })
  })

  test('what a caller changes afterwards changes nothing', () => {
    const rules = [structuredClone(house)]
    const signOffs = [{ rule: 'h', by: 'c', on: asOf }]
    const policy = retentionSchedule({ id: 'x', law: [], house: rules, signOffs })
    const record = { id: 'r', kind: 'h', created: '2024-01-01' }
    const before = policy.assess(record, { today: asOf })
    ;(rules[0] as { period: unknown }).period = { unit: 'days', amount: 0 }
    signOffs.length = 0
    expect(policy.assess(record, { today: asOf })).toEqual(before)
    expect(() => (policy.rules as unknown[]).pop()).toThrow(TypeError)
    expect(() => (policy.signOffs as unknown[]).pop()).toThrow(TypeError)
  })
})
