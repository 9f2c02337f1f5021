import type { Obligation } from '@phi/rbac'
import { extended } from '../headers.ts'

type Refrain = Extract<Obligation, { type: 'refrain' }>

// A header that a proxy cuts off or refuses tells nobody anything: what does not fit is left owed.
const MAX_ONE = 1_024
const MAX_ALL = 4_096
const QUOTABLE = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/

/** A code, and its notice in words: quoted where ASCII says it, else as RFC 8187 writes any text. */
function written({ code, notice }: Refrain): string {
  if (notice === undefined) return code
  return QUOTABLE.test(notice) ? `${code}; notice="${notice}"` : `${code}; notice*=UTF-8''${extended(notice)}`
}

/**
 * The HL7 refrain codes that a response tells its recipient, as the header `Phi-Refrain`: telling is all that such an obligation asks for,
 * so the response discharges it.
 */
export class Refrains {
  readonly #told = new Set<string>()

  /** Those of the obligations that a header can tell. */
  static tellable(obligations: readonly Obligation[]): readonly string[] {
    const codes = obligations.filter((each) => each.type === 'refrain')
    // A code counts as told only when each of its notices is.
    const untold = new Set(codes.filter((each) => written(each).length > MAX_ONE).map(({ code }) => code))
    return codes.map(({ code }) => code).filter((code) => !untold.has(code))
  }

  /** Takes note of what goes out together with a record. */
  tell(obligations: readonly Obligation[]): void {
    for (const each of obligations)
      if (each.type === 'refrain' && written(each).length <= MAX_ONE) this.#told.add(written(each))
  }

  /** The value of the header, undefined without any, and null where it would be too long to be read. */
  header(): string | undefined | null {
    if (this.#told.size === 0) return undefined
    const value = [...this.#told].sort().join(', ')
    return value.length <= MAX_ALL ? value : null
  }
}
