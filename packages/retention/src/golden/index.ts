/**
 * The golden cases of `@phi/deadlines/golden` and, beside them, those of retention: `runGolden` of this entry covers the whole
 * corpus.
 *
 * @module @phi/retention/golden
 */
import {
  deadlineAdapters,
  type GoldenAdapter,
  type GoldenReport,
  type ProseMeaning,
  proseMeaning as proseOfDeadlines,
  runGoldenWith,
} from '@phi/deadlines/golden'
import { retentionAdapter } from './adapter.ts'

export { corpus, type GoldenAdapter, type GoldenCase, type GoldenReport, renderGolden } from '@phi/deadlines/golden'
export { retentionAdapter } from './adapter.ts'

/** The adapters of both packages, one for each rule that cases can name. */
export const goldenAdapters: readonly GoldenAdapter[] = Object.freeze([...deadlineAdapters, retentionAdapter])

/** What each text of `expected` means, in the terms of the libraries, for each rule. */
export const proseMeaning: readonly (ProseMeaning & { readonly rule: string })[] = Object.freeze([
  ...proseOfDeadlines,
  ...retentionAdapter.meanings.map((meaning) => ({ ...meaning, rule: retentionAdapter.rule })),
])

/**
 * Runs golden cases against the rules of both packages; how keys are compared is said at `runGolden` of `@phi/deadlines/golden`.
 * @param corpus a list of cases, or an object with `cases`, as JSON
 * @throws PhiError PHI_DEADLINES_CORPUS when the corpus cannot be read
 */
export const runGolden = (corpus: unknown): GoldenReport => runGoldenWith(goldenAdapters, corpus)
