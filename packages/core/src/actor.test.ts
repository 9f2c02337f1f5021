import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type Actor,
  type ActorInput,
  type ActorType,
  actorSchema,
  actorTypes,
  isPhiError,
  type PhiError,
  parseActor,
} from './index.ts'

const therapist: ActorInput = { id: 'u-17', type: 'workforce', roles: ['therapist'] }

const refusal = (value: unknown): PhiError | undefined => {
  try {
    parseActor(value)
  } catch (error) {
    if (isPhiError(error, 'PHI_CORE_ACTOR')) return error
    throw error
  }
  return undefined
}

describe('actors', () => {
  it('S112 name who acts, in which role, of which organization, for whom', () => {
    const full = { ...therapist, organization: 'clinic-3', onBehalfOf: 'p-88' }
    expect(parseActor(full)).toEqual(full)
  })

  it('have no roles unless some are given, and those of one call are not those of the next', () => {
    const [a, b] = [parseActor({ id: 'p-88', type: 'patient' }), parseActor({ id: 'p-89', type: 'patient' })]
    expect(a).toEqual({ id: 'p-88', type: 'patient', roles: [] })
    expect(a.roles).not.toBe(b.roles)
  })

  it('are copies that cannot be changed', () => {
    const input = { id: 'u-17', type: 'workforce', roles: ['therapist'] }
    const actor = parseActor(input)
    input.roles.push('admin')
    input.id = 'u-1'
    expect(actor).toEqual(therapist)
    expect(() => Object.assign(actor, { id: 'u-1' })).toThrow(TypeError)
    expect(() => (actor.roles as string[]).push('admin')).toThrow(TypeError)
  })

  it('take up to the limits, and any script', () => {
    const most = { id: 'x'.repeat(256), type: 'service', roles: Array.from({ length: 32 }, () => 'r'.repeat(64)) }
    expect(parseActor(most)).toEqual(most)
    expect(parseActor({ id: 'Ærøskøbing 🏥 李', type: 'vendor' }).id).toBe('Ærøskøbing 🏥 李')
  })

  it('are of one of five types', () => {
    expect(actorTypes).toEqual(['workforce', 'patient', 'service', 'system', 'vendor'])
    for (const type of actorTypes) expect(parseActor({ id: 'x', type }).type).toBe(type)
  })

  it('read back what they wrote', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter((each) => actorSchema.safeParse({ id: each, type: 'system' }).success)
    fc.assert(
      fc.property(text, fc.constantFrom(...actorTypes), (id, type) => {
        const actor = parseActor({ id, type })
        expect(parseActor(JSON.parse(JSON.stringify(actor)))).toEqual(actor)
        expect(actor.id).toBe(id)
      }),
    )
  })

  it('have the types that a caller expects', () => {
    expectTypeOf<Actor['roles']>().toEqualTypeOf<readonly string[]>()
    expectTypeOf<Actor['type']>().toEqualTypeOf<ActorType>()
    expectTypeOf<{ id: string; type: 'vendor' }>().toExtend<ActorInput>()
    // @ts-expect-error not a type of actor
    const wrong: ActorInput = { id: 'x', type: 'robot' }
    expect(refusal(wrong)?.path).toBe('actor.type')
  })
})

describe('refused', () => {
  const long = 'Jane Roe '.repeat(40).trim()
  it.each<[why: string, value: unknown, path: string]>([
    ['an empty id', { ...therapist, id: '' }, 'actor.id'],
    ['a blank id', { ...therapist, id: '   ' }, 'actor.id'],
    ['an id with white space at its end', { ...therapist, id: 'Jane ' }, 'actor.id'],
    ['a long id', { ...therapist, id: long }, 'actor.id'],
    ['a control character', { ...therapist, id: 'Jane\u0007Roe' }, 'actor.id'],
    ['a line break', { ...therapist, id: 'Jane\nRoe' }, 'actor.id'],
    ['a C1 control', { ...therapist, id: 'Jane\u0085Roe' }, 'actor.id'],
    ['a line separator', { ...therapist, id: 'Jane\u2028Roe' }, 'actor.id'],
    ['a lone surrogate', { ...therapist, id: 'Jane\ud800' }, 'actor.id'],
    ['an id of another type', { ...therapist, id: 7 }, 'actor.id'],
    ['no id', { type: 'workforce' }, 'actor.id'],
    ['an unknown type', { ...therapist, type: 'Jane Roe' }, 'actor.type'],
    ['a role that is too long', { ...therapist, roles: ['ok', 'Jane'.repeat(20)] }, 'actor.roles.*'],
    ['a role of another type', { ...therapist, roles: [{ name: 'Jane Roe' }] }, 'actor.roles.*'],
    ['33 roles', { ...therapist, roles: Array.from({ length: 33 }, () => 'Jane') }, 'actor.roles'],
    ['roles that are no list', { ...therapist, roles: 'Jane' }, 'actor.roles'],
    ['an empty organization', { ...therapist, organization: '' }, 'actor.organization'],
    ['an onBehalfOf that is no id', { ...therapist, onBehalfOf: { id: 'Jane' } }, 'actor.onBehalfOf'],
    ['null for an optional key', { ...therapist, organization: null }, 'actor.organization'],
    ['an unknown key', { ...therapist, 'Jane Roe': 1 }, 'actor'],
    ['two unknown keys', { ...therapist, ssn: '078-05-1120 Jane', Jane: 1 }, 'actor'],
    ['__proto__ as a key', JSON.parse('{"id":"x","type":"system","__proto__":{"Jane":1}}'), 'actor'],
    ['a list', ['Jane'], 'actor'],
    ['a text', 'Jane', 'actor'],
    ['nothing', undefined, 'actor'],
    ['null', null, 'actor'],
  ])('%s, without a word of it in the error', (_, value, path) => {
    const error = refusal(value)
    expect(error?.path).toBe(path)
    expect(`${error?.message} ${JSON.stringify(error)} ${String(error?.cause)}`).not.toMatch(/Jane|Roe|ssn|078|__proto__/)
  })

  it('what throws when it is read', () => {
    const trap = {
      type: 'system',
      get id(): string {
        throw new Error('Jane Roe')
      },
    }
    expect(refusal(trap)?.message).not.toContain('Jane')
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(refusal(proxy)?.path).toBe('actor')
  })

  it('inherited properties do not count as given', () => {
    expect(parseActor(Object.assign(Object.create({ roles: ['admin'] }), { id: 'x', type: 'system' })).roles).toEqual([])
    Object.defineProperty(Object.prototype, 'roles', { value: ['admin'], configurable: true, writable: true })
    try {
      expect(parseActor({ id: 'x', type: 'system' }).roles).toEqual([])
    } finally {
      Reflect.deleteProperty(Object.prototype, 'roles')
    }
  })

  it('any value at all, always with an error of the catalogue', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
        (value) => {
          expect(refusal(value)?.code).toBe('PHI_CORE_ACTOR')
        },
      ),
      { numRuns: 2000 },
    )
  })
})
