import { parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import { exportError } from './errors.ts'
import { checkPatientOptions, type ParsedPatientOptions } from './redact.ts'

/** What reports the events to a SIEM. Each at most 63 characters without control characters. */
export interface ReportingProduct {
  readonly name?: string
  readonly vendor?: string
  readonly version?: string
}

export const productName = plainText(63)
export const productSchema = z
  .strictObject({ name: productName.default('@phi/audit'), vendor: productName.optional(), version: productName.optional() })
  .default({ name: '@phi/audit' })

/** Options of a single-record function. @throws PhiError PHI_AUDIT_EXPORT_OPTIONS */
export function parseOptions<Schema extends z.ZodType<ParsedPatientOptions>>(
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const parsed = parseAs(schema, options, 'options', (context) => exportError('PHI_AUDIT_EXPORT_OPTIONS', context))
  checkPatientOptions(parsed)
  return parsed
}

const isFunction = (value: unknown): boolean => typeof value === 'function'
const isSignal = (value: unknown): boolean =>
  isFunction((value as { throwIfAborted?: unknown } | null | undefined)?.throwIfAborted)
const flag = z.boolean().optional()

const knownOptions = {
  bom: flag,
  end: flag,
  onEnd: z.custom(isFunction, 'must be a function').optional(),
  maxLength: z.int().min(1).optional(),
  signal: z.custom(isSignal, 'must be an AbortSignal').optional(),
}

/** Checks the options of a writer or a reader: only those named, each of its kind. @throws PhiError PHI_AUDIT_EXPORT_OPTIONS */
export function checkOptions(options: unknown, ...names: readonly (keyof typeof knownOptions)[]): void {
  const shape = Object.fromEntries(names.map((name) => [name, knownOptions[name]]))
  parseAs(z.strictObject(shape), options, 'options', (context) => exportError('PHI_AUDIT_EXPORT_OPTIONS', context))
}
