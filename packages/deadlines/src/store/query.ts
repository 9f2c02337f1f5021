import { parseAs, plainText } from '@phi/core'
import * as z from 'zod'
import { caseStoreError } from './errors.ts'
import { type CaseKind, caseKinds } from './kept-case.ts'

/** Which cases to list. */
export interface CaseQuery {
  readonly kind?: CaseKind | undefined
  /** `true`: those that still wait for something, see `isOpenCase`. `false`: the others. Left out: all. */
  readonly open?: boolean | undefined
  /** The id after which the page begins: the last one of the page before. Left out: the first page. */
  readonly after?: string | undefined
  /** How many at most: 1 to 500. */
  readonly limit: number
}

const querySchema = z.strictObject({
  kind: z.enum(caseKinds).optional(),
  open: z.boolean().optional(),
  after: plainText(256).optional(),
  limit: z.int().min(1).max(500),
})

/** @throws PhiError PHI_DEADLINES_CASE */
export const readCaseQuery = (value: CaseQuery): CaseQuery =>
  parseAs(querySchema, value, 'query', (context) => caseStoreError('PHI_DEADLINES_CASE', context))

/** Ids are in the order of their Unicode code points, as databases have it that compare bytes of UTF-8. */
export function compareIds(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i]?.codePointAt(0) as number) - (right[i]?.codePointAt(0) as number)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}
