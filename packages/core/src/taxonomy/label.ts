import { isKeyOf, type TreeFacts, treeOf } from './tree.ts'
import { isUsState, type UsState } from './us-state.ts'

const labelTree = <Key extends string>(rows: Record<Key, TreeFacts>) => treeOf<unknown, Key>(rows)

/**
 * Regimes that a record can be under, whatever its class: HIV status stands in a note as well as in a lab result. A record
 * carries a set of labels, from where it came from or from what it says. `state:XX` says that the law of that State adds to it.
 */
export const regimeLabels = /* @__PURE__ */ labelTree({
  psychotherapy: { label: 'psychotherapy notes, kept apart', citation: '45 CFR 164.508(a)(2)' },
  part2: { label: 'record of a substance use disorder program', citation: '42 CFR Part 2', confirmation: 'secondary' },
  hiv: { label: 'HIV or AIDS status (state law)' },
  genetic: { label: 'genetic information', citation: '45 CFR 164.502(a)(5)(i)' },
  reproductive: { label: 'reproductive health care (state law)' },
  minor: { label: 'record of an unemancipated minor', citation: '45 CFR 164.502(g)(3)' },
  'self-pay-restricted': {
    label: 'paid in full out of pocket, kept from the health plan',
    citation: '45 CFR 164.522(a)(1)(vi)',
  },
  'patient-restricted': { label: 'under a restriction agreed with the patient', citation: '45 CFR 164.522(a)(1)' },
})

export type RegimeLabel = keyof typeof regimeLabels
export type Label = RegimeLabel | `state:${UsState}`

/** Whether a value is a label. */
export function isLabel(value: unknown): value is Label {
  if (typeof value !== 'string') return false
  return isKeyOf(regimeLabels, value) || (value.startsWith('state:') && isUsState(value.slice(6)))
}
