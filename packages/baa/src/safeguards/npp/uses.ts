import { covers, leaves, type Use, uses } from '@phi/core'
import type { Clause } from '../../agreement/clause.ts'
import { freeze } from '../../freeze.ts'
import { type Registry, refuseUnread } from '../../registry/registry.ts'
import type { Day } from '../day.ts'
import { type Notice, versionOn } from './notice.ts'

/** A use that an agreement permits and the notice does not describe. */
export interface UseBeyondNotice {
  readonly agreement: string
  readonly clause: Clause
  readonly use: Use
  /** Of a branch, what of it the notice does not describe. */
  readonly beyond: readonly Use[]
  /**
   * A business associate's own needs, 45 CFR 164.504(e)(4): no purpose for which the covered entity itself uses the data, so that counsel
   * may find that the notice need not name it.
   */
  readonly ownNeeds: boolean
}

/**
 * The uses that agreements permit beyond what the notice in effect on a day describes: each has to leave the agreement, or enter the
 * notice. All agreements count, also those that are not signed yet: before the signature is when it can be changed. What an agreement
 * prohibits again is not beyond.
 *
 * Where no version is in effect, everything is beyond.
 * @throws PhiError PHI_BAA_REGISTRY for a model that `registry` did not make, PHI_BAA_NOTICE, PHI_BAA_QUESTION
 */
export function usesBeyondNotice(model: Registry, notice: Notice, day: Day): readonly UseBeyondNotice[] {
  refuseUnread(model)
  const described = versionOn(notice, day)?.uses ?? []
  const isDescribed = (use: Use) => described.some((each) => covers(each, use))
  return freeze(
    model.agreements.flatMap(({ id, uses: permitted, prohibitsUses }) =>
      permitted.flatMap((clause): readonly UseBeyondNotice[] => {
        const { use } = clause
        if (isDescribed(use)) return []
        const allowed = leaves(uses, use).filter((leaf) => !prohibitsUses.some((each) => covers(each.use, leaf)))
        const beyond = allowed.filter((leaf) => !isDescribed(leaf))
        if (beyond.length === 0) return []
        return [{ agreement: id, clause: { ...clause }, use, beyond, ownNeeds: covers('ba', use) }]
      }),
    ),
  )
}
