import { parseAs } from '@phi/core'
import type { CivilDate } from '@phi/deadlines'
import * as z from 'zod'
import type { RetentionPolicy } from '../../assess/assessment.ts'
import { retentionError } from '../../errors.ts'
import { frozen } from '../../frozen.ts'
import { indexHolds } from '../hold/holds-on.ts'
import { readHolds, readPage } from '../store/guarded-store.ts'
import type { RetentionStore } from '../store/store.ts'
import { civilDate, idText, isId, own, shownText } from '../text.ts'
import { judge } from './judge.ts'
import { type DispositionPlan, PLAN_FORMAT, type PlanContent, planId } from './plan-document.ts'
import { makeTally } from './tally.ts'

export interface PlanProgress {
  readonly read: number
  readonly planned: number
}

export interface PlanOptions {
  /** The day to plan for, in the zone of the keeper of the records. */
  readonly today: CivilDate
  /** Who plans: 1 to 256 characters. They cannot approve it. */
  readonly plannedBy: string
  /** Who has to approve. Default: two people, in any role, without signatures. */
  readonly approvals?: {
    readonly required?: number | undefined
    readonly roles?: readonly string[] | undefined
    readonly signed?: boolean | undefined
  }
  /** Only records of these kinds. Default: all. */
  readonly kinds?: readonly string[] | undefined
  /** The most records to plan for deletion. Everything is read and counted all the same. */
  readonly limit?: number | undefined
  /** Records that are asked for at once. Default 1,000. */
  readonly pageSize?: number | undefined
  /** Called after every page. */
  readonly onProgress?: ((progress: PlanProgress) => void) | undefined
  /** Ends it, with what the signal says; half a plan is none. */
  readonly signal?: AbortSignal | undefined
}

const optionsSchema = z.strictObject({
  today: civilDate,
  plannedBy: shownText,
  approvals: z
    .strictObject({
      required: z.number().int().min(1).max(10).default(2),
      roles: z.array(shownText).max(50).default([]),
      signed: z.boolean().default(false),
    })
    .prefault({}),
  kinds: z.array(idText).min(1).max(10_000).optional(),
  limit: z.number().int().min(1).optional(),
  pageSize: z.number().int().min(1).max(100_000).default(1000),
  onProgress: z.custom<PlanOptions['onProgress']>((value) => typeof value === 'function', 'must be a function').optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'must be an AbortSignal').optional(),
})

/**
 * A dry run: reads every record, asks the policy and the holds about each, counts, and lists what may be deleted. Nothing is
 * changed. The same records, holds, policy and options make the same plan, with the same id.
 * @throws PhiError PHI_RETENTION_OPTIONS; PHI_RETENTION_STORE for a store that does not keep to its contract; what the store or the
 *   signal throws passes through
 */
export async function plan(store: RetentionStore, policy: RetentionPolicy, options: PlanOptions): Promise<DispositionPlan> {
  const given = parseAs(optionsSchema, options, 'plan', (context) => retentionError('PHI_RETENTION_OPTIONS', context))
  if (!isId(policy.id)) {
    throw retentionError('PHI_RETENTION_OPTIONS', { path: 'policy.id', detail: 'must be a name of 1 to 512 characters' })
  }
  const { today, pageSize, onProgress, signal } = given
  const kinds = given.kinds && new Set<unknown>(given.kinds)
  const holds = indexHolds(await readHolds(store), today)
  const tally = makeTally()
  const most = given.limit ?? Number.POSITIVE_INFINITY
  let [read, assessed, planned, disposable] = [0, 0, 0, 0]
  let after: string | null = null
  while (true) {
    signal?.throwIfAborted()
    const page = await readPage(store, after, pageSize)
    const last = page.at(-1)
    if (last === undefined) break
    for (const row of page) {
      const kind = own(row.record, 'kind')
      // A record without a kind may be of any.
      if (kinds && typeof kind === 'string' && !kinds.has(kind)) continue
      assessed += 1
      const judgement = judge(row, policy, holds, today)
      tally.add(judgement, row.id)
      if (!judgement.mayDispose) continue
      disposable += 1
      if (planned >= most) continue
      planned += 1
      tally.take(judgement, row.id, row.version)
    }
    read += page.length
    after = last.id
    onProgress?.({ read, planned })
  }
  const { counts, ...lists } = tally.result()
  const content: PlanContent = {
    format: PLAN_FORMAT,
    policy: policy.id,
    today,
    plannedBy: given.plannedBy,
    approvals: { ...given.approvals, roles: [...new Set(given.approvals.roles)].toSorted() },
    kinds: given.kinds ? [...new Set(given.kinds)].toSorted() : null,
    limit: given.limit ?? null,
    complete: disposable === planned,
    holds: { revision: holds.revision, open: holds.open },
    counts: { read, assessed, planned, ...counts },
    ...lists,
  }
  return frozen({ ...content, id: planId(content) })
}
