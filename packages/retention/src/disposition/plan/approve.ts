import { canonicalJson, fromUtf8, parseAs } from '@phi/core'
import type { CivilDate } from '@phi/deadlines'
import * as z from 'zod'
import { retentionError } from '../../errors.ts'
import { frozen } from '../../frozen.ts'
import { openDocument, readSigner, type SignatureJwk, type Signer, signDocument } from '../certificate/jws.ts'
import { dispositionError } from '../errors.ts'
import { civilDate, digest, person, shownText } from '../text.ts'
import { type DispositionPlan, parsePlan } from './plan-document.ts'

const APPROVAL_FORMAT = 'phi.retention/approval/v1'
export const APPROVAL_TYPE = 'phi-disposition-approval+jwt'

const approvalStatement = {
  format: z.literal(APPROVAL_FORMAT),
  /** The id of the plan, which stands for everything in it. */
  plan: digest,
  by: shownText,
  role: shownText,
  on: civilDate,
}

const approvalSchema = z.strictObject({
  ...approvalStatement,
  /** A compact JWS over the rest, where the approver signed. */
  signature: z.string().max(10_000).nullable(),
})

/** One person's yes to one plan. Plain data, to be kept with the plan. */
export type Approval = z.infer<typeof approvalSchema>

export interface ApproveOptions {
  /** Who approves: 1 to 256 characters. Not the planner. */
  readonly by: string
  /** The civil day. Not before the plan's. */
  readonly on: CivilDate
  /** In which role, for example `privacy-officer`. */
  readonly role: string
  /** The approver's own key. Without, an approval is no more than what the calling program says. */
  readonly signer?: Signer | undefined
}

const optionsSchema = z.strictObject({ by: shownText, on: civilDate, role: shownText, signer: z.unknown().optional() })

/**
 * Approves a plan. The plan itself is checked: one that was changed since it was made is not approved.
 * @throws PhiError PHI_RETENTION_PLAN for a plan that was changed; PHI_RETENTION_APPROVAL when it is the planner's, in a role that
 *   the plan does not name, before its day, or unsigned where the plan asks for signatures; PHI_RETENTION_OPTIONS
 */
export async function approve(plan: DispositionPlan, options: ApproveOptions): Promise<Approval> {
  const given = parseAs(optionsSchema, options, 'approve', (context) => retentionError('PHI_RETENTION_OPTIONS', context))
  const read = parsePlan(plan)
  const refuse = (detail: string) => dispositionError('PHI_RETENTION_APPROVAL', { detail })
  if (person(given.by) === person(read.plannedBy)) throw refuse('the planner does not approve their own plan')
  if (read.approvals.roles.length > 0 && !read.approvals.roles.includes(given.role))
    throw refuse('the plan does not name this role')
  if (given.on < read.today) throw refuse('it is dated before the day of the plan')
  if (read.approvals.signed && given.signer === undefined) throw refuse('the plan asks for signed approvals')
  const { by, role, on } = given
  const statement = { format: APPROVAL_FORMAT, plan: read.id, by, role, on } as const
  const signer = given.signer === undefined ? undefined : readSigner(given.signer, 'approve.signer')
  return frozen({ ...statement, signature: signer ? await signDocument(signer, APPROVAL_TYPE, statement) : null })
}

/** A key that the executing program knows as one person's. */
export interface ApproverKey {
  readonly by: string
  /** The public key, with its `kid`. */
  readonly key: SignatureJwk
}

/**
 * Why an approval does not count: 'form', it is none; 'plan', it is for another plan; 'planner'; 'twice', the same person;
 * 'role'; 'day', before the plan or after the day of execution; 'unsigned', where keys were given or the plan asks for them;
 * 'signature', it does not verify with a key of that person, or says something else than the approval.
 */
export type ApprovalProblem = 'form' | 'plan' | 'planner' | 'twice' | 'role' | 'day' | 'unsigned' | 'signature'

async function isSigned(approval: Approval, keys: readonly ApproverKey[]): Promise<boolean> {
  const { signature, ...statement } = approval
  const theirs = keys.filter(({ by }) => by === approval.by).map(({ key }) => key)
  if (theirs.length === 0) return false
  const opened = await openDocument(signature, theirs, APPROVAL_TYPE)
  if ('disbelief' in opened) return false
  try {
    return fromUtf8(opened.payload) === canonicalJson(statement)
  } catch {
    return false
  }
}

export interface CountedApprovals {
  readonly valid: readonly { readonly by: string; readonly role: string; readonly on: CivilDate; readonly signed: boolean }[]
  /** By the place in the list that was handed in. */
  readonly problems: readonly { readonly at: number; readonly problem: ApprovalProblem }[]
}

/** Counts the approvals of a plan. With keys, only signed ones count. */
export async function countApprovals(
  plan: DispositionPlan,
  approvals: readonly unknown[],
  { today, keys }: { readonly today: CivilDate; readonly keys: readonly ApproverKey[] | undefined },
): Promise<CountedApprovals> {
  const valid: CountedApprovals['valid'][number][] = []
  const problems: { at: number; problem: ApprovalProblem }[] = []
  const seen = new Set<string>()
  const problemOf = async (value: unknown): Promise<ApprovalProblem | Approval> => {
    const read = approvalSchema.safeParse(value)
    if (!read.success) return 'form'
    const { plan: of, by, role, on, signature } = read.data
    if (of !== plan.id) return 'plan'
    if (person(by) === person(plan.plannedBy)) return 'planner'
    if (plan.approvals.roles.length > 0 && !plan.approvals.roles.includes(role)) return 'role'
    if (on < plan.today || on > today) return 'day'
    if (keys === undefined) return plan.approvals.signed ? 'unsigned' : read.data
    if (signature === null) return 'unsigned'
    return (await isSigned(read.data, keys)) ? read.data : 'signature'
  }
  for (const [at, value] of approvals.entries()) {
    const found = await problemOf(value)
    if (typeof found === 'string') problems.push({ at, problem: found })
    else if (seen.has(person(found.by))) problems.push({ at, problem: 'twice' })
    else {
      seen.add(person(found.by))
      const { by, role, on } = found
      valid.push({ by, role, on, signed: keys !== undefined })
    }
  }
  return { valid, problems }
}
