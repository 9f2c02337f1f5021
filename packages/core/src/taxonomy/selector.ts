import { type DataClass, isDataClass } from './data-class.ts'
import { isLabel, type Label } from './label.ts'

/** What a prohibition names: a data class, or everything that carries a label. */
export type ClassSelector = DataClass | `label:${Label}`

/** Whether a value is a data class or `label:` with a label. */
export function isClassSelector(value: unknown): value is ClassSelector {
  return isDataClass(value) || (typeof value === 'string' && value.startsWith('label:') && isLabel(value.slice(6)))
}

/** The label that a selector names, if it names one. */
export function labelOf(selector: ClassSelector): Label | undefined {
  return selector.startsWith('label:') ? (selector.slice(6) as Label) : undefined
}
