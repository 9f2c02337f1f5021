import type { PurposeOfUse } from '@phi/core'
import fc from 'fast-check'
import type { Atom, AttributePath, Expression, Literal, Term } from '../src/expression/expression.ts'
import type { Attribute, Attributes } from '../src/policy/attribute.ts'

/** Constants and values come from the same small pools, so that conditions are often true. */
export const TEXTS = ['a', 'b', 'u1', '', `it's "q" \\ \${x} %_ é\u2028\n`] as const
export const NUMBERS = [-1, 0, 1, 2, 3] as const
export const FRACTIONS = [0.5, -1.25] as const
export const PURPOSES = ['TREAT', 'ETREAT', 'BTG', 'HPAYMT', 'CLMATTCH', 'HOPERAT'] as const satisfies readonly PurposeOfUse[]
const RANGES = ['10.0.0.0/8', '10.0.0.1', '192.0.2.0/24', '2001:db8::/32', '::/0', '::ffff:10.0.0.0/104'] as const

/** What conditions may speak about. */
export interface ConditionWords {
  readonly places: readonly Place[]
  readonly purposes: boolean
  /** Kinds of grants; none where the records name no patient. */
  readonly grants: readonly string[]
  readonly fractions: boolean
}
/** An attribute and where it stands. */
export interface Place {
  readonly path: AttributePath
  readonly attribute: Attribute
}

/** Every attribute below a root, nested ones as well. */
export function placesOf(root: 'actor' | 'resource' | 'context', attributes: Attributes, above = ''): readonly Place[] {
  return Object.entries(attributes).flatMap(([name, attribute]) => {
    const path = `${root}.${above}${name}` as AttributePath
    const inner = attribute.type === 'object' ? placesOf(root, attribute.attributes, `${above}${name}.`) : []
    return [{ path, attribute }, ...inner]
  })
}

const flipped = { lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' } as const
const term = ({ path }: Place): Term => ({ attr: path })

function constantsFor(attribute: Attribute, fractions: boolean): readonly Literal[] {
  if (attribute.type === 'boolean') return [true, false]
  if (attribute.type === 'number' || (attribute.type === 'set' && attribute.of === 'number')) {
    return fractions ? [...NUMBERS, ...FRACTIONS] : NUMBERS
  }
  return ('values' in attribute ? attribute.values : undefined) ?? TEXTS
}

function pair(places: readonly Place[], make: (one: Place, two: Place) => Atom): fc.Arbitrary<Atom> {
  return fc.tuple(fc.constantFrom(...places), fc.constantFrom(...places)).map(([one, two]) => make(one, two))
}

/** Every kind of atom that these words can say. */
function atoms({ places, purposes, grants, fractions }: ConditionWords): fc.Arbitrary<Atom> {
  const of = (...types: Attribute['type'][]) => places.filter(({ attribute }) => types.includes(attribute.type))
  const orders = ['lt', 'le', 'gt', 'ge'] as const
  const [texts, numbers, instants, addresses, sets] = [of('string'), of('number'), of('instant'), of('ip'), of('set')]
  const constants = (each: Place) => constantsFor(each.attribute, fractions)
  const choices: fc.WeightedArbitrary<Atom>[] = []
  const add = (weight: number, when: boolean, make: () => fc.Arbitrary<Atom>) => {
    if (when) choices.push({ weight, arbitrary: make() })
  }
  const withConstant = [...texts, ...numbers, ...of('boolean')]
  add(8, withConstant.length > 0, () =>
    fc.constantFrom(...withConstant).chain((each) =>
      fc.tuple(fc.constantFrom(...constants(each)), fc.boolean()).map(([value, turned]): Atom => {
        const [left, right] = turned ? [{ value }, term(each)] : [term(each), { value }]
        return { op: 'eq', left, right }
      }),
    ),
  )
  for (const group of [texts, numbers, of('boolean'), instants, addresses]) {
    add(1, group.length > 0, () => pair(group, (one, two) => ({ op: 'eq', left: term(one), right: term(two) })))
  }
  add(3, numbers.length > 0, () =>
    fc
      .tuple(
        fc.constantFrom(...orders),
        fc.constantFrom(...numbers),
        fc.constantFrom(...NUMBERS, ...(fractions ? FRACTIONS : [])),
        fc.boolean(),
      )
      .map(([op, each, value, turned]): Atom => {
        return turned ? { op: flipped[op], left: { value }, right: term(each) } : { op, left: term(each), right: { value } }
      }),
  )
  for (const group of [numbers, instants]) {
    add(1, group.length > 0, () =>
      fc
        .tuple(fc.constantFrom(...orders), fc.constantFrom(...group), fc.constantFrom(...group))
        .map(([op, one, two]): Atom => ({ op, left: term(one), right: term(two) })),
    )
  }
  add(2, instants.length > 0, () =>
    fc
      .tuple(fc.constantFrom(...orders, 'eq' as const), fc.constantFrom(...instants), fc.boolean())
      .map(([op, each, turned]): Atom => {
        const [left, right]: [Term, Term] = turned ? [{ now: true }, term(each)] : [term(each), { now: true }]
        return { op, left, right }
      }),
  )
  const listed = [...texts, ...numbers]
  add(3, listed.length > 0, () =>
    fc
      .constantFrom(...listed)
      .chain((each) =>
        fc
          .uniqueArray(fc.constantFrom(...(constants(each) as (string | number)[])), { minLength: 1, maxLength: 3 })
          .map((values): Atom => ({ op: 'in', left: term(each), right: { values } })),
      ),
  )
  for (const kind of ['string', 'number'] as const) {
    const within = sets.filter(({ attribute }) => attribute.type === 'set' && attribute.of === kind)
    const elements = kind === 'string' ? texts : numbers
    add(4, within.length > 0 && elements.length > 0, () =>
      fc
        .tuple(fc.constantFrom(...elements), fc.constantFrom(...within))
        .map(([one, set]): Atom => ({ op: 'in', left: term(one), right: term(set) })),
    )
    add(2, within.length > 0, () =>
      fc
        .constantFrom(...within)
        .chain((set) =>
          fc.constantFrom(...constants(set)).map((value): Atom => ({ op: 'in', left: { value }, right: term(set) })),
        ),
    )
  }
  add(2, places.length > 0, () => fc.constantFrom(...places).map(({ path }): Atom => ({ op: 'has', of: path })))
  const nullable = places.filter(({ attribute }) => 'nullable' in attribute && attribute.nullable === true)
  add(2, nullable.length > 0, () => fc.constantFrom(...nullable).map(({ path }): Atom => ({ op: 'null', of: path })))
  add(3, addresses.length > 0, () =>
    fc
      .tuple(fc.constantFrom(...addresses), fc.uniqueArray(fc.constantFrom(...RANGES), { minLength: 1, maxLength: 2 }))
      .map(([{ path }, ranges]): Atom => ({ op: 'cidr', of: path, ranges })),
  )
  add(2, purposes, () => purposeLists.map((is): Atom => ({ op: 'purpose', is })))
  add(3, grants.length > 0, () => fc.constantFrom(...grants).map((kind): Atom => ({ op: 'granted', kind })))
  return fc.oneof(...choices)
}

/** One to two purposes. */
export const purposeLists: fc.Arbitrary<readonly PurposeOfUse[]> = fc.uniqueArray(fc.constantFrom(...PURPOSES), {
  minLength: 1,
  maxLength: 2,
})

/** Conditions up to four levels deep; most have one to three atoms. */
export function conditionsOver(words: ConditionWords): fc.Arbitrary<Expression> {
  const atom = atoms(words)
  const level = (inner: fc.Arbitrary<Expression>, leaf: number): fc.Arbitrary<Expression> =>
    fc.oneof(
      { weight: leaf, arbitrary: atom },
      {
        weight: 4,
        arbitrary: fc
          .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(inner, { minLength: 1, maxLength: 3 }))
          .map(([op, of]): Expression => ({ op, of })),
      },
      { weight: 2, arbitrary: inner.map((of): Expression => ({ op: 'not', of })) },
    )
  return level(level(level(atom, 5), 6), 6)
}
