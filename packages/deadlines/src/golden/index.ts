/**
 * Golden cases: facts, a rule, and the dates that must come out, as data. `corpus` is the project's own; `runGolden` runs it, or one
 * of yours, against the rules of this package.
 *
 * @module @phi/deadlines/golden
 */
import type { GoldenAdapter, ProseMeaning } from './adapter.ts'
import { accountingAdapters } from './adapters/accounting.ts'
import { breachAdapters } from './adapters/breach.ts'
import { chainAdapters } from './adapters/chain.ts'
import { federalAdapters } from './adapters/federal.ts'
import { noticeAdapters } from './adapters/notice-of-privacy-practices.ts'
import { requestAdapters } from './adapters/requests.ts'
import { stateAdapters } from './adapters/state.ts'
import type { GoldenReport } from './case.ts'
import { runGoldenWith } from './run.ts'

export {
  type GoldenAdapter,
  type GoldenAnswer,
  goldenAdapter,
  inAnyOrder,
  type ProseMeaning,
  type Unordered,
} from './adapter.ts'
export type { GoldenCase, GoldenCorpus, GoldenReport, Json, JsonObject } from './case.ts'
export { corpus } from './corpus/index.ts'
export { goldenErrors } from './errors.ts'
export { renderGolden } from './render.ts'
export { runGoldenWith } from './run.ts'

/** The adapters of this package, one for each rule that cases can name. Those of retention are in `@phi/retention/golden`. */
export const deadlineAdapters: readonly GoldenAdapter[] = Object.freeze([
  ...requestAdapters,
  ...accountingAdapters,
  ...breachAdapters,
  ...chainAdapters,
  ...federalAdapters,
  ...noticeAdapters,
  ...stateAdapters,
])

/** What each text of `expected` means, in the terms of this library, for each rule. */
export const proseMeaning: readonly (ProseMeaning & { readonly rule: string })[] = Object.freeze(
  deadlineAdapters.flatMap(({ rule, meanings }) => meanings.map((meaning) => ({ ...meaning, rule }))),
)

/**
 * Runs golden cases against the rules of this package.
 *
 * A case passes when every key of its `expected` agrees. A key that begins with `wrongIf` names a date that must not stand anywhere
 * in the result. Prose is mapped to typed outcomes by `proseMeaning`. What is not compared is listed in `ignored`. An unknown rule, fact or
 * key makes a case unsupported; it never passes.
 *
 * @param corpus a list of cases, or an object with `cases`, as JSON
 * @throws PhiError PHI_DEADLINES_CORPUS when the corpus cannot be read
 */
export const runGolden = (corpus: unknown): GoldenReport => runGoldenWith(deadlineAdapters, corpus)
