import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { refusal } from '../../../core/test/refusal.ts'
import { attributesOfSchema } from './attribute.ts'

const of = (schema: z.ZodType) => attributesOfSchema(z.object({ a: schema }), 'policy').a

describe('what a zod schema says about an attribute', () => {
  it.each([
    ['text', z.string(), { type: 'string' }],
    ['an e-mail address', z.email(), { type: 'string' }],
    ['text that may be missing', z.string().optional(), { type: 'string' }],
    ['text that may be null', z.string().nullable(), { type: 'string', nullable: true }],
    ['text that may be both', z.string().nullish(), { type: 'string', nullable: true }],
    ['text with a default', z.string().default('x'), { type: 'string' }],
    ['an enum', z.enum(['a', 'b']), { type: 'string', values: ['a', 'b'] }],
    ['a literal', z.literal('a'), { type: 'string', values: ['a'] }],
    ['a literal number', z.literal(3), { type: 'number' }],
    ['a number', z.number(), { type: 'number' }],
    ['an integer', z.int(), { type: 'number' }],
    ['a boolean', z.boolean(), { type: 'boolean' }],
    ['a date', z.date(), { type: 'instant' }],
    ['a time as text', z.iso.datetime(), { type: 'instant' }],
    ['an IPv4 address', z.ipv4(), { type: 'ip' }],
    ['an address of either family', z.union([z.ipv4(), z.ipv6()]), { type: 'ip' }],
    ['texts', z.array(z.string()), { type: 'set', of: 'string' }],
    ['texts of an enum, readonly', z.array(z.enum(['a', 'b'])).readonly(), { type: 'set', of: 'string', values: ['a', 'b'] }],
    ['numbers, or null', z.array(z.number()).nullable(), { type: 'set', of: 'number', nullable: true }],
    ['texts of which some are null', z.array(z.string().nullable()), { type: 'opaque' }],
    ['objects in an array', z.array(z.object({})), { type: 'opaque' }],
    ['an object', z.object({ b: z.string() }), { type: 'object', attributes: { b: { type: 'string' } } }],
    ['anything', z.unknown(), { type: 'opaque' }],
    ['one or the other', z.union([z.string(), z.number()]), { type: 'opaque' }],
    ['what becomes something else', z.string().transform(Number), { type: 'opaque' }],
    ['a record', z.record(z.string(), z.string()), { type: 'opaque' }],
    ['a big integer', z.bigint(), { type: 'opaque' }],
  ])('%s', (_, schema, expected) => {
    expect(of(schema)).toEqual(expected)
  })

  it('needs an object', async () => {
    for (const schema of [z.string(), {}, null, undefined, () => 1]) {
      expect((await refusal(() => attributesOfSchema(schema, 'policy.actor'))).path).toBe('policy.actor')
    }
  })
})
