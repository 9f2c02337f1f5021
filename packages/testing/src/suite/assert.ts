import { isPhiError, type PhiError } from '@phi/core'

/** What a case throws when the adapter breaks its contract. The message says what was expected, what came, and what to fix. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError'
}

export function fail(message: string, cause?: unknown): never {
  throw new ConformanceError(message, cause === undefined ? {} : { cause })
}

export function check(holds: boolean, message: string): asserts holds {
  if (!holds) fail(message)
}

/** Compares plain values with `Object.is`. Both are shown, so pass nothing secret. */
export function equal<T extends string | number | boolean | undefined | null>(actual: T, expected: T, message: string): void {
  if (!Object.is(actual, expected)) fail(`${message}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
}

/** How an error is spoken of: its code, or its name. Not its message, which an adapter under test may have filled with anything. */
export function nameOf(error: unknown): string {
  if (isPhiError(error)) return error.code
  if (error instanceof Error) return `a plain ${error.name}`
  return `a thrown ${error === null ? 'null' : typeof error}`
}

/**
 * The error with which the work is refused, which must be a PhiError with one of the codes. The work is a function so that a
 * throw before there is a promise counts as a fault of the adapter, not of the suite.
 * @param what the call, as a phrase: 'unwrap under another tenant'
 * @param remedy what the author of the adapter should do, as a sentence
 */
export async function refused(
  work: () => Promise<unknown>,
  codes: readonly string[],
  what: string,
  remedy: string,
): Promise<PhiError> {
  const wanted = codes.join(' or ')
  let promise: Promise<unknown>
  try {
    promise = work()
  } catch (error) {
    return fail(`${what} threw at once (${nameOf(error)}) instead of returning a promise that rejects. ${remedy}`, error)
  }
  try {
    await promise
  } catch (error) {
    if (isPhiError(error) && codes.includes(error.code)) return error
    return fail(`${what} was refused with ${nameOf(error)} and must be with ${wanted}. ${remedy}`, error)
  }
  return fail(`${what} succeeded and must be refused with ${wanted}. ${remedy}`)
}

/** The answer of a call that must succeed. */
export async function succeeds<T>(work: () => Promise<T>, what: string): Promise<T> {
  try {
    return await work()
  } catch (error) {
    return fail(`${what} must succeed and was refused with ${nameOf(error)}`, error)
  }
}

/** The same within a time, in milliseconds. What is still under way afterwards is left to itself. */
export async function settlesWithin<T>(milliseconds: number, work: Promise<T>, message: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConformanceError(message)), milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
