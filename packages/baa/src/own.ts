import { type ErrorContext, type PhiError, parseAs } from '@phi/core'
import type * as z from 'zod'

const DEEPEST = 100

/**
 * A copy of plain data that has its own members and nothing else: no prototype at any depth, so that what somebody planted on
 * Object.prototype is never read as a clause, a plan or a condition.
 */
export function own<Value>(value: Value): Value {
  return copy(value, 0) as Value
}

function copy(value: unknown, depth: number): unknown {
  if (depth > DEEPEST) throw new RangeError('too deep')
  if (Array.isArray(value)) return Array.from(value, (each) => copy(each, depth + 1))
  if (Object.prototype.toString.call(value) !== '[object Object]') return value
  const out: Record<string, unknown> = Object.create(null)
  for (const [key, each] of Object.entries(value as object)) if (each !== undefined) out[key] = copy(each, depth + 1)
  return out
}

/** As `own`, for data from outside: a getter or a proxy that throws, and data that is too deep, are refused. @throws what `refusal` makes */
export function ownOf(value: unknown, refusal: () => PhiError): unknown {
  try {
    return own(value)
  } catch {
    throw refusal()
  }
}

/**
 * Reads a value from outside as `parseAs` does, by its own members at every depth, before and after: zod reads inherited ones, and hands
 * out objects that inherit.
 * @throws what `refusal` makes
 */
export function readOwn<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  root: string,
  refusal: (context: ErrorContext) => PhiError,
): z.output<Schema> {
  const plain = ownOf(value, () => refusal({ path: root, detail: 'the value could not be read' }))
  return own(parseAs(schema, plain, root, refusal))
}
