import { parseInstant } from '@phi/core'
import { freeze } from '../../freeze.ts'
import { refuseKey, type TextHash, type TextKey, textHash } from '../text-hash.ts'
import { purgeDue } from './due.ts'
import { type PurgeEvent, type PurgeHold, type PurgeItem, type PurgeRules, readPurge } from './event.ts'

/**
 * `kept`: not due yet. `unscheduled`: nobody has said how long its keeper may keep it. `held`: a legal hold stands. `due`: to be asked for
 * now. `requested`, `confirmed` (the keeper says so, with evidence), `verified` (somebody looked): nothing else counts as deleted.
 * `failed`: the keeper could not, or somebody looked and it was still there.
 */
export const purgeStates = ['kept', 'unscheduled', 'held', 'due', 'requested', 'confirmed', 'verified', 'failed'] as const
export type PurgeState = (typeof purgeStates)[number]

export interface PurgeRow {
  readonly item: PurgeItem
  /** `textHash` of the item's id: what requests and receipts name. */
  readonly hash: TextHash
  readonly state: PurgeState
  /** The instant by which it has to be gone. Absent where nobody has said. */
  readonly due?: string
  /** It should be gone, or confirmed, by now, and no receipt says so. */
  readonly overdue: boolean
  /** The hold that keeps it. */
  readonly hold?: string
  /** A hold began after the deletion was asked for: tell the keeper at once. */
  readonly recall: boolean
  /** The last request, and where the proof of its confirmation and of its verification is kept. */
  readonly request?: string
  readonly evidence?: readonly string[]
}

/** Why an event was not taken: a confirmation that does not fit its request deletes nothing. */
export const purgeMismatches = freeze({
  'unknown-request': 'No request of this id was made before it.',
  'request-used': 'A request of this id was made before.',
  'unknown-item': 'It names an item that is not in the plan.',
  'other-keeper': 'The keeper is not the one that was asked, or that keeps the item.',
  'other-items': 'It names an item that the request does not.',
  'other-count': 'The count is not the number of items that it names.',
  'time-backwards': 'It lies before what it answers.',
  'not-confirmed': 'It verifies what no keeper has confirmed.',
  'in-the-future': 'It lies after the time of the question.',
} as const)
export type PurgeMismatchCode = keyof typeof purgeMismatches

export interface PurgeMismatch {
  /** The event's place in the list. */
  readonly index: number
  readonly code: PurgeMismatchCode
  readonly says: string
}

export interface PurgePlan {
  readonly at: string
  readonly rows: readonly PurgeRow[]
  /** Events that were not taken. */
  readonly mismatches: readonly PurgeMismatch[]
}

interface Progress {
  readonly state: 'requested' | 'confirmed' | 'verified' | 'failed'
  readonly request: string
  readonly requestedAt: string
  readonly at: string
  readonly evidence: readonly string[]
}

/**
 * Where every prompt and output stands at an instant: what is due, what was asked for, what a keeper confirmed, what somebody verified, and
 * what is late. Only a confirmation that names the same keeper, the same items and their number is a receipt.
 * @throws PhiError PHI_BAA_AI_PURGE, PHI_BAA_AI_KEY
 */
export function purgePlan(
  items: readonly PurgeItem[],
  events: readonly PurgeEvent[],
  rules: PurgeRules,
  at: string,
  key: TextKey,
): PurgePlan {
  refuseKey(key)
  const read = readPurge({ items, events, rules, at })
  const hashed = new Map(read.items.map((item) => [textHash(key, item.id), item]))
  const { progress, mismatches } = follow(read.events, hashed, at)
  const holds = (read.rules.holds ?? []).map((each): StandingHold => ({ ...each, items: each.items && new Set(each.items) }))
  const standing = holds.filter(({ from, until }) => from <= at && (until === undefined || at < until))
  const rows = [...hashed].map(([hash, item]) => rowOf(item, hash, progress.get(hash), read.rules, standing, at))
  return freeze({ at, rows, mismatches })
}

type StandingHold = Omit<PurgeHold, 'items'> & { readonly items: ReadonlySet<string> | undefined }

function rowOf(
  item: PurgeItem,
  hash: TextHash,
  done: Progress | undefined,
  rules: PurgeRules,
  holds: readonly StandingHold[],
  at: string,
): PurgeRow {
  const period = Object.hasOwn(rules.retention, item.keeper) ? rules.retention[item.keeper] : undefined
  const due = period === undefined ? undefined : purgeDue(item.created, period)
  const hold = holds.find(({ items, keeper }) => (items?.has(item.id) ?? true) && (keeper ?? item.keeper) === item.keeper)
  const late = due !== undefined && at >= due
  const state: PurgeState =
    done !== undefined && (done.state === 'confirmed' || done.state === 'verified')
      ? done.state
      : hold !== undefined
        ? 'held'
        : (done?.state ?? (due === undefined ? 'unscheduled' : late ? 'due' : 'kept'))
  const open = state === 'due' || state === 'requested' || state === 'failed'
  const unconfirmed =
    state === 'requested' &&
    done !== undefined &&
    rules.confirmWithin !== undefined &&
    at >= purgeDue(done.requestedAt, rules.confirmWithin)
  return {
    item,
    hash,
    state,
    ...(due === undefined ? {} : { due }),
    // What is due at this very instant is not late yet.
    overdue: (open && due !== undefined && at > due) || unconfirmed || state === 'failed',
    ...(hold === undefined ? {} : { hold: hold.id }),
    recall: hold !== undefined && done !== undefined && done.state === 'requested',
    ...(done === undefined ? {} : { request: done.request, evidence: done.evidence }),
  }
}

/** Follows the events in their order. One that does not fit is set aside with the reason, and changes nothing. */
function follow(
  events: readonly PurgeEvent[],
  hashed: ReadonlyMap<TextHash, PurgeItem>,
  now: string,
): { readonly progress: ReadonlyMap<TextHash, Progress>; readonly mismatches: readonly PurgeMismatch[] } {
  const progress = new Map<TextHash, Progress>()
  const requests = new Map<string, Extract<PurgeEvent, { type: 'request' }>>()
  const mismatches: PurgeMismatch[] = []
  for (const [index, event] of events.entries()) {
    const code = misfit(event, requests, progress, hashed, now)
    if (code !== undefined) {
      mismatches.push({ index, code, says: purgeMismatches[code] })
      continue
    }
    if (event.type === 'request') requests.set(event.request, event)
    for (const hash of event.items) progress.set(hash, after(event, progress.get(hash)))
  }
  return { progress, mismatches }
}

function after(event: PurgeEvent, before: Progress | undefined): Progress {
  const { request, at } = event
  if (event.type === 'request') return { state: 'requested', request, requestedAt: at, at, evidence: [] }
  const { requestedAt, evidence } = before as Progress
  if (event.type === 'fail') return { state: 'failed', request, requestedAt, at, evidence }
  if (event.type === 'confirm') return { state: 'confirmed', request, requestedAt, at, evidence: [...evidence, event.evidence] }
  return { state: event.gone ? 'verified' : 'failed', request, requestedAt, at, evidence: [...evidence, event.evidence] }
}

function misfit(
  event: PurgeEvent,
  requests: ReadonlyMap<string, Extract<PurgeEvent, { type: 'request' }>>,
  progress: ReadonlyMap<TextHash, Progress>,
  hashed: ReadonlyMap<TextHash, PurgeItem>,
  now: string,
): PurgeMismatchCode | undefined {
  if (parseInstant(event.at) > parseInstant(now)) return 'in-the-future'
  const unknown = event.items.some((hash) => !hashed.has(hash))
  if (unknown) return 'unknown-item'
  if (event.type === 'request') {
    if (requests.has(event.request)) return 'request-used'
    return event.items.some((hash) => hashed.get(hash)?.keeper !== event.keeper) ? 'other-keeper' : undefined
  }
  const asked = requests.get(event.request)
  if (asked === undefined) return 'unknown-request'
  if (event.type === 'confirm' && event.keeper !== asked.keeper) return 'other-keeper'
  // A later request for the same item takes it over: an answer to the earlier one says nothing of the later.
  if (event.items.some((hash) => progress.get(hash)?.request !== event.request)) return 'other-items'
  if (event.items.some((hash) => event.at < (progress.get(hash) as Progress).at)) return 'time-backwards'
  if (event.type === 'confirm' && event.count !== event.items.length) return 'other-count'
  if (event.type === 'verify' && event.items.some((hash) => !isConfirmed(progress.get(hash)))) return 'not-confirmed'
  return undefined
}

const isConfirmed = (done: Progress | undefined): boolean => done?.state === 'confirmed' || done?.state === 'verified'

/** A request for what is due, for one keeper: to be sent to it, and to be kept as an event. Undefined when nothing is due there. */
export function purgeRequest(plan: PurgePlan, keeper: string, request: string): PurgeEvent | undefined {
  const again = plan.rows.filter((each) => each.item.keeper === keeper && (each.state === 'due' || each.state === 'failed'))
  if (again.length === 0) return undefined
  return freeze({ type: 'request', request, at: plan.at, keeper, items: again.map((each) => each.hash) })
}

/** What proves a deletion: plain data, to be kept as long as your documentation, 45 CFR 164.316(b)(2)(i). */
export interface PurgeReceipt {
  readonly format: 'phi.purge-receipt/v1'
  readonly request: string
  readonly keeper: string
  readonly at: string
  readonly items: readonly TextHash[]
  readonly count: number
  /** The weakest of its items: `verified` only when all are. */
  readonly state: 'confirmed' | 'verified'
  readonly evidence: readonly string[]
}

/** The receipt of a request: absent as long as one of its items is neither confirmed nor verified. */
export function purgeReceipt(plan: PurgePlan, request: string): PurgeReceipt | undefined {
  const rows = plan.rows.filter((each) => each.request === request)
  const [first] = rows
  if (first === undefined || rows.some((each) => each.state !== 'confirmed' && each.state !== 'verified')) return undefined
  return freeze({
    format: 'phi.purge-receipt/v1',
    request,
    keeper: first.item.keeper,
    at: plan.at,
    items: rows.map((each) => each.hash),
    count: rows.length,
    state: rows.every((each) => each.state === 'verified') ? 'verified' : 'confirmed',
    evidence: [...new Set(rows.flatMap((each) => each.evidence ?? []))],
  })
}
