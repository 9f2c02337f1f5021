import { isAtOrAbove, isKeyOf, type TreeFacts, treeOf } from './tree.ts'

/** 3 identifies a person outright; 0 is not protected health information any more. */
export interface IdentifiabilityRank {
  readonly rank: 0 | 1 | 2 | 3
}

const identifiabilityTree = <Key extends string>(rows: Record<Key, TreeFacts & IdentifiabilityRank>) =>
  treeOf<IdentifiabilityRank, Key>(rows)

/** How far data identifies a person: identified > coded > limited data set > de-identified, by either method. */
export const identifiabilities = /* @__PURE__ */ identifiabilityTree({
  identified: { label: 'identifies the person', rank: 3, citation: '45 CFR 160.103' },
  coded: { label: 'under a code that its holder can turn back', rank: 2, citation: '45 CFR 164.514(c)' },
  'limited-data-set': { label: 'limited data set, under a data use agreement', rank: 1, citation: '45 CFR 164.514(e)' },
  'de-identified': { label: 'de-identified', rank: 0, citation: '45 CFR 164.514(a)' },
  'de-identified.safe-harbor': { label: 'de-identified by removal', rank: 0, citation: '45 CFR 164.514(b)(2)' },
  'de-identified.expert': { label: 'de-identified by expert determination', rank: 0, citation: '45 CFR 164.514(b)(1)' },
})

export type Identifiability = keyof typeof identifiabilities

/** Whether a value is a level of identifiability. */
export const isIdentifiability = (value: unknown): value is Identifiability => isKeyOf(identifiabilities, value)

/** Positive when `a` identifies a person further than `b`, negative when less far, 0 when alike (the two methods are alike). */
export function compareIdentifiability(a: Identifiability, b: Identifiability): number {
  return identifiabilities[a].rank - identifiabilities[b].rank
}

/**
 * Whether data attested to be at one level may go where at most another is accepted. A method that is asked for by name must
 * be the method attested.
 */
export function isWithinIdentifiability(attested: Identifiability, accepted: Identifiability): boolean {
  return compareIdentifiability(attested, accepted) < 0 || isAtOrAbove(accepted, attested)
}
