import { type DataClass, dataClasses, labelledClasses } from './data-class.ts'
import type { Label } from './label.ts'
import { isAtOrAbove } from './tree.ts'

/** A piece of data, as a caller describes it. */
export interface DataItem {
  readonly class: DataClass
  /** The labels its record is under. Default none. */
  readonly labels?: readonly Label[]
  /**
   * What it was made of. Left out, an item of a derived class (`phi.ai.*`, `phi.ops.*`) may have been made of anything; an
   * empty list says that no protected health information went into it.
   */
  readonly madeOf?: readonly DataItem[]
}

/** What an item counts as, for every check. */
export interface Carried {
  readonly classes: readonly DataClass[]
  readonly labels: readonly Label[]
  /** Something it was made of is not known. `classes` then holds `phi`, and any label may be on it. */
  readonly unknownOrigin: boolean
}

/** A member of the item itself: an empty `madeOf` on a prototype would say of every item that nothing went into it. */
const own = <Key extends keyof DataItem>(item: DataItem, key: Key): DataItem[Key] | undefined =>
  Object.hasOwn(item, key) ? item[key] : undefined

/**
 * The classes and labels that items carry together: their own, and those of everything they were made of, however far back.
 * A `phi.ai.prompt` made of a `phi.clinical.note.session` is both, and under the labels of the note.
 */
export function carriedBy(...items: readonly DataItem[]): Carried {
  const classes = new Set<DataClass>()
  const labels = new Set<Label>()
  const seen = new Set<DataItem>()
  let unknownOrigin = false
  const queue = [...items]
  while (queue.length > 0) {
    const item = queue.pop()
    // A hole in a list, which the types do not see: something was there, and nobody knows what.
    if (item === undefined) {
      classes.add('phi')
      unknownOrigin = true
      continue
    }
    if (seen.has(item)) continue
    seen.add(item)
    classes.add(item.class)
    for (const label of own(item, 'labels') ?? []) labels.add(label)
    for (const row of labelledClasses) {
      if (isAtOrAbove(row.key, item.class)) for (const label of row.labels) labels.add(label)
    }
    // `phi` itself may hold derived data, but names it with everything else there is.
    const madeOf = own(item, 'madeOf')
    if (madeOf === undefined && dataClasses[item.class].derived) {
      classes.add('phi')
      unknownOrigin = true
    }
    for (const input of madeOf ?? []) queue.push(input)
  }
  return { classes: [...classes].sort(), labels: [...labels].sort(), unknownOrigin }
}
