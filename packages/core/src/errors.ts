/**
 * One line of a package's error catalogue: what happened, and what the caller does next. Both are fixed sentences written by
 * us, so that no value of a caller's data, and hence no PHI, can reach a message.
 */
export interface ErrorEntry {
  readonly problem: string
  readonly remedy: string
  /** The same call may succeed later without a change by the caller. Default false. */
  readonly retryable?: boolean
}

/** A package's errors by code. Codes read `PHI_<PACKAGE>_<WHAT>` and are part of the public contract. */
export type ErrorCatalogue = Readonly<Record<`PHI_${string}`, ErrorEntry>>

/** What an error may carry beside its code. Only numbers, booleans and names that stand in our own source belong here. */
export interface ErrorContext {
  /** Where in the input, in schema terms: `actor.id`, `context.details.*`. Never a key or a value that a caller chose. */
  readonly path?: string
  /** A fixed phrase that narrows the problem, for example "must be at most 256 characters". */
  readonly detail?: string
  /** Figures and identifiers made by us, for programs to read: an index, a limit, a generated id. */
  readonly info?: Readonly<Record<string, string | number | boolean>>
  readonly cause?: unknown
}

const brand: unique symbol = Symbol.for('@phi/core/PhiError') as never

/**
 * The base of every error thrown by a package of this family. Branch on `code`; show `message` to developers. The message says what
 * happened and what to do next, and holds no value from the input.
 */
export class PhiError<Code extends string = string> extends Error {
  readonly code: Code
  readonly remedy: string
  readonly retryable: boolean
  readonly path: string | undefined
  readonly info: Readonly<Record<string, string | number | boolean>>

  constructor(code: Code, entry: ErrorEntry, context: ErrorContext = {}) {
    const where = context.path === undefined ? '' : ` (at ${context.path})`
    const detail = context.detail === undefined ? '' : `: ${context.detail}`
    super(`${entry.problem}${where}${detail}. ${entry.remedy}`, context.cause === undefined ? {} : { cause: context.cause })
    this.name = 'PhiError'
    this.code = code
    this.remedy = entry.remedy
    this.retryable = entry.retryable ?? false
    this.path = context.path
    this.info = context.info ?? {}
    Object.defineProperty(this, brand, { value: true })
  }

  /** What a structured logger may write down: no stack, no cause, no input. */
  toJSON(): {
    code: Code
    message: string
    retryable: boolean
    path?: string
    info: Readonly<Record<string, string | number | boolean>>
  } {
    const shown = { code: this.code, message: this.message, retryable: this.retryable, info: this.info }
    return this.path === undefined ? shown : { ...shown, path: this.path }
  }
}

/**
 * True for any PhiError, also one made by another copy of this module (a program can hold the ESM and the CommonJS build at
 * once, and `instanceof` does not see across the two).
 */
export function isPhiError(value: unknown): value is PhiError
export function isPhiError<Code extends string>(value: unknown, code: Code): value is PhiError<Code>
export function isPhiError(value: unknown, code?: string): boolean {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false
  return code === undefined || (value as { code?: unknown }).code === code
}

/** Turns a catalogue into the function that makes its errors: `throw auditError('PHI_AUDIT_CONFLICT', { path })`. */
export function errorsOf<const Catalogue extends ErrorCatalogue>(catalogue: Catalogue) {
  return <Code extends keyof Catalogue & string>(code: Code, context?: ErrorContext): PhiError<Code> =>
    new PhiError(code, catalogue[code] as ErrorEntry, context)
}
