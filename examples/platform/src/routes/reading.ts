import { isPhiError } from '@phi/core'
import { problem } from '@phi/http'

const notReadable = (error: unknown): unknown => (isPhiError(error) ? problem(422, 'not-readable') : error)

/** What the libraries refuse as unreadable is the client's fault; what they say of a field stays inside. */
export function reading<Value>(work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw notReadable(error)
  }
}

/** The same for facts of a case that go to a store: its own failures are no fault of the client. */
export async function readingFacts<Value>(work: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    throw isPhiError(error) && error.code.startsWith('PHI_DEADLINES_') ? notReadable(error) : error
  }
}
