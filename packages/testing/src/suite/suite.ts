import { fail, settlesWithin } from './assert.ts'

/** One requirement on an adapter, as something to run. */
export interface SuiteCase {
  readonly title: string
  /** Ids of the project's requirements that the case shows, for example 'S19'. They stand before the title when registered. */
  readonly requirements: readonly string[]
  /** Why the case does not run: what the manifest declares unsupported. Absent where it runs. */
  readonly skipped?: string
  /** Opens an adapter, runs the case on it, closes it. @throws ConformanceError, also when the case is one to be skipped */
  run(): Promise<void>
}

/** The contract of one interface, applied to one adapter. Plain data and functions: it knows no test runner. */
export interface Suite {
  readonly name: string
  readonly cases: readonly SuiteCase[]
}

/** A case before there is an adapter to run it on. */
export interface CaseOf<Subject, Manifest> {
  readonly title: string
  readonly requirements?: readonly string[]
  /** The reason to skip, from what the adapter declares; undefined to run. */
  readonly skip?: (manifest: Manifest) => string | undefined
  readonly run: (subject: Subject, manifest: Manifest) => Promise<void>
}

interface Closing {
  close?(): Promise<void>
}

export interface SuiteOptions<Subject, Manifest> {
  readonly name: string
  readonly manifest: Manifest
  /** A new, empty adapter for every case, so that no case can spoil the next. */
  readonly open: () => Promise<Subject>
  /** Milliseconds that one case may take, opening and closing included. */
  readonly caseTimeoutMs: number
}

export const DEFAULT_CASE_TIMEOUT_MS = 60_000

export function suiteOf<Subject extends Closing, Manifest>(
  cases: readonly CaseOf<Subject, Manifest>[],
  { name, manifest, open, caseTimeoutMs }: SuiteOptions<Subject, Manifest>,
): Suite {
  const bound = cases.map(({ title, requirements = [], skip, run }): SuiteCase => {
    const skipped = skip?.(manifest)
    if (skipped !== undefined) return { title, requirements, skipped, run: async () => fail(`skipped: ${skipped}`) }
    const whole = async () => {
      const subject = await open()
      try {
        await run(subject, manifest)
      } catch (error) {
        // What the case found comes first: closing something broken often fails as well.
        await subject.close?.().catch(() => undefined)
        throw error
      }
      await subject.close?.()
    }
    const late = `the case did not end within ${caseTimeoutMs} ms: every call must settle in bounded time`
    return { title, requirements, run: () => settlesWithin(caseTimeoutMs, whole(), late) }
  })
  return { name, cases: bound }
}
