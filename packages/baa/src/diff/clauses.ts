import { type ClassSelector, covers, type DataClass, type Service, type Use } from '@phi/core'
import type { Agreement, ConditionClause, ScopeLimits, ServiceClause } from '../agreement/agreement.ts'
import type { Clause } from '../agreement/clause.ts'
import { certainEnd, certainStart, earliest } from '../agreement/date.ts'
import { isEligible } from '../decide/model.ts'
import { byText } from '../order.ts'
import { type ClauseChange, change, compareAi, compareTerms, type Direction, wording } from './terms.ts'

/** How the clauses of one list are compared: by what they mean, wherever they stand. */
interface ListRule<Each extends Clause> {
  readonly words: (clause: Each) => string
  /** Whether the first says all that the second says. */
  readonly implies: (one: Each, other: Each) => boolean
  /** What one more clause does. */
  readonly more: 'widened' | 'narrowed'
}

const opposite: { readonly [Each in Direction]: Direction } = {
  widened: 'narrowed',
  narrowed: 'widened',
  mixed: 'mixed',
  neutral: 'neutral',
}

function compareLists<Each extends Clause>(
  path: string,
  before: readonly Each[],
  after: readonly Each[],
  { words, implies, more }: ListRule<Each>,
): readonly ClauseChange[] {
  const unique = (list: readonly Each[]) => new Map([...list].reverse().map((each) => [words(each), each]))
  const [was, is] = [unique(before), unique(after)]
  const gone = [...was].filter(([key]) => !is.has(key)).sort(byKey)
  const come = [...is].filter(([key]) => !was.has(key)).sort(byKey)
  return [
    ...gone.map(([key, clause]) => {
      // What another clause says too was not lost.
      const direction = after.some((each) => implies(each, clause)) ? 'neutral' : opposite[more]
      return change(path, direction, [key, undefined], clause, undefined)
    }),
    ...come.map(([key, clause]) => {
      const direction = before.some((each) => implies(each, clause)) ? 'neutral' : more
      return change(path, direction, [undefined, key], undefined, clause)
    }),
    ...[...was].flatMap(([key, clause]) => {
      const other = is.get(key)
      return other ? wording(path, clause, other) : []
    }),
  ]
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => byText(a, b)

const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(byKey))
      : each,
  )

function limitsInWords(limits: ScopeLimits): string {
  const { configuration, ...rest } = limits
  const all = [
    ...Object.entries(rest),
    ...Object.entries(configuration ?? {}).map(([name, values]) => [`configuration.${name}`, values] as const),
  ]
  const said = all.sort(byKey).map(([key, values]) => `${key} ${[...(values as readonly string[])].sort().join(' or ')}`)
  return said.join(', ')
}

const serviceWords = ({ service, limits }: ServiceClause) => {
  const limited = limitsInWords(limits)
  return limited === '' ? service : `${service} (${limited})`
}

/** Whether what meets the second limits meets the first. */
function limitsImply(one: ScopeLimits, other: ScopeLimits): boolean {
  const within = (wide: readonly string[] | undefined, narrow: readonly string[] | undefined) =>
    wide === undefined || (narrow?.every((each) => wide.includes(each)) ?? false)
  const { configuration: a, ...rest } = one
  const { configuration: b, ...others } = other
  return (
    (Object.keys(rest) as (keyof typeof rest)[]).every((key) => within(rest[key], others[key])) &&
    Object.keys(a ?? {}).every((name) => within(a?.[name], b && Object.hasOwn(b, name) ? b[name] : undefined))
  )
}

const serviceRule = (more: 'widened' | 'narrowed'): ListRule<ServiceClause> => ({
  words: serviceWords,
  implies: (one, other) => covers(one.service, other.service) && limitsImply(one.limits, other.limits),
  more,
})

const conditionWords = ({ condition, services }: ConditionClause) =>
  services === undefined ? condition : `${condition} (${[...services].sort().join(', ')})`

const conditionRule: ListRule<ConditionClause> = {
  words: conditionWords,
  implies: (one, other) =>
    one.condition === other.condition &&
    (one.services === undefined ||
      (other.services?.every((each) => one.services?.some((wide) => covers(wide, each))) ?? false)),
  more: 'narrowed',
}

/** `covers` for keys of which the compiler no longer knows that they are of one tree. */
const above = (a: Service | DataClass | Use | ClassSelector, b: Service | DataClass | Use | ClassSelector) =>
  covers(a as ClassSelector, b as ClassSelector)

function compareScope(before: Agreement, after: Agreement): readonly ClauseChange[] {
  return [
    ...compareLists('services', before.services, after.services, serviceRule('widened')),
    ...compareLists('excludes', before.excludes, after.excludes, serviceRule('narrowed')),
    ...compareLists('permits', before.permits, after.permits, {
      words: (each) => each.class,
      implies: (a, b) => above(a.class, b.class),
      more: 'widened',
    }),
    ...compareLists('prohibits', before.prohibits, after.prohibits, {
      words: (each) => each.selector,
      implies: (a, b) => above(a.selector, b.selector),
      more: 'narrowed',
    }),
    ...compareLists('uses', before.uses, after.uses, {
      words: (each) => each.use,
      implies: (a, b) => above(a.use, b.use),
      more: 'widened',
    }),
    ...compareLists('prohibitsUses', before.prohibitsUses, after.prohibitsUses, {
      words: (each) => each.use,
      implies: (a, b) => above(a.use, b.use),
      more: 'narrowed',
    }),
    ...compareLists('conditions', before.conditions, after.conditions, conditionRule),
  ]
}

/** What the plans say: whether the agreement comes with each, the plan that no list names among them. */
function comparePlans(before: Agreement, after: Agreement): readonly ClauseChange[] {
  const [was, is] = [before.eligibility, after.eligibility]
  const plan = before.plan === after.plan ? [] : [change('plan', planDirection(before, after), [before.plan, after.plan])]
  if (was === undefined && is === undefined) return plan
  if (was === undefined || is === undefined) {
    const said = (value: typeof was) => (value === undefined ? undefined : Object.keys(value).sort().join(', '))
    return [change('eligibility', was === undefined ? 'narrowed' : 'widened', [said(was), said(is)]), ...plan]
  }
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort()
  const changes = names.flatMap((name): readonly ClauseChange[] => {
    const [old, now] = [was, is].map((each) => (Object.hasOwn(each, name) ? each[name] : undefined))
    if (old === now) return []
    const [a, b] = [standing(old), standing(now)]
    return [change(`eligibility.${name}`, b > a ? 'widened' : b < a ? 'narrowed' : 'neutral', [old, now])]
  })
  return [...changes, ...plan]
}

/** Never, not known, eligible. */
const standing = (value: NonNullable<Agreement['eligibility']>[string] | undefined): number =>
  value === undefined ? 1 : isEligible(value) ? 2 : 0

function planDirection(before: Agreement, after: Agreement): Direction {
  const of = ({ eligibility, plan }: Agreement) =>
    eligibility === undefined ? 2 : standing(plan === undefined ? undefined : eligibility[plan])
  const [was, is] = [of(before), of(after)]
  return is > was ? 'widened' : is < was ? 'narrowed' : 'neutral'
}

/** A moment that opens (`effective`) or ends (`expires`). Absent: never ends. */
function moment(
  path: string,
  was: string | undefined,
  is: string | undefined,
  at: (text: string) => number,
): readonly ClauseChange[] {
  if (was === is) return []
  const time = (text: string | undefined) => (text === undefined ? Number.POSITIVE_INFINITY : at(text))
  const later = time(is) - time(was)
  const opens = path === 'effective' || path.startsWith('signatures')
  const direction = later === 0 ? 'neutral' : later > 0 === opens ? 'narrowed' : 'widened'
  return [change(path, direction, [was, is])]
}

function compareTimes(before: Agreement, after: Agreement): readonly ClauseChange[] {
  const signed = ({ signatures }: Agreement, party: string) => signatures.find((each) => each.party === party)?.at
  const parties = [...new Set([before.from.id, before.to.id, after.from.id, after.to.id])]
  return [
    ...moment('effective', before.effective, after.effective, certainStart),
    ...moment('expires', before.expires, after.expires, certainEnd),
    ...moment('terminated', before.terminated?.at, after.terminated?.at, earliest),
    ...neutral('windingDown', before.windingDown?.from, after.windingDown?.from),
    ...neutral('closed', before.closed && sortedJson(before.closed), after.closed && sortedJson(after.closed)),
    ...parties.flatMap((party) => moment(`signatures.${party}`, signed(before, party), signed(after, party), Date.parse)),
  ]
}

const neutral = (path: string, was: string | undefined, is: string | undefined): readonly ClauseChange[] =>
  was === is ? [] : [change(path, 'neutral', [was, is])]

/** What names the document, who the parties are, and when somebody last read it. */
function compareHead(before: Agreement, after: Agreement): readonly ClauseChange[] {
  const names = ['id', 'version', 'dated', 'documentHash', 'asOf', 'reviewBy'] as const
  const mixed = (path: string, was: string, is: string) => (was === is ? [] : [change(path, 'mixed', [was, is])])
  return [
    ...names.flatMap((name) => neutral(name, before[name], after[name])),
    // Another tier asks other things of both, and exemptions look at what a party is.
    ...mixed('tier', before.tier, after.tier),
    ...(['from', 'to'] as const).flatMap((side) => {
      const [{ kind: was, ...old }, { kind: is, ...now }] = [before[side], after[side]]
      const [a, b] = [sortedJson(old), sortedJson(now)]
      return [...mixed(`${side}.kind`, was, is), ...(a === b ? [] : [change(side, 'neutral', [a, b])])]
    }),
  ]
}

function compareAgency(before: Agreement, after: Agreement): readonly ClauseChange[] {
  const [was, is] = [before.agency, after.agency]
  if (was?.is !== is?.is) return [change('agency', 'mixed', [was?.is, is?.is], was, is)]
  return was && is ? wording('agency', was, is) : []
}

const order: readonly Direction[] = ['widened', 'mixed', 'narrowed', 'neutral']

/**
 * Every clause that two agreements differ in, by what it means: the order of clauses does not matter, and a permit that another permit
 * covers already changes nothing. Widened first. Decisions say whether a change matters; see `diff`.
 */
export function clauseChanges(before: Agreement, after: Agreement): readonly ClauseChange[] {
  const all = [
    ...compareScope(before, after),
    ...comparePlans(before, after),
    ...compareTerms(before.terms, after.terms),
    ...compareAi(before.ai, after.ai),
    ...compareAgency(before, after),
    ...compareTimes(before, after),
    ...compareHead(before, after),
  ]
  return all.sort((a, b) => order.indexOf(a.direction) - order.indexOf(b.direction))
}
