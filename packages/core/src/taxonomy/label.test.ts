import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type ClassSelector,
  isClassSelector,
  isLabel,
  isUsState,
  type Label,
  labelOf,
  regimeLabels,
  usStates,
} from '../index.ts'

describe('States', () => {
  it('are 50, the District of Columbia and the five territories of 45 CFR 160.103', () => {
    expect(usStates).toHaveLength(56)
    expect(new Set(usStates).size).toBe(56)
    expect(usStates.slice(50)).toEqual(['DC', 'PR', 'VI', 'GU', 'AS', 'MP'])
    expect(usStates.every((code) => /^[A-Z]{2}$/.test(code))).toBe(true)
  })

  it.each(['XX', 'ca', 'C', 'CAL', '', 'UK', 'FM', 'AA', undefined, null, ['CA']])('%j is none', (value) => {
    expect(isUsState(value)).toBe(false)
  })
})

describe('labels', () => {
  it('are eight regimes and one for each State', () => {
    expect(Object.keys(regimeLabels)).toEqual([
      'psychotherapy',
      'part2',
      'hiv',
      'genetic',
      'reproductive',
      'minor',
      'self-pay-restricted',
      'patient-restricted',
    ])
    for (const name of Object.keys(regimeLabels)) expect(isLabel(name)).toBe(true)
    for (const code of usStates) expect(isLabel(`state:${code}`)).toBe(true)
  })

  it.each(['', 'HIV', 'hiv ', 'state:', 'state:XX', 'state:ca', 'state:CA:', 'label:hiv', 'constructor', undefined, null, 1])(
    '%j is none',
    (value) => expect(isLabel(value)).toBe(false),
  )
})

describe('selectors', () => {
  it('S155 S156 a class, or a label, can be named wherever something is forbidden', () => {
    for (const selector of ['phi', 'phi.code.icd10', 'label:hiv', 'label:part2', 'label:state:CA']) {
      expect(isClassSelector(selector)).toBe(true)
    }
    expect(labelOf('label:hiv')).toBe('hiv')
    expect(labelOf('label:state:CA')).toBe('state:CA')
    expect(labelOf('phi.code.icd10')).toBeUndefined()
  })

  it.each(['', 'label:', 'label:hvi', 'label:phi', 'hiv', 'label:state:XX', 'label:label:hiv', 'phi.', undefined])(
    '%j is none',
    (value) => {
      expect(isClassSelector(value)).toBe(false)
    },
  )

  it('typos do not compile', () => {
    expectTypeOf<'state:CA'>().toExtend<Label>()
    expectTypeOf<'state:XX'>().not.toExtend<Label>()
    expectTypeOf<'label:state:PR' | 'label:self-pay-restricted' | 'phi.code'>().toExtend<ClassSelector>()
    expectTypeOf<'label:hvi'>().not.toExtend<ClassSelector>()
    // @ts-expect-error a label is not a selector
    const selector: ClassSelector = 'hiv'
    expect(isClassSelector(selector)).toBe(false)
  })
})
