import { randomBytes, toHex, usStates } from '@phi/core'
import {
  type AssessmentStatus,
  type DateFact,
  dateFacts,
  NARROW_FROM,
  NARROW_THROUGH,
  type NarrowProfile,
  type NarrowTable,
  providers,
} from '@phi/retention'
import { all, any, cases, type Facts, factsOf, Params } from './fact-sql.ts'
import type { HoldSets } from './hold-sets.ts'
import { held } from './hold-sql.ts'
import type { OpenTable } from './open-tables.ts'
import { type Level, profileShapes, type Shape } from './profile-shapes.ts'
import { idText, versionText } from './rows.ts'

/** What SQL says of a record. `needs-assessment`: nothing; only `assess` of @phi/retention can. */
export type NarrowStatus = AssessmentStatus | 'needs-assessment'

/** By their numbers in the statements below. */
export const narrowStatuses = [
  'needs-assessment',
  'retain',
  'unknown',
  'clock-not-started',
  'condition-unmet',
  'needs-sign-off',
  'disposable',
  'held',
  'conflict',
] as const satisfies readonly NarrowStatus[]

const [OPEN, RETAIN, UNKNOWN, CLOCK, CONDITION, SIGN_OFF, DISPOSABLE, HELD, CONFLICT] = [0, 1, 2, 3, 4, 5, 6, 7, 8]

/** Statuses whose records are worth assessing one by one before a disposal. */
export const CANDIDATES = `(${OPEN}, ${DISPOSABLE})`

const VISITS: readonly DateFact[] = ['serviceDate', 'mammogram', 'discharged', 'lastTreatment']
const CARE: readonly DateFact[] = ['created', ...VISITS, 'lastEntry']
const ENDS: readonly DateFact[] = ['lastInEffect', 'replaced', 'terminated']
const BEGINNINGS: readonly DateFact[] = ['effective', 'signed']

/** What makes a row one for the assessment: facts of a form, or of a reach, that the comparisons below are not made for. */
function strange(open: OpenTable, { text, days, opaque }: Facts): readonly string[] {
  // One by one: the greatest and the least of them would take half as long again to find.
  const outOfRange = days(dateFacts).flatMap((day) => [`${day} > '${NARROW_THROUGH}'`, `${day} < '${NARROW_FROM}'`])
  const lengths = (['tenant', 'subject'] as const).flatMap((name) => {
    const fact = open.table.facts.find((each) => each.name === name)
    return fact?.column === undefined ? [] : [`(octet_length(${text(name)}) > 512 or ${text(name)} = '')`]
  })
  // Where the place is not found by them, a State or a provider that there is none of is seen here.
  const chosen = [
    [text('state'), usStates],
    [text('provider'), providers],
  ] as const
  const none = any(
    chosen.flatMap(([own, names]) =>
      own === undefined ? [] : `${own} not in (${names.map((name) => `'${name}'`).join(', ')})`,
    ),
  )
  return [
    ...outOfRange,
    ...opaque.map((column) => `${column} is not null`),
    // Ids of numbers alone have one length.
    ...(open.table.id.some(({ type }) => type === 'text') ? [`octet_length(${idText(open.table)}) not between 1 and 512`] : []),
    ...lengths,
    'p.shape is null',
    ...(none === 'false' ? [] : [`(not p.placed and (${none}))`]),
  ]
}

/** What makes a row one of which the profiles of one version say nothing. */
function undecided({ days, day, flag }: Facts, { profile, ...own }: Level): readonly string[] {
  if (!profile.decidable) return ['true']
  const [born, adult, care] = [day('born'), flag('adult'), days(CARE)]
  // Said to be of age, and perhaps not: what that contradiction comes to hangs on what else is open.
  const ages =
    profile.age === null || born === undefined || adult === undefined || care.length === 0
      ? []
      : [`(${adult} is true and least(${care.join(', ')}) - ${born} < p.${own.adultAfterDays})`]
  const known = dateFacts.filter((fact) => profile.undecidedWhere.includes(fact)).flatMap((fact) => day(fact) ?? [])
  return [...ages, ...known.map((column) => `${column} is not null`)]
}

/** Facts that cannot all be true, as `evaluate.ts` of @phi/retention has them. */
function contradicting({ day, days }: Facts): readonly string[] {
  const [born, died] = [day('born'), day('died')]
  const [visits, ends, beginnings] = [days(VISITS), days(ENDS), days(BEGINNINGS)]
  return [
    ...(born === undefined ? [] : visits.map((visit) => `${born} > ${visit}`)),
    ...(born !== undefined && died !== undefined ? [`${died} < ${born}`] : []),
    ...(ends.length > 0 && beginnings.length > 0 ? [`least(${ends.join(', ')}) < greatest(${beginnings.join(', ')})`] : []),
  ]
}

type Signed = NarrowProfile['signed']

/** The verdict on a row, in the order of `status.ts` of @phi/retention. `of` gives the number of each status. */
function verdict(facts: Facts, level: Level, today: string, of: (status: number) => number): string {
  const { profile, cutoffs } = level
  const { day, days, flag } = facts
  const compare = (days: ReadonlyMap<DateFact, string>, sign: string) =>
    [...days].map(([fact, column]) => `${day(fact)} ${sign} p.${column}`)
  // Both let go of the record.
  const looksAtSigned = of(SIGN_OFF) !== of(DISPOSABLE)
  const born = day('born')
  const created = day('created')
  const adult = flag('adult')
  const isAdult = adult === undefined ? 'false' : `${adult} is true`
  const isNoAdult = adult === undefined ? [] : [`not (${isAdult})`]

  const missing = any([
    `${profile.missing}`,
    ...profile.needs.map((fact) => `${day(fact)} is null`),
    ...profile.needsOneOf.map(({ facts: list, unlessNot }) => {
      const known = [
        ...list.map((fact) => `${day(fact)} is null`),
        ...(unlessNot === null ? [] : [`${flag(unlessNot)} is not false`]),
      ]
      return all(known)
    }),
    ...(profile.age?.needsBorn !== true || (born === undefined && adult === undefined)
      ? []
      : [all([...(born === undefined ? [] : [`${born} is null`]), ...isNoAdult])]),
  ])
  const rest = (signed: Signed): string =>
    cases(
      [
        [`${profile.unknown}`, of(UNKNOWN)],
        [any(compare(cutoffs.marginFrom, '>=')), of(RETAIN)],
        [
          any([
            `${profile.unmet}`,
            ...[...cutoffs.metBefore].map(([fact, column]) => `(${day(fact)} is null or ${day(fact)} >= p.${column})`),
          ]),
          of(CONDITION),
        ],
        [`${looksAtSigned && signed === 'unsigned'}`, of(SIGN_OFF)],
        [`${looksAtSigned && signed === 'undecided'}`, OPEN],
      ],
      of(DISPOSABLE),
    )

  let byAge = rest(profile.signed)
  const care = days(CARE)
  const { age } = profile
  const keepsMinors =
    age === null || age.keepsBornFrom === null || born === undefined ? 'false' : `${born} >= p.${level.keepsBornFrom}`
  if (age !== null && born !== undefined && care.length > 0) {
    const first = `least(${care.join(', ')}) - ${born}`
    const through = any([isAdult, ...(created === undefined ? [] : [`${created} is not null`])])
    const asMinor = cases(
      [
        [keepsMinors, of(RETAIN)],
        [`${age.notInTable}`, of(UNKNOWN)],
      ],
      rest(profile.minorSigned),
    )
    const makesNoDifference =
      age.notInTable || (looksAtSigned && profile.signed !== profile.minorSigned)
        ? 'false'
        : all([...(keepsMinors === 'false' ? [] : [`${born} < p.${level.keepsBornFrom}`]), ...isNoAdult])
    byAge = cases(
      [
        // Where the age makes no difference, it is not looked at.
        [any([`${born} is null`, makesNoDifference]), rest(profile.signed)],
        [`${first} >= p.${level.adultAfterDays}`, cases([[through, rest(profile.signed)]], asMinor)],
        [`${first} < p.${level.minorBeforeDays}`, asMinor],
      ],
      // Around the birthday itself the days of the months decide.
      OPEN,
    )
  }
  const whereMissing = cases([[any([...compare(cutoffs.mayRunFrom, '>='), keepsMinors]), OPEN]], of(UNKNOWN))
  const stated = day('keepThrough')
  const inEffect = flag('inEffect')
  return cases(
    [
      [any(contradicting(facts)), of(UNKNOWN)],
      ...(inEffect === undefined ? [] : [[inEffect, of(CLOCK)] as const]),
      [`${profile.permanent}`, of(RETAIN)],
      ...(stated === undefined ? [] : [[`${stated} >= ${today}`, of(RETAIN)] as const]),
      [missing, whereMissing],
      [any(compare(cutoffs.runsFrom, '>=')), of(RETAIN)],
    ],
    byAge,
  )
}

/** Whether a ceiling has passed. */
const overdueBy = (facts: Facts, { profile, overdue }: Level): string =>
  any(
    profile.overdueWhere.map(({ fact, flags }, index) => {
      const reached = flags.map((each) => `${facts.flag(each.fact)} is not ${!each.is}`)
      return all([`${facts.day(fact)} < p.${overdue[index]}`, ...reached])
    }),
  )

/** What a ceiling that has passed stands against is a conflict. */
const against = (status: number): number => ([RETAIN, UNKNOWN, CLOCK].includes(status) ? CONFLICT : status)

// Two numbers more, of rows over whose time a ceiling has passed: what an earlier version still keeps is then a conflict.
const [SIGN_OFF_OVERDUE, DISPOSABLE_OVERDUE] = [9, 10]
const STATUSES = 11

/**
 * What a version comes to on what the version before comes to, as `shortening.ts` of @phi/retention has it. Of an earlier version only
 * three things matter: that it keeps (RETAIN), that it lets go (DISPOSABLE, signed off or not), and that it does neither.
 */
function onEarlier(own: number, earlier: number, isLast: boolean, dependsOnRecord: boolean): number {
  const isOver = own === SIGN_OFF_OVERDUE || own === DISPOSABLE_OVERDUE
  const plain = own === SIGN_OFF_OVERDUE ? SIGN_OFF : own === DISPOSABLE_OVERDUE ? DISPOSABLE : own
  // These are no matter of time, or the earlier version has let go too.
  if ([UNKNOWN, CLOCK, CONFLICT].includes(plain) || earlier === DISPOSABLE) return plain
  if (plain === SIGN_OFF || plain === DISPOSABLE) {
    if (earlier === OPEN || dependsOnRecord) return OPEN
    if (earlier === RETAIN) return isOver ? CONFLICT : RETAIN
    return isLast ? SIGN_OFF : UNKNOWN
  }
  // Which of two days that are to come is the later is not known here.
  return plain === RETAIN && earlier === RETAIN ? RETAIN : OPEN
}

/** The verdict of a version, and of those that it replaces. */
function standing(facts: Facts, shape: Shape, today: string): string {
  let earlier = ''
  for (const [at, level] of [...shape.entries()].reverse()) {
    const isLast = at === 0
    const replaced = level.profile.earlier
    const numberOf = (status: number): number => (!isLast && status === SIGN_OFF ? DISPOSABLE : status)
    const whereOver = (status: number): number => {
      if (replaced === null) return against(status)
      return status === SIGN_OFF ? SIGN_OFF_OVERDUE : status === DISPOSABLE ? DISPOSABLE_OVERDUE : against(status)
    }
    const overdue = overdueBy(facts, level)
    const own = cases(
      [
        [any(undecided(facts, level)), OPEN],
        ...(overdue === 'false' ? [] : [[overdue, verdict(facts, level, today, (each) => whereOver(numberOf(each)))] as const]),
      ],
      verdict(facts, level, today, numberOf),
    )
    if (replaced === null) {
      earlier = own
      continue
    }
    const answers = Array.from({ length: STATUSES ** 2 }, (_, pair) =>
      onEarlier(Math.floor(pair / STATUSES), pair % STATUSES, isLast, replaced.accepted === 'some'),
    )
    earlier = `('{${answers.join()}}'::int[])[(${own}) * ${STATUSES} + (${earlier}) + 1]`
  }
  return earlier
}

/** What is said of the shape of a row's profile: found by halves, since there may be a hundred of them. */
function byShape(shapes: readonly Shape[], say: (shape: Shape) => string): string {
  const among = (said: readonly string[], first: number): string => {
    const [only] = said
    if (said.every((each) => each === only)) return only as string
    const half = said.length >> 1
    const [left, right] = [among(said.slice(0, half), first), among(said.slice(half), first + half)]
    return `case when p.shape < ${first + half} then ${left} else ${right} end`
  }
  return shapes.length === 0 ? `${OPEN}` : among(shapes.map(say), 0)
}

export interface NarrowStatement {
  /** `from … where …` of the rows of the tenant, as `t`, with what is joined to them. */
  readonly from: string
  /** The number of the status of a row. */
  readonly status: string
  /**
   * A number for the row's kind and status: the status, and `narrowStatuses.length` for each place of the kind among `kinds`, which
   * count from 1. Rows of a kind that is not among them have a number below 0, which differs from kind to kind: `otherKind` is theirs,
   * and null elsewhere. See `kindAndStatusOf`.
   */
  readonly kindAndStatus: string
  readonly kinds: readonly string[]
  readonly otherKind: string
  readonly id: string
  readonly version: string
  readonly params: Params
}

/** A number from 0 to 2^56 that nobody knows beforehand. */
const randomSeed = (): string => BigInt(`0x${toHex(randomBytes(7))}`).toString()

/** A number for a place: where a kind is not placed, for the kind alone. What is null counts as not known, and an empty text does not. */
function placeNumber(of: {
  readonly seed: string
  readonly kind: string
  readonly placed: string
  readonly state: string | undefined
  readonly provider: string | undefined
  readonly flags: string
}): string {
  const hashed = (text: string, seed: string) => `hashtextextended((${text}) collate "C", ${seed})`
  const withKnown = (text: string | undefined, so: string) => (text === undefined ? so : `coalesce(${hashed(text, so)}, ${so})`)
  const ofKind = hashed(of.kind, of.seed)
  const whole = withKnown(of.provider, withKnown(of.state, ofKind))
  return `case when ${of.placed} then ${whole} # (${of.flags})::bigint else ${ofKind} end`
}

/** The statement that says of each row of a table what the schedule and the holds come to on the day. */
export function narrowStatement(open: OpenTable, table: NarrowTable, holds: HoldSets, tenant: string): NarrowStatement {
  const params = new Params(tenant)
  const facts = factsOf(open, params)
  const { types, rows, shapes } = profileShapes(table)
  const kind = facts.text('kind') as string
  const [state, provider] = [facts.text('state'), facts.text('provider')]
  const flags = table.flags.map(
    (name, digit) => `case ${facts.flag(name)} when true then ${3 ** digit} when false then ${2 * 3 ** digit} else 0 end`,
  )
  // Numbers as one text: as an array of texts they would be read one by one, in every worker.
  const list = (values: readonly unknown[], type: string) =>
    type === 'text' ? params.add(values, 'text[]') : params.add(`{${values.join()}}`, `text::${type}[]`)
  const code = flags.length === 0 ? '0' : flags.join(' + ')
  const named = [...types].map(([name, type]) => `${name} ${type}`).join(', ')
  const kinds = `unnest(${[
    list(
      table.kinds.map((each) => each.kind),
      'text',
    ),
    list(
      table.kinds.map(({ group }) => group),
      'int',
    ),
    list(
      table.kinds.map(({ placed }) => placed),
      'boolean',
    ),
  ].join(', ')}) with ordinality as k (kind, grp, placed, kn)`
  const places = `unnest(${[
    list(
      table.places.map(({ group }) => group),
      'int',
    ),
    list(
      table.places.map((each) => each.state),
      'text',
    ),
    list(
      table.places.map((each) => each.provider),
      'text',
    ),
    list(
      table.places.map((each) => each.flags),
      'int',
    ),
    list(
      table.places.map(({ profile }) => profile),
      'int',
    ),
  ].join(', ')}) as l (grp, state, provider, flags, profile)`
  const profiles = `json_to_recordset(${params.add(JSON.stringify(rows), 'text::json')}) as own (${named})`
  const placed = list(
    table.kinds.filter((each) => each.placed).map((each) => each.kind),
    'text',
  )
  // One number stands for kind, State, provider and flags: so that it is one join, of which the planner knows that it finds one row. It
  // has 64 bits, from a seed that is drawn for this statement alone. That any of a million rows hits upon the number of a place that is
  // not its own happens once in a billion such passes, nobody can bring it about, and the next pass sees the row aright; comparing the
  // texts of every row to rule it out would cost a fifth of the time.
  const seed = params.add(randomSeed(), 'text::bigint')
  const inRow = placeNumber({ seed, kind, placed: `${kind} = any (${placed})`, state, provider, flags: code })
  const inList = placeNumber({
    seed,
    kind: 'k.kind',
    placed: 'k.placed',
    state: "nullif(l.state, '')",
    provider: "nullif(l.provider, '')",
    flags: 'l.flags',
  })
  const from = `from ${open.table.name} t
left join (
  select distinct on (key) key, own.*, x.kn, x.placed
  from (select ${inList} as key, k.kn, k.placed, l.profile
    from ${kinds} join ${places} on l.grp = k.grp) as x join ${profiles} on own.n = x.profile
  order by key
) as p on p.key = ${inRow}
where ${open.scope}`

  const odd = any(strange(open, facts))
  const onHold = held(facts, open.table, holds, params)
  const today = facts.day('keepThrough') === undefined ? '' : params.add(table.today, 'text::date')
  const judged = byShape(shapes, (shape) => standing(facts, shape, today))
  // Under a hold, a ceiling that has passed is a conflict.
  const whileHeld = byShape(shapes, ([last]) =>
    cases(
      [
        [any(undecided(facts, last)), OPEN],
        [overdueBy(facts, last), CONFLICT],
      ],
      HELD,
    ),
  )
  const status = table.ceilings
    ? cases(
        [
          [odd, OPEN],
          [onHold, whileHeld],
        ],
        judged,
      )
    : cases(
        [
          [onHold, HELD],
          [odd, OPEN],
        ],
        judged,
      )
  return {
    from: `${from}${params.unnamed(`${from}${status}`)}`,
    status,
    kindAndStatus: `coalesce(p.kn, -1 - abs(hashtextextended(${kind} collate "C", ${seed}) / ${narrowStatuses.length + 1}), -1) * ${narrowStatuses.length} + ${status}`,
    kinds: table.kinds.map((each) => each.kind),
    otherKind: `case when p.kn is null then ${kind} end`,
    id: idText(open.table),
    version: versionText(open.table),
    params,
  }
}

/** What the number says: the status, and the kind where it is one of the schedule's. */
export function kindAndStatusOf(
  number: bigint,
  kinds: readonly string[],
): { kind: string | undefined; status: NarrowStatus | undefined } {
  const base = BigInt(narrowStatuses.length)
  const status = ((number % base) + base) % base
  const place = (number - status) / base
  return { kind: place < 1n ? undefined : kinds[Number(place) - 1], status: narrowStatuses[Number(status)] }
}
