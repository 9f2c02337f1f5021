import { check, equal, refused } from '../suite/assert.ts'
import type { CaseOf } from '../suite/suite.ts'

/** What a store can do beyond its interface. Silence is a claim: whatever is not declared unsupported must pass. */
export interface StoreSupports {
  /** Several processes work on the same records. False for a store that one process has to itself. */
  readonly shared?: boolean
  /** The test can cut the store off from what is behind it. False where nothing is. */
  readonly unreachable?: boolean
  /** Reasons for the gaps, shown with the skipped cases. */
  readonly because?: { readonly [Gap in StoreGap]?: string }
}

/** What can be declared unsupported of a store. */
export type StoreGap = 'shared' | 'unreachable'

/** An empty store, and the hooks that reach behind it. One is opened for every case. */
export interface StoreUnderTest<Store> {
  readonly store: Store
  /** Another handle on the same records, as another process would have it: with a connection and caches of its own. */
  another?(): Promise<Store>
  /** Cuts every handle off, until `restore`. */
  readonly faults?: { unreachable(): Promise<void>; restore(): Promise<void> }
  close?(): Promise<void>
}

export interface StoreSuiteOptions<Store> {
  /** The title of the suite: the store and what stands behind it. */
  readonly name: string
  /** By default everything is claimed. */
  readonly supports?: StoreSupports
  /** Opens a store without records. Called for every case, and closed after it. */
  readonly open: () => Promise<StoreUnderTest<Store>>
  /** Milliseconds that one case may take. Default 60,000. */
  readonly caseTimeoutMs?: number
}

export type StoreCase<Store> = CaseOf<StoreUnderTest<Store>, StoreSupports>

/** Reads a gate: undefined when the manifest leaves it standing, otherwise the reason to show. */
export const storeGap = (supports: StoreSupports, name: StoreGap): string | undefined =>
  supports[name] === false ? (supports.because?.[name] ?? `declared by ${name}: false`) : undefined

/** A second handle, which the manifest says can be had. */
export async function anotherOf<Store>(under: StoreUnderTest<Store>): Promise<Store> {
  check(under.another !== undefined, 'open() gave no another(): give it, or declare shared: false')
  return under.another()
}

/** What stands behind the store is cut off while the calls are made: each must be refused with the code, as retryable. */
export async function refusesUnreachable<Store>(
  { faults }: StoreUnderTest<Store>,
  code: string,
  calls: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<void> {
  check(faults !== undefined, 'open() gave no faults.unreachable(): give it, or declare unreachable: false')
  await faults.unreachable()
  for (const [verb, work] of Object.entries(calls)) {
    const remedy = 'An empty answer would read as "nothing is there", and be acted upon.'
    const error = await refused(work, [code], `${verb}, with the store unreachable,`, remedy)
    equal(error.retryable, true, `retryable, of the error of ${verb}`)
  }
  await faults.restore()
}

/** Fails where a hook is given for what the manifest calls unsupported. */
export const storeHonesty: StoreCase<unknown> = {
  title: 'is declared with no gap that it does not have',
  async run({ another, faults }, supports) {
    const given: [StoreGap, unknown][] = [
      ['shared', another],
      ['unreachable', faults],
    ]
    for (const [name, hook] of given) {
      const hidden = hook !== undefined && storeGap(supports, name) !== undefined
      check(
        !hidden,
        `the manifest declares ${name} unsupported and open() gives a hook for it: declare it, so that it is tested`,
      )
    }
  },
}
