import type { ProblemCode } from './problem.ts'

export interface RefusedMore {
  /** The value of `WWW-Authenticate`. */
  readonly challenge?: string | undefined
  /** The value of `Allow`. */
  readonly allow?: string
  /** Places in bad input, in the words of the schema. */
  readonly errors?: readonly string[]
  /** Types of obligations that are open. */
  readonly obligations?: readonly string[]
  /** What went wrong, for `onFault`; of it only the code is passed on. */
  readonly fault?: unknown
  /** Status and code of an `HttpProblem`, in place of those of the table. */
  readonly own?: { readonly status: number; readonly code: string }
  /** How the audit entry calls it, in place of the code. A fixed word: never from a request. */
  readonly reason?: string
}

/** That a step says no. A value, so that `run` shows where a request can end. */
export class Refused {
  readonly code: ProblemCode
  readonly more: RefusedMore

  constructor(code: ProblemCode, more: RefusedMore = {}) {
    this.code = code
    this.more = more
  }
}

export const refused = (code: ProblemCode, more?: RefusedMore): Refused => new Refused(code, more)
export const isRefused = (value: unknown): value is Refused => value instanceof Refused
