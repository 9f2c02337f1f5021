import { actorSchema, canonicalJson, isPhiError, type PhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type AuditEventInput, auditActorSchema, auditEventSchema } from './event.ts'
import { eventLimits } from './event-limits.ts'
import { groupNames, MAX_GROUP_BYTES } from './group.ts'
import { groupTexts } from './group-text.ts'
import { ed25519Signer, memoryStore, openAuditLog } from './index.ts'
import { parseAuditEvent } from './parse-event.ts'

const origin = 'clinic.example/audit'
const minimal = { action: 'read', outcome: 'success', actor: { id: 'u-17', type: 'workforce' } } as const

function refusal(input: unknown): PhiError {
  try {
    parseAuditEvent(input)
  } catch (error) {
    if (isPhiError(error)) return error
    throw error
  }
  throw new Error('was not refused')
}

let deep: unknown = 'x'
for (let i = 0; i < 100; i++) deep = { x: deep }

/** Each value holds the marker, so that a message that quotes input is found out. */
const SECRET = 'JaneRoe'
const bad: [what: string, input: unknown, path: string][] = [
  ['nothing', undefined, 'event'],
  ['a text', SECRET, 'event'],
  ['an unknown key at the top', { ...minimal, [SECRET]: 1 }, 'event'],
  ['an unknown key in a group', { ...minimal, source: { [SECRET]: SECRET } }, 'source'],
  [
    'an unknown key in the resource',
    { ...minimal, subject: { resource: { type: 'a', id: 'b', [SECRET]: 1 } } },
    'subject.resource',
  ],
  [
    'an own __proto__ key',
    JSON.parse(`{"action":"read","outcome":"success","actor":{"id":"u","type":"workforce"},"__proto__":{"a":1}}`),
    'event',
  ],
  ['an own __proto__ key in details', { ...minimal, context: { details: JSON.parse('{"__proto__":1}') } }, 'context.details.*'],
  ['no actor', { action: 'read', outcome: 'success' }, 'actor'],
  ['an empty actor', { ...minimal, actor: {} }, 'actor.id'],
  ['an empty actor id', { ...minimal, actor: { id: '', type: 'workforce' } }, 'actor.id'],
  ['a blank actor id', { ...minimal, actor: { id: '  ', type: 'workforce' } }, 'actor.id'],
  ['an actor id with a line feed', { ...minimal, actor: { id: `${SECRET}\nx`, type: 'workforce' } }, 'actor.id'],
  ['an unknown actor type', { ...minimal, actor: { id: 'u', type: SECRET } }, 'actor.type'],
  ['an unknown action', { ...minimal, action: SECRET }, 'action'],
  ['an unknown outcome', { ...minimal, outcome: SECRET }, 'outcome'],
  ['an unknown purpose', { ...minimal, context: { purpose: SECRET } }, 'context.purpose'],
  ['an unknown data class', { ...minimal, subject: { dataClasses: [SECRET] } }, 'subject.dataClasses[0]'],
  ['an id with a space', { ...minimal, id: `${SECRET} 1` }, 'id'],
  ['a date without a time', { ...minimal, occurredAt: '2026-11-21' }, 'occurredAt'],
  ['a time without milliseconds', { ...minimal, occurredAt: '2026-11-21T10:00:00Z' }, 'occurredAt'],
  ['a time with an offset', { ...minimal, occurredAt: '2026-11-21T10:00:00.000+01:00' }, 'occurredAt'],
  ['30 February', { ...minimal, occurredAt: '2026-02-30T10:00:00.000Z' }, 'occurredAt'],
  ['a Date', { ...minimal, occurredAt: new Date(0) }, 'occurredAt'],
  ['an address that is none', { ...minimal, source: { ip: '999.1.1.1' } }, 'source.ip'],
  ['an address with a port', { ...minimal, source: { ip: '203.0.113.9:443' } }, 'source.ip'],
  ['a host name for an address', { ...minimal, source: { ip: `${SECRET}.example` } }, 'source.ip'],
  ['a trace of zeros', { ...minimal, source: { trace: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` } }, 'source.trace'],
  ['NaN', { ...minimal, subject: { count: Number.NaN } }, 'subject.count'],
  ['NaN in details', { ...minimal, context: { details: { a: Number.NaN } } }, 'context.details.*'],
  ['Infinity in details', { ...minimal, context: { details: { a: Infinity } } }, 'context.details.*'],
  ['a bigint', { ...minimal, context: { details: { a: 1n } } }, 'context.details.*'],
  ['undefined in details', { ...minimal, context: { details: { a: undefined } } }, 'context.details.*'],
  ['10 MB in a detail', { ...minimal, context: { details: { a: SECRET.repeat(1_500_000) } } }, 'context.details.*'],
  ['nesting in a detail', { ...minimal, context: { details: { a: { b: SECRET } } } }, 'context.details.*'],
  ['nesting 100 deep', { ...minimal, context: { details: deep } }, 'context.details.*'],
  ['a detail key with a space', { ...minimal, context: { details: { [`${SECRET} x`]: 1 } } }, 'context.details.*'],
  [
    '33 details',
    {
      ...minimal,
      context: { details: Object.fromEntries(Array.from({ length: eventLimits.details + 1 }, (_, i) => [`k${i}`, i])) },
    },
    'context.details',
  ],
  [
    '1,001 patients',
    { ...minimal, subject: { patients: Array.from({ length: eventLimits.patients + 1 }, (_, i) => `p-${i}`) } },
    'subject.patients',
  ],
  ['a patient named twice', { ...minimal, subject: { patients: ['p-1', 'p-1'] } }, 'subject.patients'],
  ['null for a group', { ...minimal, source: null }, 'source'],
  ['a hash that is none', { ...minimal, context: { ai: { promptHash: SECRET } } }, 'context.ai.promptHash'],
  [
    'a disclosure without a recipient',
    { ...minimal, context: { disclosure: { description: 'x', purpose: 'y' } } },
    'context.disclosure.recipient',
  ],
]

describe('bad input', () => {
  it.each(bad)('refuses %s, says where, and quotes nothing', (_, input, path) => {
    const error = refusal(input)
    expect(error.code).toBe('PHI_AUDIT_EVENT')
    expect(error.path).toBe(path)
    expect(JSON.stringify(error) + error.message + String(error.stack)).not.toContain(SECRET)
  })

  it.each(bad)('writes nothing for %s', async (_, input) => {
    const store = memoryStore()
    const log = await openAuditLog({ origin, store, signer: await ed25519Signer.generate(origin) })
    await expect(log.append(input as AuditEventInput)).rejects.toMatchObject({ code: 'PHI_AUDIT_EVENT' })
    expect((await store.head({ tenant: 'default', origin })).size).toBe(0)
  })

  it.each([
    ['an actor id', { ...minimal, actor: { id: 'x\ud83d', type: 'workforce' } }],
    ['a reason', { ...minimal, context: { reason: 'x\udc00y' } }],
    ['a detail', { ...minimal, context: { details: { a: '\ud800' } } }],
    ['a user agent', { ...minimal, source: { userAgent: '\udfff' } }],
  ] as [string, AuditEventInput][])('refuses a lone surrogate in %s before anything is written', async (_, input) => {
    const store = memoryStore()
    const log = await openAuditLog({ origin, store })
    await expect(log.append(input)).rejects.toMatchObject({ code: 'PHI_AUDIT_EVENT' })
    expect((await store.head({ tenant: 'default', origin })).size).toBe(0)
  })

  it('refuses a group over 64 KiB', async () => {
    const log = await openAuditLog({ origin, store: memoryStore() })
    const patients = Array.from({ length: 500 }, (_, i) => `${i}-${'x'.repeat(200)}`)
    await expect(log.append({ ...minimal, subject: { patients } })).rejects.toMatchObject({
      code: 'PHI_AUDIT_EVENT_TOO_LARGE',
      path: 'subject',
    })
    expect(MAX_GROUP_BYTES).toBe(65_536)
  })

  it('takes a key that is undefined as absent', () => {
    const texts = groupTexts(parseAuditEvent({ ...minimal, source: { ip: undefined } }), 'e-1', '2026-11-21T10:00:00.000Z')
    expect(texts.source).toBe('{}')
  })

  it('takes text that looks like an escaped surrogate', () => {
    const texts = groupTexts(
      parseAuditEvent({ ...minimal, context: { reason: 'a \\ud800 b' } }),
      'e-1',
      '2026-11-21T10:00:00.000Z',
    )
    expect(JSON.parse(texts.context)).toEqual({ reason: 'a \\ud800 b' })
  })
})

describe('the schema', () => {
  it('types actions, purposes and data classes', () => {
    expectTypeOf<AuditEventInput['action']>().not.toEqualTypeOf<string>()
    // @ts-expect-error a misspelt action does not compile
    const wrong: AuditEventInput = { ...minimal, action: 'raed' }
    expect(() => parseAuditEvent(wrong)).toThrow()
  })

  it('writes its shapes with sorted keys, since the parsed objects are serialised as they stand', () => {
    const shapes: Record<string, unknown>[] = []
    const walk = (schema: {
      _zod: { def: { type: string; shape?: Record<string, never>; innerType?: never; element?: never } }
    }): void => {
      const { shape, innerType, element } = schema._zod.def
      if (shape !== undefined) {
        shapes.push(shape)
        Object.values(shape).forEach(walk)
      }
      if (innerType !== undefined) walk(innerType)
      if (element !== undefined) walk(element)
    }
    for (const group of ['actor', 'source', 'subject', 'context'] as const) walk(auditEventSchema.shape[group] as never)
    expect(shapes.length).toBeGreaterThanOrEqual(8)
    for (const shape of shapes) expect(Object.keys(shape)).toEqual(Object.keys(shape).toSorted())
  })

  it('accepts exactly the actors that @phi/core accepts', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.constantFrom('u-1', ' x', 'x ', 'a\u0085b', 'a\u2028b', '', 'x'.repeat(257)),
    )
    const wellFormed = (value: unknown) =>
      JSON.stringify(value)?.isWellFormed() === true && !/\\ud[89a-f]/.test(JSON.stringify(value))
    fc.assert(
      fc.property(
        fc.record(
          {
            id: text,
            type: fc.constantFrom('workforce', 'patient', 'bot'),
            roles: fc.array(text, { maxLength: 3 }),
            organization: text,
            onBehalfOf: text,
          },
          { requiredKeys: ['id', 'type'] },
        ),
        (actor) => {
          fc.pre(wellFormed(actor))
          expect(auditActorSchema.safeParse(actor).success).toBe(actorSchema.safeParse(actor).success)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('serialises every event to canonical JSON: the fast writer and the general one are equal', () => {
    const word = fc
      .string({ minLength: 1, maxLength: 12 })
      .filter((text) => /^(?!\s)[^\p{Cc}\u2028\u2029]+(?<!\s)$/u.test(text) && text.isWellFormed())
    const prose = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    const input = fc.record(
      {
        action: fc.constantFrom('read', 'export', 'break-glass'),
        outcome: fc.constantFrom('success', 'denied'),
        severity: fc.constantFrom('info', 'alert'),
        actor: fc.record(
          {
            id: word,
            type: fc.constantFrom('workforce', 'system'),
            roles: fc.array(word, { maxLength: 3 }),
            organization: word,
          },
          { requiredKeys: ['id', 'type'] },
        ),
        source: fc.record({ ip: fc.oneof(fc.ipV4(), fc.ipV6()), userAgent: prose, session: word }, { requiredKeys: [] }),
        subject: fc.record(
          {
            resource: fc.record({ type: word, id: word, version: word }, { requiredKeys: ['type', 'id'] }),
            patients: fc.uniqueArray(word, { maxLength: 4 }),
            count: fc.nat(),
          },
          { requiredKeys: [] },
        ),
        context: fc.record(
          {
            purpose: fc.constantFrom('TREAT', 'HPAYMT'),
            reason: prose,
            details: fc.dictionary(
              fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom('a', 'B', 'z', 'Z', 'k', 'x') }),
              fc.oneof(prose, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
              { maxKeys: 6 },
            ),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ['action', 'outcome', 'actor'] },
    )
    fc.assert(
      fc.property(input, (event) => {
        const parsed = parseAuditEvent(event)
        const texts = groupTexts(parsed, 'e-1', '2026-11-21T10:00:00.000Z')
        for (const name of groupNames) expect(texts[name]).toBe(canonicalJson(JSON.parse(texts[name])))
        if (event.context?.details !== undefined) {
          const { details } = JSON.parse(texts.context) as { details: Record<string, unknown> }
          for (const [key, value] of Object.entries(event.context.details))
            expect(details[key]).toEqual(Object.is(value, -0) ? 0 : value)
        }
      }),
      { numRuns: 500 },
    )
  })
})
