import { canonicalJson, sha256, toHex, utf8 } from '@phi/core'
import * as z from 'zod'
import { assessmentStatuses } from '../../assess/assessment.ts'
import { frozen } from '../../frozen.ts'
import { dispositionError } from '../errors.ts'
import { civilDate, compareIds, count, digest, idText, ruleReference, shownText } from '../text.ts'

export const PLAN_FORMAT = 'phi.retention/plan/v1'

/** How many conflicts are listed one by one. All are counted. */
export const LISTED_CONFLICTS = 1000

const codes = z.record(z.string().min(1).max(100), count)

/** Who has to approve a plan. Part of the plan, so that whoever executes it cannot ask for less. */
export const approvalRuleSchema = z.strictObject({
  /** How many different people, none of them the planner. */
  required: z.number().int().min(1).max(10),
  /** The roles in which they may. Empty: any. */
  roles: z.array(shownText).max(50).readonly(),
  /** Whether each approval must be signed with a key that the executing program knows as that person's. */
  signed: z.boolean(),
})
export type ApprovalRule = z.infer<typeof approvalRuleSchema>

const planContent = {
  format: z.literal(PLAN_FORMAT),
  /** The policy by its id, with its version. */
  policy: idText,
  today: civilDate,
  plannedBy: shownText,
  approvals: approvalRuleSchema,
  /** The kinds that were looked at; null for all. */
  kinds: z.array(idText).readonly().nullable(),
  /** The most records that were to be planned; null for all. */
  limit: z.number().int().min(1).nullable(),
  /** Whether every disposable record is in the plan. False where the limit left some for the next one. */
  complete: z.boolean(),
  /** The facts about holds that were recorded, and the cases that held on the day. */
  holds: z.strictObject({ revision: count, open: count }),
  counts: z.strictObject({
    /** Records read, those of other kinds included. */
    read: count,
    /** Records of the kinds that were looked at. */
    assessed: count,
    /** Records that the plan would delete. */
    planned: count,
    byStatus: z.partialRecord(z.enum(assessmentStatuses), count),
    byWhy: codes,
    /** By the rules whose period ends last: how many records each keeps or kept, and how many of them are disposable. */
    byRule: z.array(ruleReference.extend({ records: count, disposable: count })).readonly(),
  }),
  /** Records that should be gone by one rule and must stay by another or by a hold. Somebody has to look at each. */
  conflicts: z.strictObject({
    total: count,
    listed: z
      .array(
        z.strictObject({
          id: z.string(),
          kind: z.string(),
          why: z.string(),
          ceiling: ruleReference.extend({ deleteBy: civilDate }).nullable(),
          keepThrough: civilDate.nullable(),
          keptBy: z.array(ruleReference).readonly(),
          holds: z.array(z.string()).readonly(),
        }),
      )
      .max(LISTED_CONFLICTS)
      .readonly(),
  }),
  /** Records that wait for nothing but a signature under these rules. */
  needsSignOff: z.array(z.strictObject({ rules: z.array(z.string()).readonly(), records: count })).readonly(),
  /** What would be deleted: records of one kind, kept until now by the same rules. `versions[i]` is that of `ids[i]`. */
  groups: z
    .array(
      z.strictObject({
        kind: idText,
        rules: z.array(ruleReference).min(1).readonly(),
        ids: z.array(z.string()).min(1).readonly(),
        versions: z.array(z.string()).min(1).readonly(),
      }),
    )
    .readonly(),
}

const planSchema = z.strictObject({ ...planContent, id: digest })

/**
 * A dry run, as a plain object that survives JSON: what would be deleted on a day, under which rules, and what would not and
 * why. It holds ids of records, and is kept like the records themselves.
 */
export type DispositionPlan = z.infer<typeof planSchema>
export type PlanContent = Omit<DispositionPlan, 'id'>

const listDigest = (texts: readonly string[]): string => toHex(sha256(utf8(texts.join('\n'))))

/**
 * The id of a plan: SHA-256 over the canonical JSON (RFC 8785) of everything else in it, where each list of ids or versions, which can be
 * a million long, stands as the SHA-256 of its texts joined by line feeds. None of them holds a line feed.
 */
export function planId(content: PlanContent): string {
  const groups = content.groups.map(({ ids, versions, ...rest }) => ({
    ...rest,
    ids: listDigest(ids),
    versions: listDigest(versions),
    records: ids.length,
  }))
  return toHex(sha256(utf8(canonicalJson({ ...content, groups }))))
}

const CONTROL = /[\p{Cc}\u2028\u2029]/u
const isList = (texts: readonly string[]): boolean =>
  texts.every((text) => text.length > 0 && text.length <= 512 && text.isWellFormed() && !CONTROL.test(text))

/** Every id once, in the order of ids: within a group, and over all of them together. */
function isOnce(groups: DispositionPlan['groups']): boolean {
  const seen = new Set<string>()
  for (const { ids, versions } of groups) {
    if (ids.length !== versions.length || !isList(ids) || !isList(versions)) return false
    for (let i = 0; i < ids.length; i++) {
      if (i > 0 && compareIds(ids[i - 1] as string, ids[i] as string) >= 0) return false
      seen.add(ids[i] as string)
    }
  }
  return seen.size === groups.reduce((sum, { ids }) => sum + ids.length, 0)
}

/** The plan, or undefined when it is none, or not as it was made. */
export function readPlan(value: unknown): DispositionPlan | undefined {
  try {
    const read = planSchema.safeParse(value)
    if (!read.success) return undefined
    const { id, ...content } = read.data
    const planned = content.groups.reduce((sum, { ids }) => sum + ids.length, 0)
    if (planned !== content.counts.planned || !isOnce(content.groups) || planId(content) !== id) return undefined
    return frozen(read.data)
  } catch {
    // A getter, or text that has no canonical form.
    return undefined
  }
}

/** Reads a plan that was kept as JSON. @throws PhiError PHI_RETENTION_PLAN when it is none, or was changed since it was made */
export function parsePlan(value: unknown): DispositionPlan {
  const plan = readPlan(value)
  if (plan === undefined) throw dispositionError('PHI_RETENTION_PLAN')
  return plan
}
