import { isPhiError } from '@phi/core'
import { CommitUnknown, sqlStateOf } from '../../src/client/db.ts'
import { translated } from '../../src/translate.ts'

/** Work that neither resolved nor rejected: what a fault must never lead to. */
export class Hang extends Error {}

/** The work, or a {@link Hang} after a bound that no honest outcome needs. */
export async function bounded<T>(what: string, work: () => Promise<T>, ms = 20_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Hang(`${what} has no outcome after ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits until the condition holds, for a bound that is a failure of the test. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 180_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Whether trying again makes sense, for a caller that knows the errors of the library and, in their own transactions, the driver's. */
const worthRetrying = (error: unknown): boolean =>
  isPhiError(error) ? error.retryable : error instanceof CommitUnknown || translated(error).retryable

/**
 * Does the work until it succeeds, as a caller with an event id would. Anything that the library did not type, or says not to
 * retry, is thrown. `errors` collects the codes that were met.
 */
export async function persistently<T>(what: string, work: () => Promise<T>, errors: string[], tries = 40): Promise<T> {
  for (let i = 1; ; i++) {
    try {
      return await bounded(what, work)
    } catch (error) {
      if (error instanceof Hang || i === tries || !worthRetrying(error)) throw error
      errors.push(nameOf(error))
    }
  }
}

export const nameOf = (error: unknown): string =>
  isPhiError(error) ? error.code : error instanceof CommitUnknown ? 'CommitUnknown' : (sqlStateOf(error) ?? 'driver')
