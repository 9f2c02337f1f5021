import {
  covers,
  type DataClass,
  type DataClassRow,
  dataClasses,
  labelOf,
  leaves,
  overlaps,
  type Service,
  type TaxonomyKey,
  type Use,
  uses,
} from '@phi/core'
import type { Agreement, Terms } from '../agreement/agreement.ts'
import { type Clause, clauseOnly } from '../agreement/clause.ts'
import { type CompiledAgreement, compileAgreement } from '../decide/compile.ts'
import type { Reason } from '../decide/reason.ts'
import { type ClauseChange, compareAi, compareTerms } from '../diff/terms.ts'
import { type ChainFinding, chainFinding } from './findings.ts'

export type WeakerCode =
  | 'class-wider'
  | 'label-wider'
  | 'use-wider'
  | 'term-missing'
  | 'term-weaker'
  | 'security-term-missing'
  | 'security-term-weaker'
  | 'ai-weaker'
  | 'host-not-named'
  | 'service-excluded'

/** One side of a comparison: the agreement, and the clause where it has one. */
export interface Side {
  readonly agreement: string
  readonly clause?: Clause
}

/** In what an agreement further down is less strict than the one above it. */
export interface Weaker extends ChainFinding<WeakerCode> {
  readonly above: Side
  readonly below: Side
  /** The promise that it is about: `terms.reportBreaches.within`. */
  readonly term?: string
  /** What the two say, in words; absent where one is silent. */
  readonly saysAbove?: string
  readonly saysBelow?: string
  /** The classes, labels, uses or services; a branch stands for all below it. */
  readonly about?: readonly TaxonomyKey[]
}

const compiled = new WeakMap<Agreement, CompiledAgreement>()
function compile(agreement: Agreement): CompiledAgreement {
  let found = compiled.get(agreement)
  if (found === undefined) {
    found = compileAgreement(agreement)
    compiled.set(agreement, found)
  }
  return found
}

const side = ({ id }: Agreement, clause: Clause | undefined): Side => ({
  agreement: id,
  ...(clause === undefined ? {} : { clause: clauseOnly(clause) }),
})

const allowing = (reasons: readonly Reason[]) => (reasons.every(({ effect }) => effect === 'allow') ? reasons[0] : undefined)

/**
 * Leaves that the agreement below allows and the one above does not, by the clauses of both. A branch stands for its leaves where all of
 * them are among these.
 */
function wider<Key extends DataClass | Use>(
  code: 'class-wider' | 'use-wider',
  tree: Compared<Key>,
  [above, below]: readonly [Agreement, Agreement],
  reasonsOf: (agreement: CompiledAgreement, key: Key) => readonly Reason[],
): readonly Weaker[] {
  const groups = new Map<string, { above: Clause | undefined; below: Clause | undefined; about: Key[] }>()
  for (const key of tree.leaves) {
    const allowed = allowing(reasonsOf(compile(below), key))
    // What a label prohibits by nature is told of the label.
    const denied = reasonsOf(compile(above), key).find(({ effect, code }) => effect === 'deny' && code !== 'label-prohibited')
    if (allowed === undefined || denied === undefined) continue
    const name = `${allowed.clause?.id} ${denied.clause?.id}`
    const group = groups.get(name) ?? { above: denied.clause, below: allowed.clause, about: [] }
    groups.set(name, group)
    group.about.push(key)
  }
  return [...groups.values()].map((group) => ({
    ...chainFinding(code),
    above: side(above, group.above),
    below: side(below, group.below),
    about: asBranches(tree, group.about),
  }))
}

const isAbove = (above: DataClass | Use, key: DataClass | Use) => covers(above as TaxonomyKey, key as TaxonomyKey)

function asBranches<Key extends DataClass | Use>({ keys, leaves: all }: Compared<Key>, about: readonly Key[]): readonly Key[] {
  const whole = keys.filter((branch) => all.every((each) => !isAbove(branch, each) || about.includes(each)))
  return whole.filter((key) => !whole.some((other) => other !== key && isAbove(other, key)))
}

function labels(above: Agreement, below: Agreement): readonly Weaker[] {
  // An agreement that permits nothing takes no record, under a label or not.
  if (below.permits.length === 0) return []
  return above.prohibits.flatMap((clause): readonly Weaker[] => {
    const label = labelOf(clause.selector)
    if (label === undefined || compile(below).label(label).length > 0) return []
    return [{ ...chainFinding('label-wider'), above: side(above, clause), below: side(below, undefined), about: [label] }]
  })
}

/** Promises of security, which 164.314(a)(2)(iii) carries down; the others go with 164.504(e)(5). */
const ofSecurity: readonly (keyof Terms)[] = ['safeguards', 'reportIncidents', 'logRetention']

/** Whether a promise that is missing below is not needed there. */
function isNotNeeded(key: keyof Terms, below: Agreement): boolean {
  const may = (use: Use) => allowing(compile(below).use(use)) !== undefined
  if (key === 'managementDisclosures') return !may('ba.management') && !may('ba.legal')
  if (key === 'part2') return compile(below).label('part2').length > 0
  // What a limited data set and a memorandum between agencies ask for is theirs alone.
  return (
    key === 'limitedRecipients' ||
    key === 'noReidentification' ||
    key === 'governmentalObjectives' ||
    key === 'upstreamRestrictions'
  )
}

const isLaxer = ({ direction }: ClauseChange) => direction === 'widened' || direction === 'mixed'

function promises(above: Agreement, below: Agreement): readonly Weaker[] {
  const terms = compareTerms(above.terms, below.terms).flatMap((found): readonly Weaker[] => {
    const [, key, rest] = found.path.split('.') as [string, keyof Terms, string | undefined]
    if (!isLaxer(found) || (rest === undefined && isNotNeeded(key, below))) return []
    const kind = rest === undefined ? 'missing' : 'weaker'
    return [weaker(ofSecurity.includes(key) ? `security-term-${kind}` : `term-${kind}`, found, above, below)]
  })
  const ai = reachesModels(below) ? compareAi(above.ai, below.ai).filter(isLaxer) : []
  // Who hosts the models of a vendor further down is a matter of the chain, and not of the list of the one above.
  const models = ai.filter(({ path }) => path !== 'ai.subprocessors').map((found) => weaker('ai-weaker', found, above, below))
  return [...terms, ...models]
}

const reachesModels = ({ services, uses: permitted }: Agreement) =>
  services.some(({ service }) => overlaps('ai', service)) || permitted.some(({ use }) => overlaps('ai', use))

const weaker = (code: WeakerCode, found: ClauseChange, above: Agreement, below: Agreement): Weaker => ({
  ...chainFinding(code),
  above: side(above, found.before),
  below: side(below, found.after),
  term: found.path,
  ...(found.was === undefined ? {} : { saysAbove: found.was }),
  ...(found.is === undefined ? {} : { saysBelow: found.is }),
})

/** Of one edge of the chain: the vendor does what the agreement above takes out, or hosts models and is not on its list. */
function ofEdge(above: Agreement, below: Agreement, to: string, does: Service): readonly Weaker[] {
  const out = above.excludes.filter((each) => Object.keys(each.limits).length === 0 && overlaps(each.service, does))
  const hosts = above.ai?.subprocessors
  return [
    ...out.map((clause) => ({
      ...chainFinding('service-excluded'),
      above: side(above, clause),
      below: side(below, undefined),
      about: [does],
    })),
    ...(hosts !== undefined && overlaps('ai', does) && !hosts.includes(to)
      ? [{ ...chainFinding('host-not-named'), above: side(above, above.ai), below: side(below, undefined), about: [does] }]
      : []),
  ]
}

/** The keys of a tree that are compared, and those of them that have nothing below. */
interface Compared<Key extends DataClass | Use> {
  readonly keys: readonly Key[]
  readonly leaves: readonly Key[]
}

/** What is derived is judged by what it was made of, and a vendor's backups and prompts need no permit further up. */
const isMadeOfOthers = (key: DataClass) => (dataClasses[key] as DataClassRow).derived

const classTree = (): Compared<DataClass> => ({
  keys: (Object.keys(dataClasses) as DataClass[]).filter((key) => !isMadeOfOthers(key)),
  leaves: leaves(dataClasses).filter((key) => !isMadeOfOthers(key)),
})
const comparedClasses = /* @__PURE__ */ classTree()
const useTree = (): Compared<Use> => ({ keys: Object.keys(uses) as Use[], leaves: leaves(uses) })
const comparedUses = /* @__PURE__ */ useTree()

const pairs = new WeakMap<Agreement, WeakMap<Agreement, readonly Weaker[]>>()

/**
 * In what the agreement below is not at least as strict as the one above, clause by clause: what it permits, its uses, the labels that
 * it does not prohibit, the promises that are missing or weaker, what it leaves to models. Services are not compared, since a vendor does
 * a part of the work under another name; nor are the conditions that each sets its own customer.
 */
export function weakerClauses(
  above: Agreement,
  below: Agreement,
  edge: { readonly to: string; readonly does: Service },
): readonly Weaker[] {
  const known = pairs.get(above) ?? new WeakMap<Agreement, readonly Weaker[]>()
  pairs.set(above, known)
  let found = known.get(below)
  if (found === undefined) {
    const both = [above, below] as const
    found = [
      ...wider('class-wider', comparedClasses, both, (agreement, key) => agreement.class(key)),
      ...labels(above, below),
      ...wider('use-wider', comparedUses, both, (agreement, key) => agreement.use(key)),
      ...promises(above, below),
    ]
    known.set(below, found)
  }
  return [...found, ...ofEdge(above, below, edge.to, edge.does)]
}
