/**
 * Which records a request may touch, as a condition: what `conclude` draws from truths, said over all records at once.
 */
import type { Bucket, Compiled, CompiledForbid, CompiledPermit } from '../decision/bucket.ts'
import type { Obligation } from '../policy/obligation.ts'
import type { Forms } from './compare.ts'
import { and, type Condition, or, unmet } from './condition.ts'

/** A bucket whose conditions were translated. */
export interface Translated {
  readonly bucket: Bucket
  forms(compiled: Compiled): Forms
  /** Whether the actor has a permit by role. */
  held(permit: CompiledPermit): Condition
  /** Whether an obligation is known to be discharged. */
  discharged(obligation: Obligation): boolean
}

type Override = CompiledForbid['overrides'][number]

/** Where a permit applies. */
export const firing = (by: Translated, permit: CompiledPermit): Condition => and(by.held(permit), by.forms(permit).holds)

const free = ({ obligations }: { readonly obligations: readonly Obligation[] }): boolean => obligations.length === 0
export const freePermits = ({ permits }: Bucket): readonly CompiledPermit[] => permits.filter(free)

/** Where one of these overrides is the first that opens. Only the first one counts, and what it asks for is owed. */
function openedBy(by: Translated, { overrides }: CompiledForbid, wanted: (override: Override) => boolean): Condition {
  const openings = overrides.flatMap((override, index) => {
    if (!wanted(override)) return []
    const earlier = overrides.slice(0, index).filter((each) => !wanted(each))
    return [and(by.forms(override).holds, ...earlier.map((each) => unmet(by.forms(each).holds)))]
  })
  return or(...openings)
}

const owes = (by: Translated) => (override: Override) => !override.obligations.every((each) => by.discharged(each))

/** Where a forbid of whole records lets through: it is false, or opened with nothing left to do. */
export function passing(by: Translated, forbid: CompiledForbid): Condition {
  return or(
    by.forms(forbid).fails,
    openedBy(by, forbid, (override) => !owes(by)(override)),
  )
}

/** The forbids that deny, and those that hide fields. */
export const recordForbids = ({ forbids }: Bucket) => forbids.filter(({ rule }) => rule.fields === undefined)
export const fieldForbids = ({ forbids }: Bucket) => forbids.filter(({ rule }) => rule.fields !== undefined)

const hidingField = (by: Translated, field: string) =>
  fieldForbids(by.bucket).filter(({ rule }) => rule.fields?.includes(field))

/** Where a field is not hidden by any forbid. */
export function unhidden(by: Translated, field: string): Condition {
  const lifted = hidingField(by, field).map((forbid) =>
    or(by.forms(forbid).fails, ...forbid.overrides.map((each) => by.forms(each).holds)),
  )
  return and(...lifted)
}

const redactedBy = (permits: readonly CompiledPermit[]): ReadonlySet<string> =>
  new Set(permits.flatMap(({ obligations }) => obligations.flatMap((each) => (each.type === 'redact' ? each.fields : []))))

/** Where one of these fields is visible, when a decision rests on those of the permits that apply. */
function seen(by: Translated, permits: readonly CompiledPermit[], fields: readonly string[]): Condition {
  const redacted = redactedBy(permits)
  // Fields that the same permits show and the same forbids hide are one question.
  const questions = new Map<string, Condition>()
  for (const field of fields) {
    if (redacted.has(field)) continue
    const showing = permits.filter((permit) => permit.fields.includes(field))
    const key = JSON.stringify([showing, hidingField(by, field)].map((each) => each.map(({ rule }) => rule.id)))
    if (questions.has(key)) continue
    questions.set(key, and(or(...showing.map((permit) => firing(by, permit))), unhidden(by, field)))
  }
  return or(...questions.values())
}

/** Where no forbid of fields was opened, for a field that is shown, by an override that leaves something to do. */
function settled(by: Translated, permits: readonly CompiledPermit[]): Condition {
  return and(
    ...fieldForbids(by.bucket).map((forbid) => {
      const owing = openedBy(by, forbid, owes(by))
      return unmet(and(unmet(by.forms(forbid).fails), owing, seen(by, permits, forbid.rule.fields ?? [])))
    }),
  )
}

/** Where the permits that ask for nothing show something, and nothing is left to do. */
export function shownFreely(by: Translated): Condition {
  const permits = freePermits(by.bucket)
  return and(seen(by, permits, by.bucket.fields), settled(by, permits))
}

/**
 * Where a decision rests on a permit with obligations, and all of them are discharged. Such a permit is used only where those without
 * show nothing, and of several the one that asks for least.
 */
function shownAfterwards(by: Translated): Condition {
  const { bucket } = by
  const without = freePermits(bucket)
  const bound = bucket.permits.filter((each) => !free(each)).sort((a, b) => a.obligations.length - b.obligations.length)
  const shows = (permit: CompiledPermit) => and(firing(by, permit), seen(by, [...without, permit], bucket.fields))
  const ways = bound.flatMap((permit, index) => {
    if (!permit.obligations.every((each) => by.discharged(each))) return []
    const earlier = bound.slice(0, index).map((each) => unmet(shows(each)))
    const used = [...without, permit]
    return [and(unmet(seen(by, without, bucket.fields)), ...earlier, shows(permit), settled(by, used))]
  })
  return or(...ways)
}

/** The records that are allowed as they stand, apart from the tenant wall. */
export function allowedRows(by: Translated): Condition {
  const forbids = recordForbids(by.bucket).map((forbid) => passing(by, forbid))
  return and(...forbids, or(shownFreely(by), shownAfterwards(by)))
}
