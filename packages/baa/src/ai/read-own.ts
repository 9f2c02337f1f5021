import { type ErrorContext, type PhiError, parseAs } from '@phi/core'
import type { z } from 'zod'
import { own, ownOf } from '../own.ts'

/**
 * Reads a value from outside as `parseAs` does, by its own members at every depth, before and after: nothing that somebody planted on
 * Object.prototype is read as a fact.
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
