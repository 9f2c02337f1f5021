/** How long to wait after failures. */
export interface BackOff {
  /** Upper bound of the first wait, in milliseconds. Default 500. */
  readonly firstMs?: number
  /** Upper bound of any wait, in milliseconds. Default 60,000. */
  readonly mostMs?: number
  /** Upper bound of a wait that the receiver asks for, in milliseconds. Default 900,000. */
  readonly mostAskedMs?: number
}

export const backOffDefaults: Required<BackOff> = { firstMs: 500, mostMs: 60_000, mostAskedMs: 900_000 }

/**
 * Milliseconds to wait after so many failures in a row: a random share of a bound that doubles ("full jitter"), so that senders
 * that failed together do not come back together. What the receiver asked for (Retry-After, RFC 9110 §10.2.3) is waited out
 * first, up to its own bound.
 * @param failures from 1
 * @param random gives a number from 0 up to and without 1
 */
export function waitAfter(failures: number, settings: Required<BackOff>, random: () => number, askedMs = 0): number {
  const bound = Math.min(settings.mostMs, settings.firstMs * 2 ** Math.min(failures - 1, 40))
  return Math.min(Math.max(askedMs, 0), settings.mostAskedMs) + Math.ceil(random() * bound)
}
