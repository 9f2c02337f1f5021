import type { Suite, SuiteCase } from './suite.ts'

type Body = () => Promise<void>

/** What a suite needs of a test runner. Vitest, node:test, Jest and Mocha have it under these names. */
export interface Runner {
  readonly describe: (title: string, body: () => void) => unknown
  readonly it: ((title: string, body: Body) => unknown) & { readonly skip: (title: string, body: Body) => unknown }
}

/** The title under which a case is reported: requirement ids, title, and the reason where it is skipped. */
function reportedTitle({ requirements, title, skipped }: SuiteCase): string {
  const full = [...requirements, title].join(' ')
  return skipped === undefined ? full : `${full} (skipped: ${skipped})`
}

/**
 * Registers every case with a test runner, inside one `describe` with the name of the suite. Skipped cases are registered too,
 * as skipped and with their reason, so that a gap shows in every run.
 *
 *     import { describe, it } from 'vitest' // or from 'node:test'
 *     register(kmsSuite({ … }), { describe, it })
 */
export function register(suite: Suite, { describe, it }: Runner): void {
  describe(suite.name, () => {
    for (const each of suite.cases) {
      // A body of its own, without parameters: Mocha and Jest read a parameter as a callback to wait for.
      const body = () => each.run()
      if (each.skipped === undefined) it(reportedTitle(each), body)
      else it.skip(reportedTitle(each), body)
    }
  })
}
