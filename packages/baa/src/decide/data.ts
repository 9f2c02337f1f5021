import { type Carried, carriedBy, type DataClass, type DataItem, isDataClass, isLabel, type Label } from '@phi/core'
import { baaError } from '../errors.ts'
import { type Reason, reason } from './reason.ts'

/** What the data of a question carries. */
export interface ReadData extends Carried {
  /** An item does not say which labels it is under. */
  readonly unstated: boolean
  /** What could not be read. */
  readonly problems: readonly Reason[]
  /** Bare classes: the same object for the same list. */
  readonly isKept: boolean
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
  isKept: false,
})

const bare = new Map<DataClass, ReadData>()
/** A bare class, read once. */
function ofClass(each: DataClass): ReadData {
  let read = bare.get(each)
  if (read === undefined) {
    read = finish([plain({ class: each })], true, [], true)
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
      all.map((each) => plain({ class: each })),
      true,
      [],
      true,
    )
    // Who asks about ever new lists must not fill the memory.
    if (bareLists.size >= 4096) bareLists.clear()
    bareLists.set(key, read)
  }
  return read
}

function finish(items: readonly DataItem[], unstated: boolean, problems: readonly Reason[], isKept = false): ReadData {
  const carried = carriedBy(...items)
  // `phi` was added for what is not known: the question is open, and not answered by "phi is not permitted".
  const added = carried.unknownOrigin && !names(items, 'phi')
  const classes = added ? carried.classes.filter((each) => each !== 'phi') : carried.classes
  return Object.freeze({
    classes: Object.freeze(classes),
    labels: Object.freeze(carried.labels),
    unknownOrigin: carried.unknownOrigin,
    unstated,
    isKept,
    problems: Object.freeze([...new Set([...problems, ...(carried.unknownOrigin ? [unknownOrigin] : [])])]),
  })
}

/** Whether a class is named, at any depth. */
function names(items: readonly DataItem[], name: DataClass): boolean {
  const seen = new Set<DataItem>()
  const queue = [...items]
  while (queue.length > 0) {
    const item = queue.pop() as DataItem
    if (item.class === name) return true
    if (seen.has(item)) continue
    seen.add(item)
    queue.push(...(item.madeOf ?? []))
  }
  return false
}

/**
 * Reads the data of a question. What cannot be read is a reason that needs an answer.
 * @throws PhiError PHI_BAA_REQUEST for more than 1,000 items
 */
export function readData(value: unknown): ReadData {
  if (!Array.isArray(value) || value.length === 0) return nothing
  if (value.length > MOST_ITEMS) throw tooMany()
  if (value.length === 1 && isDataClass(value[0])) return ofClass(value[0])
  // A copy has no holes: `every` would step over them.
  const list: readonly unknown[] = Array.from(value)
  if (list.length <= MOST_KEPT && list.every(isDataClass)) return ofClasses(list)
  const problems = new Set<Reason>()
  const read = new Map<unknown, DataItem | undefined>()
  const items = list.flatMap((each) => readItem(each, problems, read) ?? [])
  if (items.length === 0) return nothing
  const known = new Map<DataItem, boolean>()
  return finish(
    items,
    items.some((each) => !statesLabels(each, known)),
    [...problems],
  )
}

const tooMany = () => baaError('PHI_BAA_REQUEST', { path: 'request.data', detail: `must be at most ${MOST_ITEMS} items` })

/** Without a prototype, and shallow: what it is made of was made so before, and is known by identity. */
const plain = (item: DataItem): DataItem => Object.assign(Object.create(null), item)

const own = (value: object, key: string): unknown =>
  Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined

/** A list without holes; anything else as it is. */
const listOf = (value: unknown): unknown => (Array.isArray(value) ? Array.from(value) : value)

/** Each object is read once, however often it stands in others. One that stands in itself is not known while it is being read. */
function readItem(value: unknown, problems: Set<Reason>, read: Map<unknown, DataItem | undefined>): DataItem | undefined {
  if (isDataClass(value)) return plain({ class: value })
  if (read.has(value)) {
    const before = read.get(value)
    if (before === undefined) problems.add(unknownClass)
    return before
  }
  read.set(value, undefined)
  if (read.size > MOST_ITEMS) throw tooMany()
  if (typeof value !== 'object' || value === null) {
    problems.add(unknownClass)
    return undefined
  }
  const name = own(value, 'class')
  const [labels, madeOf] = [listOf(own(value, 'labels')), listOf(own(value, 'madeOf'))]
  if (!isDataClass(name)) {
    problems.add(unknownClass)
    return undefined
  }
  if (labels !== undefined && !(Array.isArray(labels) && labels.every(isLabel))) problems.add(unknownLabel)
  if (madeOf !== undefined && !Array.isArray(madeOf)) problems.add(unknownOrigin)
  const item: DataItem = plain({
    class: name,
    ...(Array.isArray(labels) ? { labels: labels.filter(isLabel) as Label[] } : {}),
    ...(Array.isArray(madeOf) ? { madeOf: madeOf.flatMap((each) => readItem(each, problems, read) ?? []) } : {}),
  })
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
