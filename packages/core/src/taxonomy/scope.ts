import { type DataClass, dataClasses, labelledClasses } from './data-class.ts'
import type { Label } from './label.ts'
import { type ClassSelector, isClassSelector, labelOf } from './selector.ts'
import type { Carried } from './taint.ts'
import { isAtOrAbove } from './tree.ts'

/**
 * What may pass and what may not. Permits name classes only: a label says that more rules apply to a record, so it can
 * forbid and never allow.
 */
export interface Scope {
  readonly permits: readonly DataClass[]
  readonly prohibits: readonly ClassSelector[]
}

/** What a scope says of some data, with every reason. */
export interface ScopeVerdict {
  readonly outcome: 'allow' | 'deny'
  /** Classes that no permit covers. */
  readonly uncovered: readonly DataClass[]
  /** Prohibitions that fire. */
  readonly fired: readonly ClassSelector[]
}

/** Data to judge: what `carriedBy` answers, or classes and labels that are known as they stand. */
export type ScopedData = Pick<Carried, 'classes' | 'labels'> & Partial<Pick<Carried, 'unknownOrigin'>>

const overlap = (a: DataClass, b: DataClass) => isAtOrAbove(a, b) || isAtOrAbove(b, a)

const linksOf = () => Object.values(dataClasses).flatMap((row) => row.implies.map((told) => [row.key, told] as const))
const links = /* @__PURE__ */ linksOf()

/** Overlap, taking a code for a part of what it tells: no claim without its codes, no diagnosis code without a diagnosis. */
const touches = (a: DataClass, b: DataClass) =>
  overlap(a, b) ||
  links.some(([code, told]) => (overlap(a, code) && overlap(b, told)) || (overlap(a, told) && overlap(b, code)))

/** Whether data of these classes may carry the label: it does, its origin is not known, or a class of it always does. */
const mayCarry = (label: Label, data: ScopedData) =>
  data.unknownOrigin === true ||
  data.labels.includes(label) ||
  labelledClasses.some((row) => row.labels.includes(label) && data.classes.some((each) => overlap(row.key, each)))

/**
 * Judges data against a scope. Every class must be **covered** by a permit (equal to it, or below it), and no prohibition may
 * **overlap** any class in either direction: who sends `phi.clinical.note` may be sending the psychotherapy note below it.
 * No class at all is denied.
 *
 * INVARIANT: adding a prohibition never turns deny into allow; adding a permit never turns allow into deny.
 */
export function scopeVerdict(scope: Scope, data: ScopedData): ScopeVerdict {
  const uncovered = data.classes.filter((each) => !scope.permits.some((permit) => isAtOrAbove(permit, each)))
  const fired = scope.prohibits.filter((selector) => {
    // A prohibition that is not in the taxonomy cannot be shown to be elsewhere.
    if (!isClassSelector(selector)) return true
    const label = labelOf(selector)
    if (label !== undefined) return mayCarry(label, data)
    return data.classes.some((each) => touches(selector as DataClass, each))
  })
  const outcome = data.classes.length > 0 && uncovered.length === 0 && fired.length === 0 ? 'allow' : 'deny'
  return { outcome, uncovered, fired }
}
