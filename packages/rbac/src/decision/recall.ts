import type { Facts, Test } from '../expression/evaluate.ts'
import { FALSE, type Truth, UNKNOWN } from '../expression/truth.ts'
import type { Bucket, Compiled } from './bucket.ts'
import { type Asked, conclude } from './conclude.ts'
import type { Decision } from './decision.ts'
import { leavesOf, truthOf } from './tree.ts'

/** How many decisions are remembered in one place before it is emptied. */
const MAX_DECISIONS = 4_096
/** Up to this many atoms, every combination has its place in an array: 243 of them. */
const FEW = 5
/** As many ternary digits as fit into an integer that every engine keeps unboxed. */
const SHORT = 18

/** Decisions, or what leads on to them, by how atoms came out: in an array while there are few combinations, else in a map. */
class Shelf<Item> {
  readonly #few: (Item | undefined)[] | undefined
  readonly #many = new Map<number | string, Item>()

  constructor(atoms: number) {
    this.#few = atoms <= FEW ? new Array<Item | undefined>(3 ** atoms).fill(undefined) : undefined
  }

  get(key: number | string): Item | undefined {
    return this.#few === undefined ? this.#many.get(key) : this.#few[key as number]
  }

  set(key: number | string, item: Item): void {
    if (this.#few !== undefined) this.#few[key as number] = item
    else {
      if (this.#many.size >= MAX_DECISIONS) this.#many.clear()
      this.#many.set(key, item)
    }
  }
}

function safely(test: Test, facts: Facts): Truth {
  try {
    return test(facts)
  } catch {
    return UNKNOWN
  }
}

/** How atoms came out, as one number in base three where that stays small, else as text. */
function keyOf(tests: readonly Test[], facts: Facts): number | string {
  if (tests.length > SHORT) return tests.map((test) => safely(test, facts)).join('')
  let key = 0
  try {
    for (let i = 0; i < tests.length; i++) key = key * 3 + (tests[i] as Test)(facts)
    return key
  } catch {
    key = 0
    for (const test of tests) key = key * 3 + safely(test, facts)
    return key
  }
}

function digitsOf(key: number | string, count: number): Truth[] {
  if (typeof key === 'string') return Array.from(key, (digit) => Number(digit) as Truth)
  const digits = new Array<Truth>(count)
  for (let i = count - 1, rest = key; i >= 0; i--, rest = Math.floor(rest / 3)) digits[i] = (rest % 3) as Truth
  return digits
}

const indexesOf = (trees: readonly Compiled[]): Set<number> =>
  new Set(trees.flatMap(({ tree }) => (tree === undefined ? [] : [...leavesOf(tree)].map(({ index }) => index))))

/** What is remembered of one combination: the decision, or the shelf for those that also depend on overrides. */
type Slot =
  | { readonly decision: Decision; readonly later?: never }
  | { readonly later: Shelf<Decision>; readonly decision?: never }

/**
 * Decides for actors that have the same permits of a bucket, and remembers: a decision is a pure function of how the atoms come out,
 * and holds no value of the request. Atoms that only overrides read are asked once a forbid fires that names one.
 */
export class Recall {
  readonly #policy: Decision['policy']
  readonly #bucket: Bucket
  readonly #roles: readonly string[]
  readonly #early: readonly number[]
  readonly #late: readonly number[]
  readonly #earlyTests: readonly Test[]
  readonly #lateTests: readonly Test[]
  readonly #slots: Shelf<Slot>

  /** `roles` are of the policy; any others with the same permits lead to the same decisions. */
  constructor(policy: Decision['policy'], bucket: Bucket, roles: readonly string[], held: Bucket['permits']) {
    this.#policy = policy
    this.#bucket = bucket
    this.#roles = roles
    const early = indexesOf([...bucket.forbids, ...(held.length > 0 ? held : bucket.permits)])
    const late = indexesOf(bucket.forbids.flatMap(({ overrides }) => overrides))
    this.#early = [...early]
    this.#late = [...late].filter((index) => !early.has(index))
    this.#earlyTests = this.#early.map((index) => bucket.tests[index] as Test)
    this.#lateTests = this.#late.map((index) => bucket.tests[index] as Test)
    this.#slots = new Shelf(this.#early.length)
  }

  decide(facts: Facts): Decision {
    const key = keyOf(this.#earlyTests, facts)
    let slot = this.#slots.get(key)
    if (slot === undefined) {
      slot = this.#slot(key)
      this.#slots.set(key, slot)
    }
    if (slot.decision !== undefined) return slot.decision
    const lateKey = keyOf(this.#lateTests, facts)
    const known = slot.later.get(lateKey)
    if (known !== undefined) return known
    const decision = this.#conclude(undefined, this.#truths(key, lateKey))
    slot.later.set(lateKey, decision)
    return decision
  }

  /** Decides with fields asked for by name, which is not remembered. */
  decideFields(facts: Facts, fields: readonly string[]): Decision {
    return this.#conclude(fields, this.#truths(keyOf(this.#earlyTests, facts), keyOf(this.#lateTests, facts)))
  }

  #slot(key: number | string): Slot {
    const truths = this.#truths(key, undefined)
    const opened = ({ tree, overrides }: Bucket['forbids'][number]): boolean =>
      overrides.length > 0 && (tree === undefined || truthOf(tree, truths) !== FALSE)
    const depends = this.#late.length > 0 && this.#bucket.forbids.some(opened)
    return depends ? { later: new Shelf(this.#late.length) } : { decision: this.#conclude(undefined, truths) }
  }

  /** The truths of the bucket's atoms; what was not asked is unknown. */
  #truths(key: number | string, lateKey: number | string | undefined): Truth[] {
    const truths = new Array<Truth>(this.#bucket.atoms.length).fill(UNKNOWN)
    for (const [i, truth] of digitsOf(key, this.#early.length).entries()) truths[this.#early[i] as number] = truth
    if (lateKey !== undefined) {
      for (const [i, truth] of digitsOf(lateKey, this.#late.length).entries()) truths[this.#late[i] as number] = truth
    }
    return truths
  }

  #conclude(fields: Asked['fields'], truths: readonly Truth[]): Decision {
    return conclude(this.#policy, this.#bucket, { roles: this.#roles, fields }, truths)
  }
}
