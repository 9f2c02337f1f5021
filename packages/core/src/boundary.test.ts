import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type ErrorContext, PhiError, parseAs } from './index.ts'

const refusal = (context: ErrorContext) => new PhiError('PHI_TEST', { problem: 'No', remedy: 'Fix it.' }, context)
const fails = (schema: z.ZodType, value: unknown) => {
  try {
    parseAs(schema, value, 'root', refusal)
  } catch (error) {
    if (error instanceof PhiError) return error
    throw error
  }
  throw new Error('not refused')
}

describe('parseAs', () => {
  it('hands out what the schema makes of the value', () => {
    expect(parseAs(z.object({ a: z.string().default('x') }), {}, 'root', refusal)).toEqual({ a: 'x' })
  })

  const leaf = z.string()
  it.each<[string, z.ZodType, unknown, string]>([
    ['a nested key', z.strictObject({ a: z.strictObject({ b: leaf }) }), { a: { b: 1 } }, 'root.a.b'],
    [
      'a member of a list',
      z.strictObject({ a: z.array(z.strictObject({ b: leaf })) }),
      { a: [{ b: 'x' }, { b: 1 }] },
      'root.a.*.b',
    ],
    ['a key of a record', z.strictObject({ a: z.record(z.string(), leaf) }), { a: { 'Jane Roe': 1 } }, 'root.a.*'],
    ['a record of objects', z.record(z.string(), z.strictObject({ b: leaf })), { Jane: { b: 1 } }, 'root.*.b'],
    ['a key that a record refuses', z.record(z.string().max(2), leaf), { 'Jane Roe': 'x' }, 'root.*'],
    [
      'optional, nullable, default, readonly',
      z.strictObject({ a: z.strictObject({ b: leaf }).nullable().optional().readonly() }),
      { a: { b: 1 } },
      'root.a.b',
    ],
    ['a pipe', z.strictObject({ a: z.strictObject({ b: leaf }).transform((x) => x) }), { a: { b: 1 } }, 'root.a.b'],
    [
      'a discriminated union',
      z.discriminatedUnion('t', [
        z.strictObject({ t: z.literal('x'), b: leaf }),
        z.strictObject({ t: z.literal('y'), c: leaf }),
      ]),
      { t: 'y', c: 1 },
      'root.c',
    ],
    ['unknown keys', z.strictObject({ a: leaf }), { a: 'x', 'Jane Roe': 1 }, 'root'],
    ['a catchall key', z.object({ a: leaf }).catchall(leaf), { a: 'x', 'Jane Roe': 1 }, 'root.*'],
    [
      'a loose path from a refinement',
      z
        .strictObject({ a: leaf })
        .superRefine((_, issues) => issues.addIssue({ code: 'custom', path: ['Jane Roe'], message: 'wrong' })),
      { a: 'x' },
      'root.*',
    ],
  ])('reports %s in schema terms', (_, schema, value, path) => {
    const error = fails(schema, value)
    expect(error.path).toBe(path)
    expect(error.message).not.toMatch(/Jane|Roe/)
    expect(error.cause).toBeUndefined()
  })

  it.each<[string, z.ZodType, unknown, string]>([
    ['a type', z.string(), 1, 'must be of type string'],
    ['a maximum', z.string().max(3), 'Jane', 'must be at most 3 characters'],
    ['a minimum', z.string().min(3), 'J', 'must be at least 3 characters'],
    ['a number', z.number().max(3), 4, 'must be at most 3'],
    ['a list of values', z.enum(['a', 'b']), 'Jane', 'must be one of the documented values'],
    ['a format', z.email(), 'Jane', 'must have the documented form'],
    ['a union', z.union([z.string(), z.number()]), null, 'must have one of the documented forms'],
    ['a refinement', z.string().refine((text) => text === '', 'must be empty'), 'Jane', 'must be empty'],
    ['unknown keys', z.strictObject({}), { Jane: 1 }, 'holds a key that is not documented'],
  ])('says what is wrong with %s in a fixed phrase', (_, schema, value, detail) => {
    expect(fails(schema, value).message).toBe(`No (at root): ${detail}. Fix it.`)
  })
})
