import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditEventInput, auditEventSchema } from './event.ts'
import { eventLimits } from './event-limits.ts'
import { groupTexts } from './group-text.ts'
import { parseAuditEvent } from './parse-event.ts'
import { plainEvent } from './plain-event.ts'

const LONG = process.env.PHI_LONG === '1'
const minimal = { action: 'read', outcome: 'success', actor: { id: 'u-17', type: 'workforce' } } as const

/** One that has everything that is read by hand. */
const full = {
  action: 'read',
  id: 'order-1',
  occurredAt: '2026-11-21T10:00:00.000Z',
  outcome: 'denied',
  severity: 'warning',
  actor: { id: 'u-17', type: 'workforce', roles: ['therapist', 'on call'], organization: 'clinic', onBehalfOf: 'u-1' },
  source: { ip: '203.0.113.9', request: 'r-1', session: 's-1', site: 'north', userAgent: 'Mozilla/5.0\n(\u2028é)' },
  subject: {
    count: 3,
    dataClasses: ['phi.clinical.note.psychotherapy', 'phi.demographic'],
    fields: ['text', 'signed by'],
    patients: ['p-1', 'p-2'],
    resource: { type: 'ProgressNote', id: 'n-1', version: '2' },
  },
  context: {
    breakGlass: true,
    decision: { policy: 'clinic/1', rule: 'own' },
    purpose: 'TREAT',
    reason: 'asked by\nthe patient',
  },
} as const satisfies AuditEventInput

/** As they are hashed; or the group that holds what is not text, which is refused later. */
function texts(parsed: Parameters<typeof groupTexts>[0]): unknown {
  try {
    return groupTexts(parsed, 'e-1', '2026-11-21T10:00:00.000Z')
  } catch (error) {
    return (error as Error).message
  }
}

/** What is read by hand is what the schema says; what is not is left to it. @returns whether it was read by hand */
function holdsEqual(input: unknown): boolean {
  const plain = plainEvent(input)
  if (plain === null) return false
  const said = auditEventSchema.safeParse(input)
  expect(said.success).toBe(true)
  // Keys that were left out may be there and undefined: no reader of events tells the two apart.
  expect(plain).toEqual(said.data)
  expect(JSON.stringify(plain)).toBe(JSON.stringify(said.data))
  expect(texts(plain)).toEqual(texts(said.data as typeof plain))
  return true
}

/** The places of a value within an object, its own included. */
function placesOf(value: unknown, at: readonly PropertyKey[] = []): (readonly PropertyKey[])[] {
  if (typeof value !== 'object' || value === null) return [at]
  return [at, ...Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...at, key]))]
}

/** A copy with something else in one place. */
function changed(value: unknown, [key, ...rest]: readonly PropertyKey[], to: (old: unknown) => unknown): unknown {
  if (key === undefined) return to(value)
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) }
  Reflect.set(copy, key, changed(Reflect.get(copy, key), rest, to))
  return copy
}

const places = placesOf(full)
const accessor = (value: unknown) =>
  Object.defineProperty({ ...(value as object) }, 'id', { get: () => 'u', enumerable: false })

/** What may stand in a place instead. */
const changes: readonly (readonly [what: string, to: (old: unknown) => unknown])[] = [
  ...[
    undefined,
    null,
    0,
    -0,
    -1,
    1.5,
    Number.NaN,
    Infinity,
    2 ** 53,
    1n,
    true,
    Symbol('s'),
    '',
    ' ',
    '\t',
    'x',
    ' x',
    'x ',
    'a b',
  ].map((value) => [`${typeof value} ${String(value)}`, () => value] as const),
  ...[
    '\u007f',
    'a\u0000b',
    'é',
    'a\u0085b',
    'a\u00a0',
    '\ufeffa',
    'a\u2028b',
    'a\nb',
    '\ud800',
    '👍',
    '__proto__',
    'constructor',
  ].map((value) => [JSON.stringify(value), () => value] as const),
  ...[eventLimits.role, eventLimits.eventId, eventLimits.name, eventLimits.userAgent, eventLimits.prose].flatMap((most) =>
    [most, most + 1].map((length) => [`${length} characters`, () => 'x'.repeat(length)] as const),
  ),
  ...[
    '0.0.0.0',
    '255.255.255.255',
    '256.1.1.1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.00',
    '1..3.4',
    '1.2.3.',
    '.1.2.3',
    '1.2.3.4 ',
    '1.2.3.a',
    '::1',
    '1.2.3.4\n',
    '1.2.3.-1',
    '999.9.9.9',
  ].map((ip) => [ip, () => ip] as const),
  ...['2026-02-30T10:00:00.000Z', '2026-11-21', '2026-11-21T24:00:00.000Z', 'PATRQT', 'toString', 'system'].map(
    (text) => [text, () => text] as const,
  ),
  ['an empty list', () => []],
  ['an empty object', () => ({})],
  ['a list of one', (old) => [old]],
  ['twice the same', (old) => [old, old]],
  ['its first once more', (old) => (Array.isArray(old) ? [...old, old[0]] : ['x', 'y', 'x'])],
  ['a list with a hole', () => new Array(1)],
  ['a boxed text', () => Object('x')],
  ['a date', () => new Date(0)],
  ['a map', () => new Map()],
  ['a function', () => () => 'x'],
  ['an unknown key', (old) => ({ ...(old as object), nobody: 1 })],
  ['an unknown key that is undefined', (old) => ({ ...(old as object), nobody: undefined })],
  ['a key that is a symbol', (old) => ({ ...(old as object), [Symbol('s')]: 1 })],
  ['an own __proto__', (old) => Object.defineProperty({ ...(old as object) }, '__proto__', { value: 1, enumerable: true })],
  ['no prototype', (old) => Object.assign(Object.create(null), old)],
  ['everything inherited', (old) => Object.create(old as object)],
  ['an instance', (old) => Object.assign(new (class Event {})(), old)],
  ['an id that is hidden', accessor],
  [
    'a key that is hidden',
    (old) => Object.defineProperty({ ...(old as object) }, 'severity', { value: 'nobody', enumerable: false }),
  ],
]

describe('events read by hand', () => {
  it('are those that nearly all callers write: with what most groups hold, and nothing but the least', () => {
    expect(holdsEqual(full)).toBe(true)
    expect(holdsEqual(minimal)).toBe(true)
    expect(holdsEqual(JSON.parse(JSON.stringify(full)))).toBe(true)
    expect(holdsEqual({ ...minimal, id: undefined, source: undefined, subject: {}, context: {} })).toBe(true)
    expect(holdsEqual({ ...minimal, subject: { count: -0 } })).toBe(true)
  })

  it('are what the schema says of them, whatever stands in any place', () => {
    let byHand = 0
    for (const place of places)
      for (const [what, to] of changes) {
        const input = changed(full, place, (old) =>
          typeof old === 'object' || !/key|__proto__|prototype|inherited|instance|id that/.test(what) ? to(old) : to({}),
        )
        if (holdsEqual(input)) byHand++
      }
    expect(places.length).toBeGreaterThan(35)
    // Neither everything nor nothing.
    expect(byHand).toBeGreaterThan(200)
    expect(byHand).toBeLessThan((places.length * changes.length) / 2)
  })

  it('are what the schema says of them, with several things changed at once', () => {
    const change = fc.tuple(fc.constantFrom(...places.slice(1)), fc.constantFrom(...changes))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (several) => {
        let input: unknown = full
        for (const [place, [, to]] of several) {
          try {
            input = changed(input, place, to)
          } catch {
            // An earlier change took the place away.
          }
        }
        holdsEqual(input)
      }),
      { numRuns: LONG ? 200_000 : 2_000 },
    )
  })

  it('are what the schema says of them, with any text for a name', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.string({ unit: fc.constantFrom('a', ' ', '~', '\u007f', '\u001f', '.', '0') }),
    )
    const ip = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom('0', '1', '2', '5', '9', '.'), minLength: 5, maxLength: 16 }),
    )
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 4 }), ip, (name, names, address) => {
        for (const input of [
          { ...minimal, actor: { id: name, type: 'patient', roles: names } },
          { ...minimal, id: name },
          { ...minimal, source: { ip: address, userAgent: name } },
          { ...minimal, subject: { patients: names, fields: names, resource: { type: 'a', id: name } } },
          { ...minimal, context: { reason: name } },
        ])
          holdsEqual(input)
      }),
      { numRuns: LONG ? 50_000 : 500 },
    )
  })

  it.each([
    ['an id', eventLimits.eventId, (n: number) => ({ ...minimal, id: 'x'.repeat(n) })],
    ['a name', eventLimits.name, (n: number) => ({ ...minimal, actor: { id: 'x'.repeat(n), type: 'system' } })],
    ['a role', eventLimits.role, (n: number) => ({ ...minimal, actor: { ...minimal.actor, roles: ['x'.repeat(n)] } })],
    ['roles', eventLimits.roles, (n: number) => ({ ...minimal, actor: { ...minimal.actor, roles: Array(n).fill('x') } })],
    ['a user agent', eventLimits.userAgent, (n: number) => ({ ...minimal, source: { userAgent: 'é'.repeat(n) } })],
    ['a reason', eventLimits.prose, (n: number) => ({ ...minimal, context: { reason: '\n'.repeat(n) } })],
    [
      'patients',
      eventLimits.patients,
      (n: number) => ({ ...minimal, subject: { patients: Array.from({ length: n }, (_, i) => `p-${i}`) } }),
    ],
    [
      'fields',
      eventLimits.fields,
      (n: number) => ({ ...minimal, subject: { fields: Array.from({ length: n }, (_, i) => `f-${i}`) } }),
    ],
  ])('have %s up to the limit and no further', (_, most, of) => {
    expect(holdsEqual(of(most))).toBe(true)
    expect(plainEvent(of(most + 1))).toBeNull()
    expect(() => parseAuditEvent(of(most + 1))).toThrow(expect.objectContaining({ code: 'PHI_AUDIT_EVENT' }))
  })

  it('have no more data classes than the limit, which is more than there are', () => {
    const classes = Array(eventLimits.dataClasses + 1).fill('phi.demographic')
    expect(plainEvent({ ...minimal, subject: { dataClasses: classes } })).toBeNull()
    expect(auditEventSchema.safeParse({ ...minimal, subject: { dataClasses: classes } }).success).toBe(false)
  })

  it.each([
    ['source', { trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }],
    ['source', { ip: '2001:db8::1' }],
    ['context', { details: { rows: 3 } }],
    ['context', { ai: { model: 'm-1' } }],
    ['context', { disclosure: { description: 'a', purpose: 'b', recipient: 'c' } }],
  ])('leave to the schema what they do not know, and it is kept: %s %j', (group, more) => {
    const input = { ...full, [group]: { ...full[group as 'source'], ...more } } as unknown as AuditEventInput
    expect(plainEvent(input)).toBeNull()
    expect(parseAuditEvent(input)).toEqual(input)
  })

  it('know no key that the schema does not', () => {
    const { source, subject, context, actor } = parseAuditEvent({ ...full })
    const shapes = auditEventSchema.shape
    for (const [read, shape] of [
      [{ ...full }, shapes],
      [actor, shapes.actor.shape],
      [source, shapes.source.unwrap().shape],
      [subject, shapes.subject.unwrap().shape],
      [context, shapes.context.unwrap().shape],
    ] as const)
      expect(Object.keys(shape)).toEqual(expect.arrayContaining(Object.keys(read ?? {})))
  })

  it('share no list and no object with what the caller gave', () => {
    const input = structuredClone(full) as unknown as {
      subject: { patients: string[] }
      actor: { roles: string[]; id: string }
    }
    const parsed = parseAuditEvent(input)
    input.subject.patients.push('p-3')
    input.actor.roles.length = 0
    input.actor.id = 'someone else'
    expect(parsed).toEqual(full)
  })

  it('are read once: what is checked is what is kept', () => {
    const reads: string[] = []
    const watched = <T extends object>(value: T, at: string): T =>
      new Proxy(value, {
        get: (target, key) => {
          const inner: unknown = Reflect.get(target, key)
          if (typeof key === 'string' && Object.hasOwn(target, key)) reads.push(`${at}.${key}`)
          return typeof inner === 'object' && inner !== null ? watched(inner, `${at}.${String(key)}`) : inner
        },
      })
    expect(plainEvent(watched(full, ''))).toEqual(full)
    expect(new Set(reads).size).toBe(reads.length)
  })

  it('are not those of a polluted Object.prototype', () => {
    Object.defineProperty(Object.prototype, 'severity', {
      value: 'alert',
      configurable: true,
      enumerable: true,
      writable: true,
    })
    try {
      holdsEqual(minimal)
      expect(plainEvent({ ...minimal, source: {} })).toBeNull()
    } finally {
      Reflect.deleteProperty(Object.prototype, 'severity')
    }
  })
})
