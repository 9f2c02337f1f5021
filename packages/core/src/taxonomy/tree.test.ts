import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  ancestors,
  children,
  citationSchema,
  covers,
  type DataClass,
  dataClasses,
  identifiabilities,
  isDataClass,
  isIdentifiability,
  isPhiError,
  isSafeguard,
  isService,
  isUse,
  leaves,
  overlaps,
  parseKey,
  regimeLabels,
  safeguards,
  safeHarborIdentifiers,
  services,
  type TreeRow,
  uses,
} from '../index.ts'

type AnyTree = Readonly<Record<string, TreeRow>>
const trees: readonly [name: string, tree: AnyTree, isKey: (value: unknown) => boolean][] = [
  ['data classes', dataClasses, isDataClass],
  ['services', services, isService],
  ['uses', uses, isUse],
  ['safeguards', safeguards, isSafeguard],
  ['identifiability', identifiabilities, isIdentifiability],
]

describe.each(trees)('the tree of %s', (_, tree, isKey) => {
  const keys = Object.keys(tree)

  it('names each row by its place, and every prefix of a key is a key', () => {
    for (const key of keys) {
      expect(key).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/)
      expect(tree[key]?.key).toBe(key)
      const parent = key.slice(0, Math.max(0, key.lastIndexOf('.')))
      if (parent !== '') expect(keys).toContain(parent)
    }
  })

  it('labels every row in words of its own', () => {
    const labels = keys.map((key) => tree[key]?.label ?? '')
    expect(labels.every((label) => label.length > 1 && label === label.trim())).toBe(true)
  })

  it('cites in data that the citation schema takes', () => {
    for (const { citation } of Object.values(tree)) if (citation) expect(citationSchema.parse(citation)).toEqual(citation)
  })

  it('cannot be changed, and knows no names of built-ins', () => {
    const [first] = keys as [string]
    expect(() => Object.assign(tree, { [first]: undefined })).toThrow(TypeError)
    expect(() => Object.assign(tree[first] as object, { label: 'x' })).toThrow(TypeError)
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(tree[name]).toBeUndefined()
      expect(isKey(name)).toBe(false)
    }
  })

  it('tells its keys from everything else', () => {
    for (const key of keys) {
      expect(isKey(key)).toBe(true)
      for (const other of [`${key}.`, `.${key}`, `${key} `, key.toUpperCase(), `${key}.nothing`, key.slice(0, -1)]) {
        expect(isKey(other)).toBe(keys.includes(other))
      }
      expect(parseKey(tree, key)).toBe(key)
    }
    for (const value of [undefined, null, 1, '', [], [keys[0]], { toString: () => keys[0] }]) expect(isKey(value)).toBe(false)
  })

  it('leaves and branches partition it, and children rebuild it', () => {
    const found = leaves(tree)
    for (const key of keys) expect(found.includes(key)).toBe(children(tree, key).length === 0)
    const roots = keys.filter((key) => !key.includes('.'))
    const walk = (key: string): string[] => [key, ...children(tree, key).flatMap(walk)]
    expect(roots.flatMap(walk).sort()).toEqual([...keys].sort())
    for (const root of roots)
      expect(leaves(tree, root)).toEqual(found.filter((leaf) => leaf === root || leaf.startsWith(`${root}.`)))
  })
})

describe('known answers', () => {
  it('covers goes down, overlaps goes both ways, siblings do neither', () => {
    expect(covers('phi.clinical.note', 'phi.clinical.note.session')).toBe(true)
    expect(covers('phi.clinical.note', 'phi.clinical.note')).toBe(true)
    expect(covers('phi.clinical.note.session', 'phi.clinical.note')).toBe(false)
    expect(overlaps('phi.clinical.note.session', 'phi.clinical.note')).toBe(true)
    expect(overlaps('phi.clinical.note.session', 'phi.clinical.note.psychotherapy')).toBe(false)
    expect(covers('operations', 'operations.quality')).toBe(true)
    expect(covers('records', 'records.notes')).toBe(true)
    expect(covers('label:hiv', 'label:hiv')).toBe(true)
    expect(covers('phi', 'label:hiv')).toBe(false)
  })

  it('a key that only begins like another is not below it', () => {
    // `phi.comm` and `phi.code` share letters with no dot after them; nor is `phi` a prefix by letters only.
    expect(covers('phi.schedule.history', 'phi.schedule')).toBe(false)
    expect(covers('treatment' as never, 'treatments' as never)).toBe(false)
    expect(overlaps('phi.identity.date' as never, 'phi.identity.dated' as never)).toBe(false)
  })

  it('ancestors run from the nearest to the root', () => {
    expect(ancestors('phi.identity.geo.zip5')).toEqual(['phi.identity.geo', 'phi.identity', 'phi'])
    expect(ancestors('phi')).toEqual([])
  })

  it('children and leaves of a branch', () => {
    expect(children(dataClasses, 'phi.code')).toEqual(['phi.code.icd10', 'phi.code.cpt', 'phi.code.hcpcs'])
    expect(leaves(dataClasses, 'phi.identity.biometric')).toEqual([
      'phi.identity.biometric.finger',
      'phi.identity.biometric.voice',
    ])
    expect(leaves(uses, 'treatment')).toEqual(['treatment'])
    expect(children(services, 'ai')).not.toEqual(children(uses, 'ai'))
  })

  it('a key that is not in the tree is refused without being shown', () => {
    try {
      parseKey(uses, 'selling Jane Roe')
      expect.unreachable()
    } catch (error) {
      expect(isPhiError(error, 'PHI_CORE_UNKNOWN_KEY')).toBe(true)
      expect(JSON.stringify(error)).not.toContain('Jane')
    }
  })

  it('tables beside the trees are frozen alike', () => {
    for (const table of [regimeLabels, safeHarborIdentifiers]) {
      expect(Object.isFrozen(table)).toBe(true)
      expect(Object.getPrototypeOf(table)).toBe(null)
    }
  })
})

const dataClass = fc.constantFrom(...(Object.keys(dataClasses) as DataClass[]))
/** Random keys of a narrow alphabet, so that many lie above one another. */
const path = fc
  .array(fc.constantFrom('a', 'ab', 'b'), { minLength: 1, maxLength: 4 })
  .map((steps) => steps.join('.') as DataClass)

describe.each([
  ['data classes', dataClass],
  ['any dotted keys', path],
] as const)('properties over %s', (_, key) => {
  it('covers is reflexive, transitive and antisymmetric', () => {
    fc.assert(
      fc.property(key, key, key, (a, b, c) => {
        expect(covers(a, a)).toBe(true)
        if (covers(a, b) && covers(b, c)) expect(covers(a, c)).toBe(true)
        if (covers(a, b) && covers(b, a)) expect(a).toBe(b)
      }),
      { numRuns: 2000 },
    )
  })

  it('overlaps is symmetric, and is covers in either direction', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(overlaps(a, b)).toBe(overlaps(b, a))
        expect(overlaps(a, b)).toBe(covers(a, b) || covers(b, a))
      }),
      { numRuns: 2000 },
    )
  })

  it('covers is equal to, or among the ancestors of: by splitting at the dots', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const [above, below] = [a.split('.'), b.split('.')]
        const byParts = above.length <= below.length && above.every((step, i) => step === below[i])
        expect(covers(a, b)).toBe(byParts)
        expect(a === b || (ancestors(b) as readonly string[]).includes(a)).toBe(byParts)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('types', () => {
  it('typos and mixed trees do not compile', () => {
    // @ts-expect-error a typo
    covers('phi.clinical.noet', 'phi.clinical.note')
    // @ts-expect-error a typo in the second key
    covers('phi.clinical.note', 'phi.clinical.note.sesion')
    // @ts-expect-error a use is not a service
    covers('records.notes', 'treatment')
    // @ts-expect-error a label selector needs a label
    overlaps('phi', 'label:hvi')
    // @ts-expect-error no such branch
    children(dataClasses, 'phi.klinical')
    // @ts-expect-error no such key
    expect(dataClasses['phi.clinical.noet']).toBeUndefined()
    // `ai` and `ai.*` are services and uses.
    expect(covers('ai', 'ai.training') && covers('ai', 'ai.transcription')).toBe(true)
  })

  it('keys are unions that hold branches and leaves', () => {
    expectTypeOf<'phi' | 'phi.clinical' | 'phi.clinical.note.session'>().toExtend<DataClass>()
    expectTypeOf(dataClasses['phi.code.icd10'].key).toEqualTypeOf<'phi.code.icd10'>()
    expectTypeOf(ancestors('treatment')).toEqualTypeOf<readonly (keyof typeof uses)[]>()
    const text: string = 'phi.clinical'
    if (isDataClass(text)) expectTypeOf(text).toEqualTypeOf<DataClass>()
  })
})
