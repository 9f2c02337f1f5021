import { isPurposeOfUse, type PurposeOfUse } from '@phi/core'
import * as z from 'zod'

/** A constant in a policy. */
export type Literal = string | number | boolean

/** `actor.id`, `resource.careTeam`, `context.ip`; nested objects by dots: `resource.patient.id`. */
export type AttributePath = `${'actor' | 'resource' | 'context'}.${string}`

/**
 * Something that has a value: an attribute, a constant, or the time of the request. A constant beside an instant is the text of a
 * UTC time with milliseconds.
 */
export type Term = { readonly attr: AttributePath } | { readonly value: Literal } | { readonly now: true }

/** The smallest conditions: each is true, false or unknown for a request. */
export type Atom =
  | { readonly op: 'eq'; readonly left: Term; readonly right: Term }
  | { readonly op: 'lt' | 'le' | 'gt' | 'ge'; readonly left: Term; readonly right: Term }
  | { readonly op: 'in'; readonly left: Term; readonly right: Term | { readonly values: readonly (string | number)[] } }
  | { readonly op: 'has'; readonly of: AttributePath }
  | { readonly op: 'null'; readonly of: AttributePath }
  | { readonly op: 'cidr'; readonly of: AttributePath; readonly ranges: readonly string[] }
  | { readonly op: 'purpose'; readonly is: readonly PurposeOfUse[] }
  | { readonly op: 'granted'; readonly kind: string }

/**
 * A condition of a rule: a closed tree, plain JSON. There are no functions in it, so that it can be analysed, stored, hashed and
 * translated to SQL and Cedar.
 *
 * Each part is true, false or unknown; `and`, `or` and `not` follow Kleene (false and unknown is false; not unknown is unknown).
 *
 * | op | true when | unknown when |
 * |---|---|---|
 * | `eq` | both sides have the same value | a side is absent or of the wrong type; both are null |
 * | `lt` `le` `gt` `ge` | numbers or instants in that order | a side is absent, null or of the wrong type |
 * | `in` | the set on the right holds the left | a side is absent or of the wrong type |
 * | `has` | the attribute is there, also as null | it is there and of the wrong type |
 * | `null` | the attribute is there and null | it is absent or of the wrong type |
 * | `cidr` | the address lies in one of the ranges | the attribute is absent, null or no address |
 * | `purpose` | the purpose is one of these or a kind of it | no purpose is given, or one that HL7 does not define |
 * | `granted` | a grant of this kind covers actor, tenant, patient and time | grants are there and the patient of the record is absent |
 */
export type Expression =
  | Atom
  | { readonly op: 'and' | 'or'; readonly of: readonly Expression[] }
  | { readonly op: 'not'; readonly of: Expression }

/**
 * How deep conditions may be nested: what canonical JSON takes, which counts objects and arrays, with room for what is around
 * them.
 */
export const MAX_EXPRESSION_DEPTH = 24
/** How many parts one condition may have. */
export const MAX_EXPRESSION_SIZE = 1_000

const name = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
const unsafe = new Set([
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'valueOf',
  'toLocaleString',
  'isPrototypeOf',
  'propertyIsEnumerable',
])

/** Names of attributes, resources, actions, roles and views: a letter, then letters, digits and underscores, at most 64. */
export const nameSchema = z
  .string()
  .regex(name)
  .refine((text) => !unsafe.has(text), 'must not be the name of something every object has')
/** Names of rules, overrides and grants may hold hyphens, dots, slashes and colons. */
export const idSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/)

/** Whether a text is the path of an attribute: at most four names deep. */
export function isAttributePath(text: string): text is AttributePath {
  const [root, ...names] = text.split('.')
  if (root !== 'actor' && root !== 'resource' && root !== 'context') return false
  return names.length >= 1 && names.length <= 4 && names.every((each) => name.test(each) && !unsafe.has(each))
}

const path = z
  .string()
  .refine(isAttributePath, 'must be the path of an attribute of actor, resource or context') as z.ZodType<AttributePath>
const literal = z.union([z.string().max(1_024), z.number(), z.boolean()])
const term: z.ZodType<Term> = z.union([
  z.strictObject({ attr: path }),
  z.strictObject({ value: literal }),
  z.strictObject({ now: z.literal(true) }),
])
const values = z.strictObject({
  values: z
    .array(z.union([z.string().max(1_024), z.number()]))
    .min(1)
    .max(1_000)
    .readonly(),
})
const purpose = z.custom<PurposeOfUse>(isPurposeOfUse, 'must be a code of HL7 v3 PurposeOfUse')

/** The zod schema of conditions. Whether attributes exist and types agree is for the policy to say. */
export const expressionSchema: z.ZodType<Expression> = z.lazy(() =>
  z.discriminatedUnion('op', [
    z.strictObject({ op: z.literal('eq'), left: term, right: term }).readonly(),
    z.strictObject({ op: z.enum(['lt', 'le', 'gt', 'ge']), left: term, right: term }).readonly(),
    z.strictObject({ op: z.literal('in'), left: term, right: z.union([term, values]) }).readonly(),
    z.strictObject({ op: z.literal('has'), of: path }).readonly(),
    z.strictObject({ op: z.literal('null'), of: path }).readonly(),
    z
      .strictObject({ op: z.literal('cidr'), of: path, ranges: z.array(z.string().max(64)).min(1).max(1_000).readonly() })
      .readonly(),
    z.strictObject({ op: z.literal('purpose'), is: z.array(purpose).min(1).max(100).readonly() }).readonly(),
    z.strictObject({ op: z.literal('granted'), kind: idSchema }).readonly(),
    z.strictObject({ op: z.enum(['and', 'or']), of: z.array(expressionSchema).min(1).max(500).readonly() }).readonly(),
    z.strictObject({ op: z.literal('not'), of: expressionSchema }).readonly(),
  ]),
)

/** Whether a condition is an atom: not `and`, `or` or `not`. */
export function isAtom(expression: Expression): expression is Atom {
  return expression.op !== 'and' && expression.op !== 'or' && expression.op !== 'not'
}

/** Every atom of a condition, left to right, with its place in it as a JSON pointer: `/of/0/of`. */
export function* atomsOf(expression: Expression, at = ''): Generator<{ readonly atom: Atom; readonly at: string }> {
  if (isAtom(expression)) yield { atom: expression, at }
  else if (expression.op === 'not') yield* atomsOf(expression.of, `${at}/of`)
  else for (const [index, each] of expression.of.entries()) yield* atomsOf(each, `${at}/of/${index}`)
}

/** The attributes that an atom reads. */
export function pathsOf(atom: Atom): readonly AttributePath[] {
  if (atom.op === 'has' || atom.op === 'null' || atom.op === 'cidr') return [atom.of]
  if (atom.op === 'purpose' || atom.op === 'granted') return []
  const terms = 'values' in atom.right ? [atom.left] : [atom.left, atom.right]
  return terms.flatMap((each) => ('attr' in each ? [each.attr] : []))
}
