import { isInstant, isPurposeOfUse, type PurposeOfUse, purposeIsA } from '@phi/core'
import { FALSE, TRUE, type Truth, UNKNOWN } from '../expression/truth.ts'

/**
 * Something that was given for one patient, and for a time: a broken glass, an authorization, a consent. The application keeps
 * them and hands in those that may matter; a grant only ever makes `granted` conditions and overrides true, it permits nothing itself.
 */
export interface Grant {
  readonly kind: string
  readonly tenant: string
  readonly patient: string
  /** Who may rely on it. A broken glass names its actor; without, any actor of the tenant. */
  readonly actor?: string | undefined
  /** Purposes it is good for, and kinds of them. Without: any, also none. */
  readonly purposes?: readonly PurposeOfUse[] | undefined
  /** Types of records it speaks about. Without: any. */
  readonly resources?: readonly string[] | undefined
  readonly actions?: readonly string[] | undefined
  /** First instant at which it counts: UTC text with milliseconds, or milliseconds since 1970. */
  readonly from: string | number
  /** First instant at which it no longer counts. Null: no end was agreed; a broken glass must have one. */
  readonly until: string | number | null
  /** Why the glass was broken, in the actor's words. */
  readonly reason?: string | undefined
}

/** How long a broken glass lasts at most, in milliseconds: one hour. Ours, not the law's. */
export const BREAK_GLASS_MAX_MS = 3_600_000
/** How many grants a request may hand in. */
export const MAX_GRANTS = 100

/** Milliseconds since 1970, or NaN for what is no instant. */
export function instantOf(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN
  if (value instanceof Date) return Date.prototype.getTime.call(value)
  return typeof value === 'string' && isInstant(value) ? Date.parse(value) : Number.NaN
}

const text = (value: unknown): value is string => typeof value === 'string' && value !== ''
const names = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.length <= 1_000 && value.every(text))

/** Whether a grant has the form that is documented. One that has not says nothing, and makes what it was to answer unknown. */
function isSound(grant: Grant): boolean {
  if (typeof grant !== 'object' || grant === null) return false
  const { kind, tenant, patient, actor, purposes, resources, actions, until } = grant
  const from = instantOf(grant.from)
  if (!text(kind) || !text(tenant) || !text(patient) || Number.isNaN(from)) return false
  if (actor !== undefined && !text(actor)) return false
  if (!names(purposes) || !(purposes ?? []).every(isPurposeOfUse) || !names(resources) || !names(actions)) return false
  if (until !== null && !(instantOf(until) > from)) return false
  if (kind !== 'break-glass') return true
  const reason = grant.reason
  return (
    actor !== undefined &&
    until !== null &&
    instantOf(until) - from <= BREAK_GLASS_MAX_MS &&
    typeof reason === 'string' &&
    reason.trim() !== ''
  )
}

/** What a grant is held against. `patient` is `undefined` where the record does not say, null where it has none. */
export interface GrantQuestion {
  readonly kind: string
  readonly tenant: unknown
  readonly actor: unknown
  readonly patient: unknown
  readonly purpose: unknown
  readonly type: unknown
  readonly action: unknown
  /** Milliseconds since 1970. */
  readonly at: number
}

function fits(grant: Grant, asked: GrantQuestion): boolean {
  if (grant.kind !== asked.kind || grant.tenant !== asked.tenant) return false
  if (grant.actor !== undefined && grant.actor !== asked.actor) return false
  if (grant.resources !== undefined && !grant.resources.includes(asked.type as string)) return false
  if (grant.actions !== undefined && !grant.actions.includes(asked.action as string)) return false
  const { purpose } = asked
  if (grant.purposes !== undefined) {
    if (!isPurposeOfUse(purpose) || !grant.purposes.some((each) => purposeIsA(purpose, each))) return false
  }
  return instantOf(grant.from) <= asked.at && (grant.until === null || asked.at < instantOf(grant.until))
}

/** Whether any grant fits everything but the patient, for questions about a whole type. */
export function grantPossible(grants: unknown, asked: Omit<GrantQuestion, 'patient'>): boolean {
  if (!Array.isArray(grants) || grants.length > MAX_GRANTS) return false
  return (grants as Grant[]).some((grant) => isSound(grant) && fits(grant, { ...asked, patient: undefined }))
}

/** The patients for whom a grant of this kind counts, for queries. */
export function grantedPatients(grants: unknown, asked: Omit<GrantQuestion, 'patient'>): readonly string[] {
  if (!Array.isArray(grants) || grants.length > MAX_GRANTS) return []
  const found = (grants as Grant[]).filter((grant) => isSound(grant) && fits(grant, { ...asked, patient: undefined }))
  return [...new Set(found.map(({ patient }) => patient))]
}

/** Whether a grant of the kind covers what is asked. Unknown where something stands in the way of telling. */
export function granted(grants: unknown, asked: GrantQuestion): Truth {
  if (grants === undefined) return FALSE
  if (!Array.isArray(grants) || grants.length > MAX_GRANTS) return UNKNOWN
  if (grants.length === 0) return FALSE
  const { patient } = asked
  if (Number.isNaN(asked.at)) return UNKNOWN
  let doubt = false
  for (const grant of grants as Grant[]) {
    if (!isSound(grant)) doubt = true
    else if (fits(grant, asked)) {
      if (text(patient) && grant.patient === patient) return TRUE
      if (patient !== null && !text(patient)) doubt = true
    }
  }
  return doubt ? UNKNOWN : FALSE
}
