import * as z from 'zod'
import { rbacError } from '../errors.ts'
import { nameSchema } from '../expression/expression.ts'

/**
 * What an attribute holds. `instant` is a Date or the text of a UTC time with milliseconds; `ip` an address as text; `set` an
 * array of texts or numbers; `opaque` whatever conditions cannot speak about. `values` lists what the policy's author expects: a
 * constant that is not among them is a typo. Null where the attribute is not `nullable` counts as a wrong type.
 */
export type Attribute =
  | { readonly type: 'string'; readonly values?: readonly string[] | undefined; readonly nullable?: true | undefined }
  | { readonly type: 'number' | 'boolean' | 'instant' | 'ip'; readonly nullable?: true | undefined }
  | {
      readonly type: 'set'
      readonly of: 'string' | 'number'
      readonly values?: readonly string[] | undefined
      readonly nullable?: true | undefined
    }
  | { readonly type: 'object'; readonly attributes: Attributes; readonly nullable?: true | undefined }
  | { readonly type: 'opaque' }

export type Attributes = { readonly [name: string]: Attribute }

const nullable = z.literal(true).optional()
const values = z.array(z.string().max(1_024)).min(1).max(1_000).readonly().optional()

const attributeSchema: z.ZodType<Attribute> = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('string'), values, nullable }).readonly(),
    z.strictObject({ type: z.enum(['number', 'boolean', 'instant', 'ip']), nullable }).readonly(),
    z.strictObject({ type: z.literal('set'), of: z.enum(['string', 'number']), values, nullable }).readonly(),
    z.strictObject({ type: z.literal('object'), attributes: attributesSchema, nullable }).readonly(),
    z.strictObject({ type: z.literal('opaque') }).readonly(),
  ]),
)
export const attributesSchema: z.ZodType<Attributes> = z.lazy(() => z.record(nameSchema, attributeSchema).readonly())

/** The attribute at a path of names, through nested objects. */
export function attributeAt(attributes: Attributes, names: readonly string[]): Attribute | undefined {
  const [name, ...rest] = names
  const found = name !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : undefined
  if (rest.length === 0 || found === undefined) return found
  return found.type === 'object' ? attributeAt(found.attributes, rest) : undefined
}

interface Def {
  readonly type: string
  readonly format?: string
  readonly innerType?: z.core.$ZodType
  readonly element?: z.core.$ZodType
  readonly valueType?: z.core.$ZodType
  readonly entries?: Readonly<Record<string, string | number>>
  readonly values?: readonly unknown[]
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
}

const texts = (list: readonly unknown[]): readonly string[] | undefined =>
  list.every((each) => typeof each === 'string') ? (list as readonly string[]) : undefined

function ofTexts(list: readonly unknown[]): Attribute {
  const found = texts(list)
  if (found) return { type: 'string', values: found }
  if (list.every((each) => typeof each === 'number')) return { type: 'number' }
  return list.every((each) => typeof each === 'boolean') ? { type: 'boolean' } : { type: 'opaque' }
}

/** What a zod schema says about an attribute; what it says about ranges and lengths is not looked at. */
function attributeOf(schema: z.core.$ZodType): Attribute {
  const def = schema._zod.def as unknown as Def
  switch (def.type) {
    case 'string':
      if (def.format === 'datetime') return { type: 'instant' }
      return { type: def.format === 'ipv4' || def.format === 'ipv6' ? 'ip' : 'string' }
    case 'number':
    case 'boolean':
      return { type: def.type }
    case 'date':
      return { type: 'instant' }
    case 'enum':
      return ofTexts(Object.values(def.entries ?? {}))
    case 'literal':
      return ofTexts(def.values ?? [])
    case 'array': {
      const element = def.element ? attributeOf(def.element) : undefined
      if (element?.type === 'string' && element.nullable !== true) {
        return element.values ? { type: 'set', of: 'string', values: element.values } : { type: 'set', of: 'string' }
      }
      return element?.type === 'number' && element.nullable !== true ? { type: 'set', of: 'number' } : { type: 'opaque' }
    }
    case 'object':
      return { type: 'object', attributes: attributesOf(def.shape ?? {}) }
    case 'nullable': {
      const inner = def.innerType ? attributeOf(def.innerType) : undefined
      return inner === undefined || inner.type === 'opaque' ? { type: 'opaque' } : { ...inner, nullable: true }
    }
    case 'optional':
    case 'nonoptional':
    case 'default':
    case 'prefault':
    case 'readonly':
      return def.innerType ? attributeOf(def.innerType) : { type: 'opaque' }
    case 'union': {
      // Addresses of both families: z.union([z.ipv4(), z.ipv6()]).
      const options = (schema._zod.def as unknown as { options: readonly z.core.$ZodType[] }).options.map(attributeOf)
      return options.every((each) => each.type === 'ip') ? { type: 'ip' } : { type: 'opaque' }
    }
    default:
      return { type: 'opaque' }
  }
}

function attributesOf(shape: Readonly<Record<string, z.core.$ZodType>>): Attributes {
  return Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, attributeOf(schema)]))
}

/** The attributes that a zod object declares. @throws PhiError PHI_RBAC_POLICY when it is no zod object */
export function attributesOfSchema(schema: unknown, path: string): Attributes {
  const def = (schema as z.core.$ZodType | undefined)?._zod?.def as unknown as Def | undefined
  if (def?.type !== 'object' || def.shape === undefined) {
    throw rbacError('PHI_RBAC_POLICY', { path, detail: 'must be a zod object' })
  }
  return attributesOf(def.shape)
}
