/**
 * Random policies and requests, for tests that hold two ways of deciding against each other.
 *
 *     import { cases, policies, requestsFor } from '../../test/random-policy.ts'
 *
 *     // with fast-check, which shrinks what it finds
 *     fc.assert(fc.property(policies({ ip: false }).chain((policy) => fc.tuple(fc.constant(policy),
 *       fc.array(requestsFor(policy, { ip: false, wrongTypes: false }), { minLength: 10, maxLength: 10 }))), ([policy, requests]) => { … }))
 *
 *     // or as plain data from a seed: an iterable of { policy, requests }
 *     for (const { policy, requests } of cases({ seed: 1, policies: 100, requests: 20, words: { ip: false } })) …
 *
 * `Words` takes words away from both sides: give the same object to `policies` and `requestsFor`. Policies come out of `parsePolicy`;
 * compile them with `{ clock: () => NOW }`, since some requests leave `at` out. The constants of conditions and the values of
 * requests come from the same small pools, so that conditions are often true. Attributes of different types of records agree in
 * type where they agree in name, and may differ in whether they are nullable.
 */
import fc from 'fast-check'
import type { Expression } from '../src/expression/expression.ts'
import type { Attribute, Attributes } from '../src/policy/attribute.ts'
import type { Obligation } from '../src/policy/obligation.ts'
import { builtInGrants, builtInOverrides } from '../src/policy/override.ts'
import { type Policy, parsePolicy } from '../src/policy/parse.ts'
import type { Override, PolicyJson, ResourceType, Rule } from '../src/policy/policy.ts'
import { type ConditionWords, conditionsOver, placesOf, purposeLists } from './random-condition.ts'
import { type AnyRequest, requestsFor } from './random-request.ts'
import { on, type Words } from './random-words.ts'

export { type AnyRequest, mangled, NOW, requestsFor } from './random-request.ts'
export type { Words } from './random-words.ts'

const ROLES = ['clerk', 'nurse', 'doctor', 'admin'] as const
const ACTIONS = ['read', 'update'] as const
const TYPES = ['Note', 'Claim', 'Visit'] as const
const OWN_GRANT = 'proxy'

/** Attributes by name; each policy takes some, and makes some nullable. */
function pool(words: Words): Attributes {
  const site: Attributes = {
    name: { type: 'string' },
    ...(on(words.numbers) ? { level: { type: 'number' } as const } : {}),
    open: { type: 'boolean' },
    ...(on(words.sets) ? { staff: { type: 'set', of: 'string' } as const } : {}),
    unit: { type: 'object', attributes: { name: { type: 'string' }, closed: { type: 'boolean' } } },
  }
  return {
    owner: { type: 'string' },
    status: { type: 'string', values: ['a', 'b', 'c'] },
    urgent: { type: 'boolean' },
    ...(on(words.numbers) ? { count: { type: 'number' } as const, level: { type: 'number' } as const } : {}),
    ...(on(words.instants) ? { signed: { type: 'instant' } as const, seen: { type: 'instant' } as const } : {}),
    ...(on(words.ip) ? { address: { type: 'ip' } as const } : {}),
    ...(on(words.sets) ? { team: { type: 'set', of: 'string' } as const } : {}),
    ...(on(words.sets) && on(words.numbers) ? { codes: { type: 'set', of: 'number' } as const } : {}),
    ...(on(words.nested) ? { site: { type: 'object', attributes: site } as const } : {}),
    ...(on(words.opaque) ? { extra: { type: 'opaque' } as const } : {}),
  }
}

/** Makes some attributes nullable, inside objects as well. */
function nullability(attribute: Attribute, allowed: boolean): fc.Arbitrary<Attribute> {
  if (attribute.type === 'opaque') return fc.constant(attribute)
  const flag = allowed ? fc.integer({ min: 0, max: 9 }).map((drawn) => drawn < 4) : fc.constant(false)
  const inner = attribute.type === 'object' ? attributes(attribute.attributes, allowed) : fc.constant(undefined)
  return fc.tuple(flag, inner).map(([nullable, nested]): Attribute => {
    const made = nested === undefined || attribute.type !== 'object' ? attribute : { ...attribute, attributes: nested }
    return nullable ? { ...made, nullable: true } : made
  })
}

function attributes(declared: Attributes, allowed: boolean): fc.Arbitrary<Attributes> {
  const entries = Object.entries(declared).map(([name, each]) =>
    fc
      .tuple(fc.integer({ min: 0, max: 9 }), nullability(each, allowed))
      .map(([drawn, made]): [string, Attribute][] => (drawn < 8 ? [[name, made]] : [])),
  )
  return fc.tuple(...entries).map((list) => Object.fromEntries(list.flat()))
}

function resourceTypes(words: Words): fc.Arbitrary<ResourceType> {
  return fc
    .tuple(attributes(pool(words), on(words.nullable)), fc.integer({ min: 0, max: 9 }), fc.boolean())
    .map(([made, drawn, nullable]): ResourceType => {
      const base: Attributes = { id: { type: 'string' }, tenant: { type: 'string' } }
      if (drawn > 7) return { attributes: { ...base, ...made }, tenant: 'tenant' }
      const patient: Attribute = on(words.nullable) && nullable ? { type: 'string', nullable: true } : { type: 'string' }
      return { attributes: { ...base, patient, ...made }, tenant: 'tenant', patient: 'patient' }
    })
}

interface Frame {
  readonly resources: { readonly [type: string]: ResourceType }
  readonly actor: Attributes
  readonly context: Attributes
  readonly roles: PolicyJson['roles']
}

function roles(): fc.Arbitrary<PolicyJson['roles']> {
  const inherits = ROLES.map((_, index) => fc.subarray(ROLES.slice(0, index), { maxLength: Math.min(index, 2) }))
  return fc
    .tuple(...inherits)
    .map((lists) => Object.fromEntries(ROLES.map((role, i) => [role, lists[i]?.length ? { inherits: lists[i] } : {}])))
}

function frames(words: Words): fc.Arbitrary<Frame> {
  return fc.record({
    resources: fc.tuple(...TYPES.map(() => resourceTypes(words)), fc.integer({ min: 1, max: TYPES.length })).map((drawn) => {
      const count = drawn.at(-1) as number
      return Object.fromEntries(TYPES.slice(0, count).map((type, i) => [type, drawn[i] as ResourceType]))
    }),
    actor: attributes(pool(words), on(words.nullable)),
    context: attributes(pool(words), on(words.nullable)),
    roles: roles(),
  })
}

/** What all of these attributes have in common, nested ones as well; nullable where all are. */
function common(lists: readonly Attributes[]): Attributes {
  const [first = {}, ...others] = lists
  return Object.fromEntries(
    Object.entries(first).flatMap(([name, attribute]): [string, Attribute][] => {
      const same = others.map((each) => each[name])
      if (!same.every((each) => each?.type === attribute.type)) return []
      const all = [attribute, ...(same as Attribute[])]
      const nullable = all.every((each) => 'nullable' in each && each.nullable === true)
      if (attribute.type === 'opaque') return [[name, attribute]]
      const { nullable: _, ...bare } = attribute
      const inner = all.flatMap((each) => (each.type === 'object' ? [each.attributes] : []))
      const made = attribute.type === 'object' ? { ...bare, attributes: common(inner) } : bare
      return [[name, (nullable ? { ...made, nullable: true } : made) as Attribute]]
    }),
  )
}

function conditionWords(frame: Frame, types: readonly string[], words: Words): ConditionWords {
  const declared = types.map((type) => frame.resources[type] as ResourceType)
  const patients = declared.every(({ patient }) => patient !== undefined)
  return {
    places: [
      // Twice, because most conditions are about the record.
      ...placesOf('resource', common(declared.map((each) => each.attributes))),
      ...placesOf('resource', common(declared.map((each) => each.attributes))),
      ...placesOf('actor', { ...frame.actor, id: { type: 'string' }, tenant: { type: 'string' } }),
      ...placesOf('context', frame.context),
    ],
    purposes: on(words.purposes),
    grants: on(words.grants) && patients ? [...builtInGrants, OWN_GRANT] : [],
    fractions: on(words.fractions),
  }
}

const obligationPool: readonly Obligation[] = [
  { type: 'step-up', max_age: 300 },
  { type: 'document', record: ['why'] },
  { type: 'refrain', code: 'NOREUSE' },
  { type: 'redact', fields: ['id'] },
  { type: 'redact', fields: ['tenant', 'id'] },
]

function sometimes<Value>(times: number, arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.integer({ min: 0, max: 9 }).chain((drawn) => (drawn < times ? arbitrary : fc.constant(undefined)))
}
function never<Value>(when: boolean, arbitrary: () => fc.Arbitrary<Value | undefined>): fc.Arbitrary<Value | undefined> {
  return when ? fc.constant(undefined) : arbitrary()
}

function ownOverrides(frame: Frame, words: Words): fc.Arbitrary<{ readonly [id: string]: Override }> {
  const condition = conditionsOver(conditionWords(frame, Object.keys(frame.resources), words))
  const obligations = never(!on(words.obligations), () =>
    sometimes(3, fc.subarray([...obligationPool], { minLength: 1, maxLength: 1 })),
  )
  const each = fc.record({ when: condition, obligations }) as fc.Arbitrary<Override>
  return fc.tuple(each, each).map(([one, two]) => ({ 'own-one': one, 'own-two': two }))
}

function viewsOf(frame: Frame): fc.Arbitrary<NonNullable<PolicyJson['views']>> {
  const types = Object.entries(frame.resources)
  const view = fc
    .tuple(...types.map(([, { attributes: all }]) => fc.subarray(Object.keys(all), { minLength: 1 })))
    .map((lists) => Object.fromEntries(types.map(([type], i) => [type, lists[i] as string[]])))
  return fc.tuple(view, view).map(([narrow, wide]) => ({ narrow, wide }))
}

function rules(frame: Frame, words: Words): fc.Arbitrary<readonly Rule[]> {
  const names = Object.keys(frame.resources)
  const patients = (types: readonly string[]) => types.every((type) => frame.resources[type]?.patient !== undefined)
  const opening = (types: readonly string[]): string[] => {
    const builtIn = Object.entries(builtInOverrides as Readonly<Record<string, Override>>).filter(
      ([, { when, obligations }]) =>
        (on(words.obligations) || obligations === undefined) &&
        (when.op === 'granted' ? on(words.grants) && patients(types) : on(words.purposes)),
    )
    return ['own-one', 'own-two', ...builtIn.map(([id]) => id)]
  }
  const conditions = new Map<string, fc.Arbitrary<Expression>>()
  const conditionFor = (types: readonly string[]): fc.Arbitrary<Expression> => {
    const key = types.join()
    const known = conditions.get(key) ?? conditionsOver(conditionWords(frame, types, words))
    conditions.set(key, known)
    return known
  }
  const base = (types: readonly string[], conditional: number) => ({
    resources: fc.constant(types),
    actions: fc.subarray([...ACTIONS], { minLength: 1 }),
    purposes: never(!on(words.purposes), () => sometimes(2, purposeLists)),
    when: sometimes(conditional, conditionFor(types)),
  })
  const permit = (types: readonly string[]) =>
    fc.record({
      effect: fc.constant('permit' as const),
      ...base(types, 7),
      roles: fc.subarray([...ROLES], { minLength: 1, maxLength: 2 }),
      view: never(!on(words.views), () => sometimes(3, fc.constantFrom('narrow', 'wide'))),
      obligations: never(!on(words.obligations), () =>
        sometimes(2, fc.subarray([...obligationPool], { minLength: 1, maxLength: 2 })),
      ),
    })
  const forbid = (types: readonly string[]) => {
    const fields = Object.keys(common(types.map((type) => frame.resources[type]?.attributes ?? {})))
    return fc.record({
      effect: fc.constant('forbid' as const),
      ...base(types, 10),
      fields: never(!on(words.fieldForbids), () => sometimes(2, fc.subarray(fields, { minLength: 1 }))),
      unless: never(!on(words.overrides), () => sometimes(4, fc.subarray(opening(types), { minLength: 1, maxLength: 2 }))),
    })
  }
  const rule = fc
    .tuple(fc.subarray(names, { minLength: 1 }), fc.integer({ min: 0, max: 9 }))
    .chain(([types, drawn]) => (drawn < 6 ? permit(types) : forbid(types)) as unknown as fc.Arbitrary<Omit<Rule, 'id'>>)
  return fc
    .array(rule, { minLength: 1, maxLength: words.maxRules ?? 12, size: 'max' })
    .map((list) => list.map((each, index) => ({ id: `rule-${index}`, ...each }) as Rule))
}

/** Whole policies, checked by `parsePolicy`. */
export function policies(words: Words = {}): fc.Arbitrary<Policy> {
  return frames(words).chain((frame) =>
    fc
      .record({
        views: never(!on(words.views), () => viewsOf(frame)),
        overrides: never(!on(words.overrides), () => ownOverrides(frame, words)),
        rules: rules(frame, words),
      })
      .map((made) =>
        parsePolicy({
          format: 'phi.policy/v1',
          id: 'random',
          version: '1',
          actions: ACTIONS,
          ...frame,
          grants: [OWN_GRANT],
          ...made,
        }),
      ),
  )
}

/** What `cases` is told. The same seed gives the same cases. */
export interface CasesOptions {
  readonly seed: number
  readonly policies: number
  /** Requests per policy. */
  readonly requests: number
  readonly words?: Words
}

/** Policies with requests, one after the other, as plain data. */
export function* cases(
  options: CasesOptions,
): Generator<{ readonly policy: Policy; readonly requests: readonly AnyRequest[] }> {
  const { seed, words = {} } = options
  for (let i = 0; i < options.policies; i++) {
    const [policy] = fc.sample(policies(words), { seed: seed * 1_000_003 + i, numRuns: 1 }) as [Policy]
    const requests = fc.sample(requestsFor(policy, words), { seed: seed * 1_000_003 + i, numRuns: options.requests })
    yield { policy, requests }
  }
}
