import {
  type DataClass,
  isDataClass,
  isInstant,
  isLabel,
  isService,
  isUse,
  type Label,
  parseAs,
  type Service,
  type Use,
} from '@phi/core'
import * as z from 'zod'
import type { Agreement } from '../agreement/agreement.ts'
import { readAgreement } from '../agreement/define.ts'
import type { Effect } from '../decide/reason.ts'
import { freeze } from '../freeze.ts'
import { own, ownOf } from '../own.ts'
import { type Registry, refuseUnread, registry } from '../registry/registry.ts'
import { aroundOf } from './around.ts'
import { type Flips, flipsOf } from './cause.ts'
import { clauseChanges } from './clauses.ts'
import { diffError } from './errors.ts'
import type { ClauseChange } from './terms.ts'
import { walk } from './walk.ts'

export interface DiffOptions {
  /** Which services, classes, labels, uses and instants are asked about. Left out: all, and one instant in each stretch of time. */
  readonly services?: readonly Service[] | undefined
  readonly data?: readonly DataClass[] | undefined
  readonly labels?: readonly Label[] | undefined
  readonly uses?: readonly Use[] | undefined
  readonly at?: readonly string[] | undefined
  /**
   * What `exitCode` is 1 for. `widened`: data may go that might not before, or a clause allows more or promises less. `any`: something
   * changed. `never`. Default `widened`.
   */
  readonly failOn?: 'widened' | 'any' | 'never' | undefined
  /** How many kinds of requests between two parties are asked at the most. Default 100,000. What has more is undecided. */
  readonly limit?: number | undefined
}

/** Two versions of one agreement. */
export interface AgreementChange {
  readonly before: VersionName
  readonly after: VersionName
  readonly clauses: readonly ClauseChange[]
}

export interface VersionName {
  readonly id: string
  readonly version: string
}

export interface OutcomeCount {
  readonly was: Effect
  readonly is: Effect
  readonly requests: number
}

/** What a change of agreements comes to. */
export interface Diff {
  /** Agreements that are in both, and differ. */
  readonly agreements: readonly AgreementChange[]
  readonly added: readonly VersionName[]
  readonly removed: readonly VersionName[]
  /** How many requests were compared. */
  readonly requests: number
  /** How many come out in another way. */
  readonly outcomes: readonly OutcomeCount[]
  /** The same by cause, each with a witness: what is now allowed first. */
  readonly flips: readonly Flips[]
  /** Parties between whom the requests were too many to tell. */
  readonly undecided: readonly { readonly from: string; readonly to: string }[]
  /** For a check that runs by itself: 0, or 1 as `failOn` says, or 2 where something is undecided and 1 is not certain. */
  readonly exitCode: 0 | 1 | 2
}

const words = <Word>(is: (value: unknown) => boolean, message: string) =>
  z.array(z.custom<Word>(is, message)).max(1_000).readonly().optional()

const optionsSchema = z.strictObject({
  services: words<Service>(isService, 'must be a service of the taxonomy'),
  data: words<DataClass>(isDataClass, 'must be a data class of the taxonomy'),
  labels: words<Label>(isLabel, 'must be a label'),
  uses: words<Use>(isUse, 'must be a use of the taxonomy'),
  at: words<string>((value) => typeof value === 'string' && isInstant(value), 'must be an instant'),
  failOn: z.enum(['widened', 'any', 'never']).default('widened'),
  limit: z.int().min(1).max(100_000_000).default(100_000),
})

/**
 * What changes between two versions of an agreement, or between two registries: the clauses that were widened or narrowed, and the
 * decisions that come out in another way, each kind with a request that shows it.
 *
 * Every request between the parties of an agreement is compared: all services, classes, labels, uses, the instants at which something
 * changes, the places, plans and conditions that either names and one that neither does, with and without an authorization. One class and
 * at most one label at a time, for every class and label is judged by itself. An agreement alone stands in a registry in which its vendor
 * gives data on to nobody.
 * @throws PhiError PHI_BAA_DIFF; PHI_BAA_AGREEMENT, PHI_BAA_CONTRADICTION, PHI_BAA_REGISTRY for what was not read before
 */
export function diff(before: Agreement, after: Agreement, options?: DiffOptions): Diff
export function diff(before: Registry, after: Registry, options?: DiffOptions): Diff
export function diff(before: Agreement | Registry, after: Agreement | Registry, options: DiffOptions = {}): Diff {
  const refuse = (path: string, detail: string) => diffError('PHI_BAA_DIFF', { path, detail })
  const plain = ownOf(options, () => refuse('options', 'the value could not be read'))
  const read = own(parseAs(optionsSchema, plain, 'options', (context) => diffError('PHI_BAA_DIFF', context)))
  const [one, two] = [sideOf(before), sideOf(after)]
  if (one.agreement !== undefined && two.agreement !== undefined) {
    if (one.agreement.from.id !== two.agreement.from.id || one.agreement.to.id !== two.agreement.to.id) {
      throw refuse('after', 'must be an agreement of the same two parties')
    }
  } else if (one.agreement !== undefined || two.agreement !== undefined) {
    throw refuse('after', 'must be of the same kind as `before`')
  }
  const asked = {
    ...read,
    services: unique(read.services),
    data: unique(read.data),
    labels: unique(read.labels),
    uses: unique(read.uses),
    at: unique(read.at),
  }
  const paired = pairsOf(one.registry.agreements, two.registry.agreements)
  const undecided: { from: string; to: string }[] = []
  const flips: Flips[] = []
  let requests = 0
  for (const [from, to] of partiesOf(one.registry, two.registry)) {
    const walked = walk(aroundOf(one.registry, from, to), aroundOf(two.registry, from, to), asked, read.limit)
    requests += walked.requests
    if (walked.undecided) undecided.push({ from, to })
    flips.push(...flipsOf(walked.changed))
  }
  const agreements = paired.both
    .map(([was, is]) => ({ before: nameOf(was), after: nameOf(is), clauses: clauseChanges(was, is) }))
    .filter(({ clauses }) => clauses.length > 0)
  const found = { agreements, added: paired.added.map(nameOf), removed: paired.removed.map(nameOf), flips }
  return freeze({
    ...found,
    requests,
    outcomes: outcomesOf(flips),
    undecided,
    exitCode: exitCodeOf(found, undecided.length > 0, read.failOn),
  })
}

const unique = <Value>(values: readonly Value[] | undefined) => (values === undefined ? undefined : [...new Set(values)])

interface Side {
  readonly registry: Registry
  readonly agreement: Agreement | undefined
}

const isAgreement = (value: unknown): value is Agreement =>
  typeof value === 'object' && value !== null && !Object.hasOwn(value, 'agreements')

const alone = new WeakMap<Agreement, Registry>()

function sideOf(value: Agreement | Registry): Side {
  if (!isAgreement(value)) {
    refuseUnread(value)
    return { registry: value, agreement: undefined }
  }
  const agreement = readAgreement(value)
  return { registry: registryOfOne(agreement), agreement }
}

/** The registry in which `diff` asks about an agreement alone: its vendor gives data on to nobody. Witnesses can be asked of it again. */
export function registryOfOne(agreement: Agreement): Registry {
  const read = readAgreement(agreement)
  let made = alone.get(read)
  if (made === undefined) {
    made = registry([read], { complete: [read.to.id] })
    alone.set(read, made)
  }
  return made
}

const nameOf = ({ id, version }: Agreement): VersionName => ({ id, version })

/** Which agreement became which: the one with the same id, and else the only one of the same two parties and the same tier. */
function pairsOf(before: readonly Agreement[], after: readonly Agreement[]) {
  const ids = new Map(after.map((each) => [each.id, each]))
  const both = before.flatMap((was): (readonly [Agreement, Agreement])[] => {
    const is = ids.get(was.id)
    return is && placeOf(is) === placeOf(was) ? [[was, is]] : []
  })
  const known = new Set(both.flat())
  const [gone, come] = [before, after].map((list) => list.filter((each) => !known.has(each))) as [Agreement[], Agreement[]]
  for (const was of gone) {
    const place = placeOf(was)
    const [is, ...others] = come.filter((each) => placeOf(each) === place)
    if (is === undefined || others.length > 0 || gone.filter((each) => placeOf(each) === place).length > 1) continue
    both.push([was, is])
    known.add(was).add(is)
  }
  const rest = (list: readonly Agreement[]) => list.filter((each) => !known.has(each))
  return { both, removed: rest(gone), added: rest(come) }
}

const placeOf = ({ from, to, tier }: Agreement) => `${from.id} ${to.id} ${tier}`

/** Everybody between whom something was agreed, or an exemption stands, in either registry. */
function partiesOf(...registries: readonly Registry[]): readonly (readonly [string, string])[] {
  const pairs = registries.flatMap(({ agreements, exemptions }) => [
    ...agreements.map(({ from, to }) => [from.id, to.id] as const),
    ...exemptions.map(({ from, to }) => [from, to] as const),
  ])
  return [...new Map(pairs.map((pair) => [pair.join(' '), pair])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, pair]) => pair)
}

function outcomesOf(flips: readonly Flips[]): readonly OutcomeCount[] {
  const counts = new Map<string, OutcomeCount>()
  for (const { was, is, requests } of flips) {
    const key = `${was} ${is}`
    counts.set(key, { was, is, requests: requests + (counts.get(key)?.requests ?? 0) })
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count)
}

function exitCodeOf(
  { agreements, added, removed, flips }: Pick<Diff, 'agreements' | 'added' | 'removed' | 'flips'>,
  isOpen: boolean,
  failOn: 'widened' | 'any' | 'never',
): 0 | 1 | 2 {
  if (failOn === 'never') return 0
  const isWider = (each: ClauseChange) => each.direction === 'widened' || each.direction === 'mixed'
  const widened = flips.some(({ is }) => is === 'allow') || agreements.some(({ clauses }) => clauses.some(isWider))
  const any = agreements.length + added.length + removed.length + flips.length > 0
  return (failOn === 'any' ? any : widened) ? 1 : isOpen ? 2 : 0
}
