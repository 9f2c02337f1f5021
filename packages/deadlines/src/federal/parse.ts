import { type ErrorContext, type PhiError, parseAs } from '@phi/core'
import type * as z from 'zod'
import { deadlinesError } from '../errors.ts'
import { own } from '../rule/own.ts'

function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  root: string,
  refuse: (context: ErrorContext) => PhiError,
): z.output<Schema> {
  let copy: unknown
  try {
    copy = own(value)
  } catch {
    throw refuse({ path: root, detail: 'the value could not be read' })
  }
  // Twice: a schema reads what is inherited, and what it returns inherits again.
  return own(parseAs(schema, copy, root, refuse)) as z.output<Schema>
}

/** Reads the facts of a function. @throws PhiError PHI_DEADLINES_FACTS */
export function parseFacts<Schema extends z.ZodType>(schema: Schema, value: unknown, root = 'facts'): z.output<Schema> {
  return parse(schema, value, root, (context) => deadlinesError('PHI_DEADLINES_FACTS', context))
}

/** Reads the options of a function. @throws PhiError PHI_DEADLINES_OPTIONS */
export function parseOptions<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  return parse(schema, value, 'options', (context) => deadlinesError('PHI_DEADLINES_OPTIONS', context))
}
