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

const MOST_KEPT = 16
/** Of one question. The recursion goes no deeper, either. */
const MOST_ITEMS = 1_000
const bareLists = new Map<string, ReadData>()
/** Bare classes, read once: a service asks about the same few lists all day. */
function ofClasses(all: readonly DataClass[]): ReadData {
  const key = all.join(' ')
  let read = bareLists.get(key)
  if (read === undefined) {
    read = finish(
      all.map((each) => ({ class: each })),
      true,
      [],
    )
    // Who asks about ever new lists must not fill the memory.
    if (bareLists.size >= 4096) bareLists.clear()
    bareLists.set(key, read)
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
  if (value.length <= MOST_KEPT && value.every(isDataClass)) return ofClasses(value)
  const problems: Reason[] = []
  const read = new Map<unknown, DataItem | undefined>()
  const items = Array.from(value, (each) => readItem(each, problems, read) ?? []).flat()
  if (items.length === 0) return nothing
  const known = new Map<DataItem, boolean>()
  return finish(
    items,
    items.some((each) => !statesLabels(each, known)),
    problems,
  )
}

const own = (value: object, key: string): unknown =>
  Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined

/** Each object is read once, however often it stands in others. One that stands in itself is not known while it is being read. */
function readItem(value: unknown, problems: Reason[], read: Map<unknown, DataItem | undefined>): DataItem | undefined {
  if (isDataClass(value)) return { class: value }
  if (read.has(value)) {
    const before = read.get(value)
    if (before === undefined) problems.push(unknownClass)
    return before
  }
  read.set(value, undefined)
  if (typeof value !== 'object' || value === null || read.size > MOST_ITEMS) {
    problems.push(unknownClass)
    return undefined
  }
  const [name, labels, madeOf] = [own(value, 'class'), own(value, 'labels'), own(value, 'madeOf')]
  if (!isDataClass(name)) {
    problems.push(unknownClass)
    return undefined
  }
  if (labels !== undefined && !(Array.isArray(labels) && labels.every(isLabel))) problems.push(unknownLabel)
  if (madeOf !== undefined && !Array.isArray(madeOf)) problems.push(unknownOrigin)
  const item: DataItem = {
    class: name,
    ...(Array.isArray(labels) ? { labels: labels.filter(isLabel) as Label[] } : {}),
    ...(Array.isArray(madeOf) ? { madeOf: Array.from(madeOf, (each) => readItem(each, problems, read) ?? []).flat() } : {}),
  }
  read.set(value, item)
  return item
}

/** A record states its labels itself, or everything that it was made of does. */
function statesLabels(item: DataItem, known: Map<DataItem, boolean>): boolean {
  let states = known.get(item)
  if (states === undefined) {
    const { labels, madeOf } = item
    states =
      labels !== undefined || (madeOf !== undefined && madeOf.length > 0 && madeOf.every((each) => statesLabels(each, known)))
    known.set(item, states)
  }
  return states
}
