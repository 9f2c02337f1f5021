import { isPhiError, type PhiError } from '../src/errors.ts'

/** The PhiError with which the work is refused. Any other outcome fails the test. */
export async function refusal(work: Promise<unknown> | (() => unknown)): Promise<PhiError> {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    if (isPhiError(error)) return error
    throw error
  }
  throw new Error('was not refused')
}
