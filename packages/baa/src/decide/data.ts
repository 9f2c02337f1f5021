import { type Carried, carriedBy, type DataClass, type DataItem, isDataClass, isLabel, type Label } from '@phi/core'
import { type Reason, reason } from './reason.ts'

/** What the data of a question carries. */
export interface ReadData extends Carried {
  /** An item does not say which labels it is under. */
  readonly unstated: boolean
  /** What could not be read. */
  readonly problems: readonly Reason[]
}

const unknownClass = reason('unknown-class')
const unknownLabel = reason('unknown-label')
const unknownOrigin = reason('unknown-origin')

const nothing: ReadData = Object.freeze({
  classes: [],
  labels: [],
  unknownOrigin: false,
  unstated: true,
  problems: [unknownClass],
})

const bare = new Map<DataClass, ReadData>()
/** A bare class, read once. */
function ofClass(each: DataClass): ReadData {
  let read = bare.get(each)
  if (read === undefined) {
    read = finish([{ class: each }], true, [])
    bare.set(each, read)
  }
  return read
}

function finish(items: readonly DataItem[], unstated: boolean, problems: readonly Reason[]): ReadData {
  const carried = carriedBy(...items)
  // `phi` was added for what is not known: the question is open, and not answered by "phi is not permitted".
  const classes =
    carried.unknownOrigin && !items.some((each) => each.class === 'phi')
      ? carried.classes.filter((each) => each !== 'phi')
      : carried.classes
  return Object.freeze({
    classes: Object.freeze(classes),
    labels: Object.freeze(carried.labels),
    unknownOrigin: carried.unknownOrigin,
    unstated,
    problems: Object.freeze([...problems, ...(carried.unknownOrigin ? [unknownOrigin] : [])]),
  })
}

/** Reads the data of a question. Nothing is thrown: what cannot be read is a reason that needs an answer. */
export function readData(value: unknown): ReadData {
  if (!Array.isArray(value) || value.length === 0) return nothing
  if (value.length === 1 && isDataClass(value[0])) return ofClass(value[0])
  const problems: Reason[] = []
  const items = value.flatMap((each) => readItem(each, problems, new Set()) ?? [])
  if (items.length === 0) return nothing
  return finish(
    items,
    items.some((each) => !statesLabels(each, new Set())),
    problems,
  )
}

const own = (value: object, key: string): unknown =>
  Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined

function readItem(value: unknown, problems: Reason[], above: ReadonlySet<unknown>): DataItem | undefined {
  if (isDataClass(value)) return { class: value }
  if (typeof value !== 'object' || value === null || above.has(value) || above.size > 100) {
    problems.push(unknownClass)
    return undefined
  }
  const name = own(value, 'class')
  if (!isDataClass(name)) {
    problems.push(unknownClass)
    return undefined
  }
  const labels = own(value, 'labels')
  const madeOf = own(value, 'madeOf')
  if (labels !== undefined && !(Array.isArray(labels) && labels.every(isLabel))) problems.push(unknownLabel)
  if (madeOf !== undefined && !Array.isArray(madeOf)) problems.push(unknownOrigin)
  const path = new Set([...above, value])
  return {
    class: name,
    ...(Array.isArray(labels) ? { labels: labels.filter(isLabel) as Label[] } : {}),
    ...(Array.isArray(madeOf) ? { madeOf: madeOf.flatMap((each) => readItem(each, problems, path) ?? []) } : {}),
  }
}

/** A record states its labels itself, or everything that it was made of does. */
function statesLabels(item: DataItem, above: Set<DataItem>): boolean {
  if (item.labels !== undefined) return true
  if (item.madeOf === undefined || item.madeOf.length === 0 || above.has(item)) return false
  above.add(item)
  return item.madeOf.every((each) => statesLabels(each, above))
}
