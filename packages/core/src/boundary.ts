import type * as z from 'zod'
import type { ErrorContext, PhiError } from './errors.ts'

type Issue = z.core.$ZodIssue

/** A zod schema as far as this file looks into it. */
interface Def {
  readonly type: string
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly innerType?: z.core.$ZodType
  readonly element?: z.core.$ZodType
  readonly valueType?: z.core.$ZodType
  readonly in?: z.core.$ZodType
  readonly options?: readonly z.core.$ZodType[]
}

/** The schemas one step down: for a named key, those of objects that know it; `undefined` for a key the caller chose. */
function step(schema: z.core.$ZodType, key: PropertyKey): { name: string; inner: readonly z.core.$ZodType[] } | undefined {
  const def = schema._zod.def as unknown as Def
  const wrapped = def.innerType ?? def.in
  if (wrapped) return step(wrapped, key)
  if (def.options) {
    const known = def.options.map((option) => step(option, key)).filter((found) => found !== undefined)
    return known[0] && { name: known[0].name, inner: known.flatMap((found) => found.inner) }
  }
  const member = def.shape && Object.hasOwn(def.shape, key) ? def.shape[key as string] : undefined
  if (member) return { name: String(key), inner: [member] }
  const each = def.element ?? def.valueType
  return each && { name: '*', inner: [each] }
}

/** A path in schema terms: members of arrays and records read `*`, and so does whatever the schema does not name. */
function schemaPath(schema: z.core.$ZodType, path: readonly PropertyKey[], root: string): string {
  let at: readonly z.core.$ZodType[] = [schema]
  let out = root
  for (const key of path) {
    const found = at.map((each) => step(each, key)).filter((next) => next !== undefined)
    out += `.${found[0]?.name ?? '*'}`
    at = found.flatMap((next) => next.inner)
  }
  return out
}

/** Fixed phrases. Zod's own messages are not used: some of them quote the keys or values they refuse. */
function phrase(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be of type ${issue.expected}`
    case 'too_big':
      return `must be at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`
    case 'too_small':
      return `must be at least ${issue.minimum}${issue.origin === 'string' ? ' characters' : ''}`
    case 'unrecognized_keys':
      return 'holds a key that is not documented'
    case 'invalid_value':
      return 'must be one of the documented values'
    case 'invalid_format':
      return 'must have the documented form'
    case 'custom':
      // The message of a refinement is a fixed phrase in the schema's own source.
      return issue.message
    default:
      return 'must have one of the documented forms'
  }
}

/** A copy with the own properties only: what somebody planted on Object.prototype must not become, say, a role. */
function ownProperties(value: unknown): unknown {
  const isObject = Object.prototype.toString.call(value) === '[object Object]'
  return isObject ? Object.assign(Object.create(null), value) : value
}

/**
 * Parses a value at the edge of a package. What is refused is reported by its first problem, in schema terms and fixed
 * phrases, so that neither a value nor a key chosen by the caller reaches the error; the zod error is not kept as a cause.
 *
 * Of the value itself only its own properties count. Messages of the schema's own refinements are shown: write them as
 * fixed phrases.
 * @throws what `refusal` makes, also when a getter or a proxy of the value throws
 */
export function parseAs<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  root: string,
  refusal: (context: ErrorContext) => PhiError,
): z.output<Schema> {
  let result: z.ZodSafeParseResult<z.output<Schema>>
  try {
    result = schema.safeParse(ownProperties(value))
  } catch {
    throw refusal({ path: root, detail: 'the value could not be read' })
  }
  if (result.success) return result.data
  const issue = result.error.issues[0] as Issue
  throw refusal({ path: schemaPath(schema, issue.path, root), detail: phrase(issue) })
}
