import { type UsState, usStates } from '@phi/core'
import { type Day, readDay } from '@phi/deadlines'
import { type Provider, providers } from './kinds.ts'
import { dateFacts, flagFacts, NONE } from './record.ts'

const DATES = dateFacts.length
const SLOTS = DATES + flagFacts.length
const TEXT = -1
const STATE = -2
const PROVIDER = -3
const MAMMOGRAMS = -4
const RULES = -5
const ID = -6
const KIND = -7

/** Where each fact is read to. A fact that is not here is not documented. */
const slots = new Map<string, number>([
  ...dateFacts.map((name, index) => [name, index] as const),
  ...flagFacts.map((name, index) => [name, DATES + index] as const),
  ['id', ID],
  ['kind', KIND],
  ['tenant', TEXT],
  ['subject', TEXT],
  ['state', STATE],
  ['provider', PROVIDER],
  ['laterMammograms', MAMMOGRAMS],
  ['rules', RULES],
])

/** A record as read: dates are days, flags 1 and 0, and what is not known is NONE. */
export interface ReadRecord {
  readonly id: string
  readonly kind: string
  readonly state: UsState | undefined
  readonly provider: Provider | undefined
  /** Dates by `dateIndex`, then flags by `flagIndex`. */
  readonly facts: readonly number[]
  readonly laterMammograms: readonly Day[] | undefined
  readonly rules: readonly string[] | undefined
  /** False where any fact does not have the documented form. Then nothing but `id` and `kind` may be used. */
  readonly readable: boolean
}

const LIMIT = 512
const LIST_LIMIT = 1000
const states = new Set<unknown>(usStates)
const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length <= LIMIT

/** The list as an array of its own, or `undefined`. Read once: a list that changes while it is looked at decides nothing. */
function copyOf(value: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(value)) return undefined
  const length = value.length
  if (length > LIST_LIMIT) return undefined
  const copy: unknown[] = []
  for (let i = 0; i < length; i++) copy.push(value[i])
  return copy
}

function daysOf(value: unknown): readonly Day[] | undefined {
  const days = copyOf(value)?.map((each) => readDay(each))
  return days?.every((day) => day !== undefined) ? (days as Day[]) : undefined
}

function textsOf(value: unknown): readonly string[] | undefined {
  const texts = copyOf(value)
  return texts?.every(isText) ? (texts as string[]) : undefined
}

/** Nothing known. Copied, which is quicker than filling, and keeps the list packed. */
const BLANK: readonly number[] = Array.from({ length: SLOTS }, () => NONE)

/** A record while it is read. */
class Reading implements ReadRecord {
  id = ''
  kind = ''
  state: UsState | undefined = undefined
  provider: Provider | undefined = undefined
  facts: number[] = BLANK.slice()
  laterMammograms: readonly Day[] | undefined = undefined
  rules: readonly string[] | undefined = undefined
  readable = true

  /** Takes one fact, and says whether it has the documented form. */
  take(name: string, value: unknown): boolean {
    const slot = slots.get(name)
    if (slot === undefined) return false
    if (value === null || value === undefined) return true
    if (slot >= DATES) {
      this.facts[slot] = value === true ? 1 : 0
      return typeof value === 'boolean'
    }
    if (slot >= 0) {
      const day = readDay(value)
      if (day === undefined) return false
      this.facts[slot] = day
      return true
    }
    switch (slot) {
      case ID:
        if (!isText(value)) return false
        this.id = value
        return true
      case KIND:
        if (!isText(value)) return false
        this.kind = value
        return true
      case STATE:
        this.state = value as UsState
        return states.has(value)
      case PROVIDER:
        this.provider = value as Provider
        return (providers as readonly unknown[]).includes(value)
      case MAMMOGRAMS:
        this.laterMammograms = daysOf(value)
        return this.laterMammograms !== undefined
      case RULES:
        this.rules = textsOf(value)
        return this.rules !== undefined
      default:
        return isText(value)
    }
  }
}

/** Whether nothing can be inherited from Object.prototype by a `for in`. */
function cleanPrototype(): boolean {
  for (const _ in Object.prototype) return false
  return true
}

/** Takes every own fact, the bad ones too, so that the id is known of a record that is bad otherwise. */
function takeAll(reading: Reading, record: object): void {
  const prototype = Object.getPrototypeOf(record)
  if (prototype === null || (prototype === Object.prototype && cleanPrototype())) {
    // The same as below, and twice as fast.
    for (const name in record) {
      if (!reading.take(name, (record as Record<string, unknown>)[name])) reading.readable = false
    }
    return
  }
  for (const name of Object.keys(record)) {
    if (!reading.take(name, (record as Record<string, unknown>)[name])) reading.readable = false
  }
}

/**
 * Reads a record. Written out by hand, since it is done for every record of a plan. Only its own properties count, each is read
 * once, and nothing it does can throw.
 */
export function readRecord(record: unknown): ReadRecord {
  const reading = new Reading()
  try {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) reading.readable = false
    else takeAll(reading, record)
  } catch {
    reading.readable = false
  }
  if (reading.id === '' || reading.kind === '') reading.readable = false
  return reading
}
