import { parseAs, safeguards } from '@phi/core'
import { freeze } from '../freeze.ts'
import { controlOf } from './controls.ts'
import { type Day, dayAfter, readDay } from './day.ts'
import { type RegisterEntry, type RegisterEntryInput, registerSchema, titleOf } from './entry.ts'
import { safeguardError } from './errors.ts'
import { type Evidence, isFresh } from './evidence.ts'

/**
 * A register of safeguards: who sees to what, since when, by what evidence, until when it holds. There is no answer in it to "is all
 * well": 45 CFR 164.306(b) leaves the measures to each house, and a register shows what was decided and what is open. Frozen.
 */
export interface Register {
  readonly format: 'phi.safeguards/v1'
  readonly entries: readonly RegisterEntry[]
}

/** Registers that were read here: frozen, so that they need no second reading. */
const parsed = new WeakSet<Register>()

/**
 * Puts safeguards down, checked. One control can have several entries: for several systems, or with a part on each side.
 * @throws PhiError PHI_BAA_SAFEGUARDS
 */
export function register(entries: readonly RegisterEntryInput[]): Register {
  return parseRegister({ entries })
}

/** Reads a register from unknown data: what was written as JSON. Unknown keys are an error. @throws PhiError PHI_BAA_SAFEGUARDS */
export function parseRegister(value: unknown): Register {
  const refuse = (context: object) => safeguardError('PHI_BAA_SAFEGUARDS', context)
  const read = parseAs(registerSchema, value, 'register', refuse)
  if (new Set(read.entries.map(({ id }) => id)).size < read.entries.length) {
    throw refuse({ path: 'register.entries', detail: 'hold two with one id' })
  }
  // Leaves out what is not said: `undefined` and absence are one thing.
  const made = freeze(JSON.parse(JSON.stringify(read)) as Register)
  parsed.add(made)
  return made
}

/** The register as it is when it was read here, and read when it was not. @throws as `parseRegister` */
export const readRegister = (value: Register): Register =>
  typeof value === 'object' && value !== null && parsed.has(value) ? value : parseRegister(value)

/** What is known of an entry on a day. `unknown`: somebody said that it is in place, and nothing shows it any more, or yet. */
export type StandingState = 'in-place' | 'planned' | 'not-in-place' | 'not-applicable' | 'unknown'

/** Why it is unknown. */
export const doubts = ['stated-later', 'review-past', 'no-evidence', 'evidence-stale', 'never-done', 'not-repeated'] as const
export type Doubt = (typeof doubts)[number]

export interface Standing {
  readonly state: StandingState
  readonly doubts: readonly Doubt[]
  /** The evidence that holds on that day. */
  readonly evidence: readonly Evidence[]
}

/**
 * The last day on which what was done once still counts. The period is the entry's own: what the catalogue suggests is no number of the
 * house until somebody writes it down.
 */
const repeatBy = (entry: RegisterEntry): Day | undefined =>
  entry.every === undefined || entry.lastDone === undefined || entry.lastDone === 'never'
    ? undefined
    : dayAfter(entry.lastDone, entry.every)

/**
 * What is known of an entry on a day. Nothing is in place without evidence that holds on that day, within its review, and, where it comes
 * round, done within its period. What was said of a later day says nothing of this one.
 * @throws PhiError PHI_BAA_QUESTION when the day is no civil date
 */
export function standingOn(entry: RegisterEntry, day: Day): Standing {
  const at = readDay(day, 'at')
  const { status, asOf, reviewBy } = entry
  const found: Doubt[] = []
  if (at < asOf) found.push('stated-later')
  if (at > reviewBy) found.push('review-past')
  const fresh = entry.evidence.filter((each) => isFresh(each, at))
  if (status === 'in-place') {
    if (fresh.length === 0) found.push(entry.evidence.length === 0 ? 'no-evidence' : 'evidence-stale')
    if (entry.every !== undefined) {
      const by = repeatBy(entry)
      if (by === undefined) found.push('never-done')
      else if (at > by) found.push('not-repeated')
    }
  }
  return { state: found.length > 0 ? 'unknown' : status, doubts: found, evidence: fresh }
}

/** What an entry is about, in words. */
export const entryTitle = (entry: RegisterEntry): string => titleOf(entry, safeguards)

/** The text that an entry rests on. */
export const citationOfEntry = (entry: RegisterEntry) =>
  entry.control === undefined ? safeguards[entry.safeguard].citation : controlOf(entry.control).citation

/** How the rule speaks of what an entry is about. */
export const standingInLaw = (entry: RegisterEntry) =>
  entry.control === undefined ? safeguards[entry.safeguard].standing : controlOf(entry.control).standing
