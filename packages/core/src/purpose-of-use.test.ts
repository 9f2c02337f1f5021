import { describe, expect, expectTypeOf, it } from 'vitest'
import { describeVectors, readVector } from '../test/vectors.ts'
import { isPurposeOfUse, PURPOSE_OF_USE_SYSTEM, type PurposeOfUse, purposeIsA, purposeParents, purposesOfUse } from './index.ts'
import { closures } from './purpose-of-use.ts'

const codes = Object.keys(purposesOfUse) as PurposeOfUse[]

describeVectors('purposes against the HL7 value set', 'policy/hl7-purpose-of-use.json', () => {
  it('S66 every active concept is here, with its display and its parents, and no other', () => {
    const published = JSON.parse(readVector('policy/hl7-purpose-of-use.json')) as {
      system: string
      concepts: readonly { code: string; display: string; parents: readonly string[]; status: string }[]
    }
    expect(published.system).toBe(PURPOSE_OF_USE_SYSTEM)
    const active = published.concepts.filter((concept) => concept.status === 'active')
    expect(active.length).toBeGreaterThan(50)
    // The value set's own root is no purpose that anybody could state.
    const expected = active.map(({ code, display, parents }) => ({
      code,
      display,
      parents: parents.filter((each) => each !== 'PurposeOfUse'),
    }))
    expect(codes.map((code) => purposesOfUse[code])).toEqual(expected)
  })

  it('the ancestors are those on the published path', () => {
    const { concepts } = JSON.parse(readVector('policy/hl7-purpose-of-use.json')) as {
      concepts: readonly { code: PurposeOfUse; path: readonly string[] }[]
    }
    for (const { code, path } of concepts) {
      expect(codes.filter((other) => purposeIsA(code, other)).sort()).toEqual(
        path.filter((each) => each !== 'PurposeOfUse').sort(),
      )
    }
  })
})

describe('purposes', () => {
  it('are 62 codes under seven at the top', () => {
    expect(codes).toHaveLength(62)
    expect(codes.filter((code) => purposeParents(code).length === 0)).toEqual([
      'HMARKT',
      'HOPERAT',
      'HPAYMT',
      'HRESCH',
      'PATRQT',
      'PUBHLTH',
      'TREAT',
    ])
    expect(codes.flatMap(purposeParents).every(isPurposeOfUse)).toBe(true)
  })

  it('S66 break the glass is emergency treatment is treatment, and not the reverse', () => {
    expect(purposeIsA('BTG', 'BTG')).toBe(true)
    expect(purposeIsA('BTG', 'ETREAT')).toBe(true)
    expect(purposeIsA('BTG', 'TREAT')).toBe(true)
    expect(purposeIsA('TREAT', 'BTG')).toBe(false)
    expect(purposeIsA('BTG', 'ERTREAT')).toBe(false)
    expect(purposeIsA('ELIGVER', 'HPAYMT')).toBe(true)
    expect(purposeIsA('ELIGVER', 'HOPERAT')).toBe(false)
  })

  it('no purpose is a kind of itself by way of others', () => {
    for (const a of codes) for (const b of codes) if (a !== b && purposeIsA(a, b)) expect(purposeIsA(b, a)).toBe(false)
  })

  it('cannot be changed, and know no names of built-ins', () => {
    expect(() => Object.assign(purposesOfUse, { TREAT: undefined })).toThrow(TypeError)
    expect(() => (purposesOfUse.BTG.parents as PurposeOfUse[]).push('HMARKT')).toThrow(TypeError)
    for (const value of [
      'constructor',
      'toString',
      '__proto__',
      'treat',
      'TREAT ',
      'PurposeOfUse',
      '',
      undefined,
      null,
      ['TREAT'],
    ]) {
      expect(isPurposeOfUse(value)).toBe(false)
    }
    expect(purposeIsA('constructor' as never, 'TREAT')).toBe(false)
  })

  it('typos do not compile', () => {
    // @ts-expect-error not a code
    expect(purposeIsA('TREATMENT', 'TREAT')).toBe(false)
    expectTypeOf<'BTG'>().toExtend<PurposeOfUse>()
    expectTypeOf(purposeParents('BTG')).toEqualTypeOf<readonly PurposeOfUse[]>()
    expectTypeOf(purposesOfUse.BTG.code).toEqualTypeOf<'BTG'>()
  })
})

describe('several parents', () => {
  // The value set has none today; the code system it is drawn from does.
  const parents: Record<string, string[]> = {
    root: [],
    left: ['root'],
    right: ['root', 'other'],
    other: [],
    child: ['left', 'right'],
  }

  it('are all followed, and what joins again is found once', () => {
    const above = closures(Object.keys(parents), (key) => parents[key] as string[])
    expect([...(above.get('child') ?? [])].sort()).toEqual(['child', 'left', 'other', 'right', 'root'])
    expect([...(above.get('left') ?? [])]).toEqual(['left', 'root'])
  })

  it('a wrong table with a cycle still ends', () => {
    const cycle: Record<string, string[]> = { a: ['b'], b: ['a'] }
    expect([...(closures(['a', 'b'], (key) => cycle[key] as string[]).get('a') ?? [])]).toEqual(['a', 'b'])
  })
})
