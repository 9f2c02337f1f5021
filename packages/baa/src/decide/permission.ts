import { type ClassSelector, covers, type DataClass, isClassSelector, isInstant, isUse, type Label, type Use } from '@phi/core'
import type { Authorization } from './request.ts'

/** What the individual has permitted, at an instant. */
export interface Permission {
  use(use: Use): boolean
  /** All of these classes. */
  classes(classes: readonly DataClass[]): boolean
  label(label: Label): boolean
}

const nothing: Permission = { use: () => false, classes: () => false, label: () => false }

/** Reads a permission. What cannot be read, or has no reference, or is over, permits nothing. */
export function permissionOf(authorization: Authorization | undefined, at: number): Permission {
  if (authorization === undefined) return nothing
  const own = (key: keyof Authorization): unknown => (Object.hasOwn(authorization, key) ? authorization[key] : undefined)
  const [reference, uses, data, until] = [own('reference'), own('uses'), own('data'), own('until')]
  if (typeof reference !== 'string' || reference.trim() === '' || !Array.isArray(uses) || !Array.isArray(data)) return nothing
  if (until !== undefined && !(typeof until === 'string' && isInstant(until) && at < Date.parse(until))) return nothing
  const selectors = data.filter(isClassSelector) as ClassSelector[]
  const classes = selectors.filter((each): each is DataClass => !each.startsWith('label:'))
  return {
    use: (use) => uses.some((each) => isUse(each) && covers(each, use)),
    classes: (asked) => asked.every((each) => classes.some((permitted) => covers(permitted, each))),
    label: (label) => selectors.includes(`label:${label}`),
  }
}

/** What the originator of psychotherapy notes may do with them without an authorization, 164.508(a)(2)(i); and what law requires. */
export const ownUses: readonly Use[] = ['treatment', 'operations.training', 'required-by-law']
