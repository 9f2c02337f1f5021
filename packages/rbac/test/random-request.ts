import fc from 'fast-check'
import type { Request } from '../src/decision/request.ts'
import type { Attribute, Attributes } from '../src/policy/attribute.ts'
import { builtInGrants } from '../src/policy/override.ts'
import type { PolicyJson } from '../src/policy/policy.ts'
import { FRACTIONS, NUMBERS, PURPOSES, TEXTS } from './random-condition.ts'
import { on, type Words } from './random-words.ts'

/** A request as a caller could send it: of the right form, and with whatever in its places. */
export type AnyRequest = Request

/** The time that requests are about, in milliseconds since 1970. */
export const NOW = Date.UTC(2026, 2, 3, 12)
const HOUR = 3_600_000
const TIMES = [NOW - HOUR, NOW - 1, NOW, NOW + 1, NOW + HOUR] as const
const PATIENTS = ['p1', 'p2'] as const
const ADDRESSES = ['10.0.0.1', '10.1.2.3', '192.0.2.7', '198.51.100.1', '2001:db8::1', '::ffff:10.0.0.1', 'fe80::1'] as const
const NOT_ADDRESSES = ['10.0.0.01', '', '10.0.0.0/8', 'localhost'] as const

/** Stands for a getter that throws, until the object is built. */
const THROWS = Symbol('throws')
const ABSENT = Symbol('absent')
type Mood = 'sound' | 'partial' | 'hostile'

const text = (time: number): string => new Date(time).toISOString()

function sound(attribute: Attribute, words: Words, mood: Mood): fc.Arbitrary<unknown> {
  switch (attribute.type) {
    case 'string':
      return fc.constantFrom(...(attribute.values ?? []), ...(attribute.values ?? []), ...TEXTS)
    case 'boolean':
      return fc.boolean()
    case 'number':
      return fc.constantFrom<number>(...NUMBERS, ...(on(words.fractions) ? FRACTIONS : []))
    case 'instant': {
      const time = fc.constantFrom(...TIMES)
      return on(words.dates)
        ? fc.oneof(
            time.map(text),
            time.map((each) => new Date(each)),
          )
        : time.map(text)
    }
    case 'ip':
      return fc.constantFrom(...ADDRESSES)
    case 'set': {
      const members: readonly (string | number)[] = attribute.of === 'string' ? ['a', 'u1', 'u2', TEXTS[4]] : NUMBERS
      return fc.array(fc.constantFrom(...members), { maxLength: 4 })
    }
    case 'object':
      return object(attribute.attributes, words, mood)
    case 'opaque':
      return fc.constantFrom<unknown>('text', 7, [1, { a: 1 }], { deep: true })
  }
}

/** What an attribute of this type must not hold. */
function wrong(attribute: Attribute): fc.Arbitrary<unknown> {
  const odd: readonly unknown[] = [Number.NaN, Number.POSITIVE_INFINITY, { a: 1 }, () => 'a', Symbol('s'), 10n]
  switch (attribute.type) {
    case 'string':
      return fc.constantFrom<unknown>(1, true, ['a'], new String('a'), ...odd)
    case 'boolean':
      return fc.constantFrom<unknown>('true', 1, 0, new Boolean(true), ...odd)
    case 'number':
      return fc.constantFrom<unknown>('1', true, [1], new Number(1), ...odd)
    case 'instant':
      return fc.constantFrom<unknown>(NOW, '2026-02-30T00:00:00.000Z', '2026-03-03', new Date(Number.NaN), true, ...odd)
    case 'ip':
      return fc.constantFrom<unknown>(...NOT_ADDRESSES, 167_772_161, ...odd)
    case 'set':
      return fc.constantFrom<unknown>('a', [null], ['a', 1], [[]], { 0: 'a', length: 1 }, new Set(['a']), Array(3), ...odd)
    case 'object':
      return fc.constantFrom<unknown>('a', 1, true, [], ['a'])
    case 'opaque':
      return fc.constant(Symbol('s'))
  }
}

function value(attribute: Attribute, words: Words, mood: Mood): fc.Arbitrary<unknown> {
  const choices: fc.WeightedArbitrary<unknown>[] = [{ weight: 8, arbitrary: sound(attribute, words, mood) }]
  const mayBeNull = attribute.type === 'opaque' || attribute.nullable === true
  if (mayBeNull) choices.push({ weight: mood === 'sound' ? 1 : 3, arbitrary: fc.constant(null) })
  if (mood !== 'sound' && on(words.absent)) choices.push({ weight: 2, arbitrary: fc.constantFrom(ABSENT, undefined) })
  if (mood === 'hostile' && on(words.wrongTypes)) {
    choices.push({ weight: 2, arbitrary: wrong(attribute) }, { weight: 1, arbitrary: fc.constant(null) })
  }
  if (mood === 'hostile' && words.throwing === true) choices.push({ weight: 1, arbitrary: fc.constant(THROWS) })
  return fc.oneof(...choices)
}

function built(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [name, each] of entries) {
    if (each === THROWS) {
      const get = () => {
        throw new Error('a getter of the record failed')
      }
      // Not enumerable, so that printing a counterexample does not trip over it.
      Object.defineProperty(out, name, { enumerable: false, configurable: true, get })
    } else if (each !== ABSENT) out[name] = each
  }
  return out
}

function object(attributes: Attributes, words: Words, mood: Mood): fc.Arbitrary<Record<string, unknown>> {
  const names = Object.keys(attributes)
  return fc
    .tuple(...names.map((name) => value(attributes[name] as Attribute, words, mood)))
    .map((drawn) => built(names.map((name, index) => [name, drawn[index]] as const)))
}

function tenants(words: Words): fc.Arbitrary<unknown> {
  const choices: fc.WeightedArbitrary<unknown>[] = [{ weight: 30, arbitrary: fc.constant('t1') }]
  if (on(words.foreign)) choices.push({ weight: 2, arbitrary: fc.constantFrom<unknown>('t2', ABSENT, '') })
  if (on(words.foreign) && on(words.wrongTypes)) {
    choices.push({ weight: 1, arbitrary: fc.constantFrom<unknown>(null, 1, ['t1'], new String('t1')) })
  }
  return fc.oneof(...choices)
}

function records(policy: PolicyJson, type: string, words: Words, mood: Mood): fc.Arbitrary<Record<string, unknown>> {
  const { attributes, patient } = policy.resources[type] as PolicyJson['resources'][string]
  const { tenant: _, ...others } = attributes
  const named = patient === undefined ? fc.constant(ABSENT) : patients(attributes[patient] as Attribute, words, mood)
  return fc
    .tuple(object(others, words, mood), tenants(words), named, fc.constantFrom('r1', 'r2'))
    .map(([made, tenant, who, id]) => {
      const out = Object.defineProperties(built([['tenant', tenant]]), Object.getOwnPropertyDescriptors(made))
      if (!('get' in (Object.getOwnPropertyDescriptor(out, 'id') ?? {})) && typeof out.id === 'string') out.id = id
      if (patient !== undefined) delete out[patient]
      return Object.defineProperties(out, Object.getOwnPropertyDescriptors(built([[patient ?? 'unused', who]])))
    })
}

function patients(attribute: Attribute, words: Words, mood: Mood): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<unknown>(...PATIENTS) },
    { weight: mood === 'sound' ? 0 : 1, arbitrary: value(attribute, words, mood) },
  )
}

function grants(words: Words, mood: Mood): fc.Arbitrary<unknown> {
  const grant = fc
    .record({
      kind: fc.constantFrom<string>(...builtInGrants, 'proxy'),
      tenant: fc.constantFrom('t1', 't1', 't1', 't2'),
      patient: fc.constantFrom(...PATIENTS),
      actor: fc.constantFrom(undefined, 'u1', 'u1', 'u2'),
      purposes: fc.constantFrom(undefined, undefined, ['TREAT'], ['HPAYMT']),
      resources: fc.constantFrom(undefined, undefined, ['Note']),
      actions: fc.constantFrom(undefined, undefined, ['read']),
      times: fc.constantFrom<[number, number | null]>([0, 1], [-1, 1], [-2, 0], [1, 2], [0, null], [-1, 0]),
      spelled: fc.boolean(),
    })
    .map(({ times: [from, until], spelled, ...rest }) => {
      // A broken glass names its actor, its reason and an end within the hour.
      const broken = rest.kind === 'break-glass'
      const step = broken ? HOUR / 2 : HOUR
      const [start, end] = [NOW + from * step, until === null ? (broken ? NOW + HOUR / 2 : null) : NOW + until * step]
      const named = broken ? { actor: rest.actor ?? 'u1', reason: 'unconscious' } : {}
      const times = spelled ? { from: text(start), until: end === null ? null : text(end) } : { from: start, until: end }
      return { ...rest, ...named, ...times }
    })
  const broken = fc.constantFrom<unknown>(null, {}, { kind: 'consent' }, 'consent', {
    kind: 'proxy',
    tenant: 't1',
    patient: 'p1',
    from: NOW,
    until: NOW,
  })
  const each: fc.Arbitrary<unknown> =
    mood === 'hostile' && on(words.wrongTypes)
      ? fc.oneof({ weight: 6, arbitrary: grant }, { weight: 1, arbitrary: broken })
      : grant
  const lists: fc.Arbitrary<unknown> = fc.array(each, { maxLength: 3 })
  if (mood !== 'hostile' || !on(words.wrongTypes))
    return fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 4, arbitrary: lists })
  return fc.oneof(
    { weight: 6, arbitrary: lists },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 'all', {}, Array(101).fill(null)) },
  )
}

function purposes(words: Words, mood: Mood): fc.Arbitrary<unknown> {
  const choices: fc.WeightedArbitrary<unknown>[] = [{ weight: 8, arbitrary: fc.constantFrom<unknown>(...PURPOSES) }]
  if (on(words.noPurpose)) choices.push({ weight: 1, arbitrary: fc.constant(undefined) })
  if (mood === 'hostile' && on(words.wrongTypes)) {
    choices.push({ weight: 1, arbitrary: fc.constantFrom<unknown>('NOSUCH', '', null, ['TREAT'], 'toString') })
  }
  return fc.oneof(...choices)
}

function times(words: Words, mood: Mood): fc.Arbitrary<unknown> {
  const usual = fc.constantFrom<unknown>(...TIMES, ...TIMES.map(text), undefined)
  if (mood !== 'hostile' || !on(words.wrongTypes)) return usual
  return fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom<unknown>('now', Number.NaN, null) })
}

/**
 * Requests for a policy: half of them complete and of the right types, a third with something absent, the rest hostile as far as
 * `words` lets them. Actors belong to tenant `t1`; leave `at` to a clock that says `NOW`.
 */
export function requestsFor(policy: PolicyJson, words: Words = {}): fc.Arbitrary<AnyRequest> {
  const mood = fc.constantFrom<Mood>('sound', 'sound', 'sound', 'partial', 'partial', 'hostile')
  const chosen = fc.record({ mood, type: fc.constantFrom(...Object.keys(policy.resources)) })
  const arbitraries = new Map<string, fc.Arbitrary<AnyRequest>>()
  return chosen.chain(({ mood: how, type }) => {
    const key = `${how} ${type}`
    const known = arbitraries.get(key) ?? requestsAbout(policy, type, words, how)
    arbitraries.set(key, known)
    return known
  })
}

function requestsAbout(policy: PolicyJson, type: string, words: Words, mood: Mood): fc.Arbitrary<AnyRequest> {
  const roles = Object.keys(policy.roles)
  const fields = Object.keys(policy.resources[type]?.attributes ?? {})
  return fc
    .record({
      extra: object(policy.actor ?? {}, words, mood),
      id: fc.constantFrom('u1', 'u1', 'u2'),
      roles: fc.subarray([...roles, 'ghost'], { minLength: 1, maxLength: 3 }),
      action: fc.constantFrom(...policy.actions),
      record: records(policy, type, words, mood),
      context: object(policy.context ?? {}, words, mood),
      bare: mood === 'hostile' && on(words.absent) ? fc.boolean() : fc.constant(false),
      purpose: on(words.purposes) ? purposes(words, mood) : fc.constant(undefined),
      grants: on(words.grants) ? grants(words, mood) : fc.constant(undefined),
      at: times(words, mood),
      fields:
        words.fields === true
          ? fc.oneof(fc.constant(undefined), fc.subarray(fields, { maxLength: 2 }))
          : fc.constant(undefined),
    })
    .map(({ extra, id, roles: held, action, record, context, bare, purpose, grants: handed, at, fields: asked }) => {
      const actor = Object.defineProperties({ id, tenant: 't1', roles: held }, Object.getOwnPropertyDescriptors(extra))
      const request: Record<string, unknown> = { actor, action, resource: { type, record } }
      if (!bare) request.context = context
      if (purpose !== undefined) request.purpose = purpose
      if (handed !== undefined) request.grants = handed
      if (at !== undefined) request.at = at
      if (asked !== undefined) request.fields = asked
      return request as unknown as AnyRequest
    })
}

/** The request with junk in the place of one of its parts: it is mostly no request any more. */
export function mangled(request: AnyRequest): fc.Arbitrary<unknown> {
  const places = [
    [],
    ['actor'],
    ['actor', 'id'],
    ['actor', 'tenant'],
    ['actor', 'roles'],
    ['action'],
    ['resource'],
    ['resource', 'type'],
    ['resource', 'record'],
    ['context'],
    ['grants'],
    ['fields'],
  ]
  const { actor, resource } = request as unknown as { actor: object; resource: { record: object } }
  const junk: readonly unknown[] = [
    undefined,
    null,
    '',
    'toString',
    0,
    Number.NaN,
    true,
    [],
    [null],
    {},
    () => undefined,
    Symbol('junk'),
    Array(300).fill('doctor'),
    Array(2_000).fill('id'),
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('no')
        },
      },
    ),
    // Of the right content, and not of the right kind.
    Object.assign([], actor),
    Object.assign(() => undefined, actor),
    Object.assign([], resource.record),
    Object.assign(() => undefined, resource.record),
    Object.assign(() => undefined, resource),
    Object.assign(() => undefined, request),
  ]
  return fc.tuple(fc.constantFrom(...places), fc.constantFrom(...junk)).map(([place, value]) => {
    const [outer, inner] = place
    if (outer === undefined) return value
    const loose = request as unknown as Record<string, object>
    if (inner === undefined) return { ...loose, [outer]: value }
    return { ...loose, [outer]: { ...loose[outer], [inner]: value } }
  })
}
