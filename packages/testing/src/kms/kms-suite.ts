import { DEFAULT_CASE_TIMEOUT_MS, type Suite, suiteOf } from '../suite/suite.ts'
import { bindingCases } from './cases/binding.ts'
import { destroyCases } from './cases/destroy.ts'
import { faultCases } from './cases/faults.ts'
import { kekCases } from './cases/keks.ts'
import { roundTripCases } from './cases/round-trip.ts'
import type { KmsSupports, KmsUnderTest } from './manifest.ts'
import { Trial } from './trial.ts'

export interface KmsSuiteOptions {
  /** The title of the suite: the adapter and what stands behind it, 'vault-transit on a loopback server'. */
  readonly name: string
  readonly supports: KmsSupports
  /** Opens the adapter on a service with one usable KEK. Called for every case, and closed after it. */
  readonly open: () => Promise<KmsUnderTest>
  /** How many bytes of a wrapped key are altered, one after the other, each three times. Default 24; Infinity for all. */
  readonly alteredBytes?: number
  /** Milliseconds that one case may take. Default 60,000. */
  readonly caseTimeoutMs?: number
}

/**
 * The contract of `Kms` of `@phi/envelope/kms` as cases. It checks what the four verbs answer and refuse, how they bind a data
 * key to its context, what rotation and destruction do, and that no error holds a key. It cannot see into the service: whether
 * the KEK itself is well kept is not tested.
 */
export function kmsSuite(options: KmsSuiteOptions): Suite {
  const { name, supports, open, alteredBytes = 24, caseTimeoutMs = DEFAULT_CASE_TIMEOUT_MS } = options
  return suiteOf([...roundTripCases, ...bindingCases, ...kekCases, ...destroyCases, ...faultCases], {
    name,
    manifest: supports,
    open: async () => new Trial(await open(), supports, alteredBytes),
    caseTimeoutMs,
  })
}
