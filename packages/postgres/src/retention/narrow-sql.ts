import { usStates } from '@phi/core'
import {
  type AssessmentStatus,
  type DateFact,
  dateFacts,
  NARROW_FROM,
  NARROW_THROUGH,
  type NarrowTable,
  providers,
} from '@phi/retention'
import { any, cases, type Facts, factsOf, Params } from './fact-sql.ts'
import type { HoldSets } from './hold-sets.ts'
import { held } from './hold-sql.ts'
import type { OpenTable } from './open-tables.ts'
import { columnOf, EARLIER, type Level, profileRows, SIGNED } from './profile-rows.ts'
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
  const all = days(dateFacts)
  const inRange =
    all.length === 0 ? [] : [`greatest(${all.join(', ')}) > '${NARROW_THROUGH}'`, `least(${all.join(', ')}) < '${NARROW_FROM}'`]
  const lengths = (['tenant', 'subject'] as const).flatMap((name) => {
    const fact = open.table.facts.find((each) => each.name === name)
    return fact?.column === undefined ? [] : [`(octet_length(${text(name)}) > 512 or ${text(name)} = '')`]
  })
  // The number by which a place is found may be that of another place.
  const others = [`p.kind is distinct from ${text('kind')}`]
  const chosen = [
    [text('state'), 'p.state', usStates],
    [text('provider'), 'p.provider', providers],
  ] as const
  for (const [own, other, names] of chosen) {
    if (own === undefined) continue
    others.push(`p.placed and ${other} is distinct from ${own}`)
    others.push(`not p.placed and ${own} not in (${names.map((name) => `'${name}'`).join(', ')})`)
  }
  return [
    ...inRange,
    ...opaque.map((column) => `${column} is not null`),
    // Ids of numbers alone have one length.
    ...(open.table.id.some(({ type }) => type === 'text') ? [`octet_length(${idText(open.table)}) not between 1 and 512`] : []),
    ...lengths,
    ...others,
  ]
}

/** What makes a row one of which the profile of one version says nothing. */
function undecided({ days, day, flag }: Facts, { shape, prefix }: Level): readonly string[] {
  const p = `p.${prefix}`
  const [born, adult, care] = [day('born'), flag('adult'), days(CARE)]
  // Said to be of age, and perhaps not: what that contradiction comes to hangs on what else is open.
  const ages =
    born === undefined || adult === undefined || care.length === 0
      ? []
      : [`(${adult} is true and ${p}age and least(${care.join(', ')}) - ${born} < ${p}adult)`]
  return [
    `${p}dec is not true`,
    ...ages,
    ...shape.undecided.map((fact) => `(${p}${columnOf('u', fact)} and ${day(fact)} is not null)`),
  ]
}

/** Facts that cannot all be true, as `evaluate.ts` of @phi/retention has them. */
function contradicting({ day, days }: Facts): readonly string[] {
  const [born, died] = [day('born'), day('died')]
  const [visits, ends, beginnings] = [days(VISITS), days(ENDS), days(BEGINNINGS)]
  return [
    ...(born !== undefined && visits.length > 0 ? [`${born} > least(${visits.join(', ')})`] : []),
    ...(born !== undefined && died !== undefined ? [`${died} < ${born}`] : []),
    ...(ends.length > 0 && beginnings.length > 0 ? [`least(${ends.join(', ')}) < greatest(${beginnings.join(', ')})`] : []),
  ]
}

/** The verdict on a row, in the order of `status.ts` of @phi/retention. `of` gives the number of each status. */
function verdict(facts: Facts, { shape, prefix }: Level, today: string, of: (status: number) => number): string {
  const p = `p.${prefix}`
  const { day, days, flag } = facts
  const compare = (letter: string, list: readonly DateFact[], sign: string) =>
    list.map((fact) => `${day(fact)} ${sign} ${p}${columnOf(letter, fact)}`)
  // Both let go of the record.
  const looksAtSigned = of(SIGN_OFF) !== of(DISPOSABLE)
  const born = day('born')
  const created = day('created')
  const adult = flag('adult')
  const isAdult = adult === undefined ? 'false' : `${adult} is true`

  const missing = any([
    `${p}mis`,
    ...shape.needs.map((fact) => `(${p}${columnOf('w', fact)} and ${day(fact)} is null)`),
    ...shape.oneOf.map(({ facts: list, unlessNot }, index) => {
      const known = [
        ...list.map((fact) => `${day(fact)} is null`),
        ...(unlessNot === null ? [] : [`${flag(unlessNot)} is not false`]),
      ]
      return `(${p}g${index} and ${known.join(' and ')})`
    }),
    ...(born === undefined && adult === undefined
      ? []
      : [`(${p}nb and ${born === undefined ? 'true' : `${born} is null`} and not (${isAdult}))`]),
  ])
  const rest = (signed: string): string =>
    cases(
      [
        [`${p}unk`, of(UNKNOWN)],
        [any(compare('m', shape.margins, '>=')), of(RETAIN)],
        [
          any([
            `${p}unmet`,
            ...shape.met.map(
              (fact) => `(${p}${columnOf('d', fact)} and (${day(fact)} is null or ${day(fact)} >= ${p}${columnOf('c', fact)}))`,
            ),
          ]),
          of(CONDITION),
        ],
        ...(looksAtSigned
          ? [[`${signed} = ${SIGNED.unsigned}`, of(SIGN_OFF)] as const, [`${signed} = ${SIGNED.undecided}`, OPEN] as const]
          : []),
      ],
      of(DISPOSABLE),
    )

  let byAge = rest(`${p}sg`)
  const care = days(CARE)
  if (born !== undefined && care.length > 0) {
    const first = `least(${care.join(', ')}) - ${born}`
    const through = any([isAdult, ...(created === undefined ? [] : [`${created} is not null`])])
    const asMinor = (isOpen: string) =>
      cases(
        [
          [`${born} >= ${p}kb`, of(RETAIN)],
          [isOpen, of(UNKNOWN)],
        ],
        rest(`${p}ms`),
      )
    byAge = cases(
      [
        // Where the age makes no difference, it is not looked at.
        [
          `not ${p}age or ${born} is null or (${born} < ${p}kb and not ${p}nit and not (${isAdult})${looksAtSigned ? ` and ${p}sg = ${p}ms` : ''})`,
          rest(`${p}sg`),
        ],
        [`${first} >= ${p}adult`, cases([[through, rest(`${p}sg`)]], asMinor(`${p}nit`))],
        [`${first} < ${p}minor`, asMinor(`${p}nit`)],
      ],
      // Around the birthday itself the days of the months decide.
      OPEN,
    )
  }
  const whereMissing = cases(
    [[any([...compare('y', shape.may, '>='), ...(born === undefined ? [] : [`(${p}age and ${born} >= ${p}kb)`])]), OPEN]],
    of(UNKNOWN),
  )
  const stated = day('keepThrough')
  const inEffect = flag('inEffect')
  return cases(
    [
      [any(contradicting(facts)), of(UNKNOWN)],
      ...(inEffect === undefined ? [] : [[inEffect, of(CLOCK)] as const]),
      [`${p}perm`, of(RETAIN)],
      ...(stated === undefined ? [] : [[`${stated} >= ${today}`, of(RETAIN)] as const]),
      [missing, whereMissing],
      [any(compare('r', shape.runs, '>=')), of(RETAIN)],
    ],
    byAge,
  )
}

/** Whether a ceiling has passed. */
const overdueBy = (facts: Facts, { shape, prefix }: Level): string =>
  any(
    shape.overdue.map(({ fact, flags: asked }, index) => {
      const reached = asked.map((each) => ` and ${facts.flag(each.fact)} is not ${!each.is}`).join('')
      return `(${facts.day(fact)} < p.${prefix}o${index}${reached})`
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
function standing(facts: Facts, levels: readonly Level[], today: string): string {
  let earlier = ''
  for (const [at, level] of [...levels.entries()].reverse()) {
    const isLast = at === 0
    const numberOf = (status: number): number => (!isLast && status === SIGN_OFF ? DISPOSABLE : status)
    const whereOver = (status: number): number => {
      if (!level.hasEarlier) return against(status)
      return status === SIGN_OFF ? SIGN_OFF_OVERDUE : status === DISPOSABLE ? DISPOSABLE_OVERDUE : against(status)
    }
    const own = cases(
      [
        ...(isLast ? [] : [[any(undecided(facts, level)), OPEN] as const]),
        [
          overdueBy(facts, level),
          level.shape.overdue.length === 0 ? OPEN : verdict(facts, level, today, (each) => whereOver(numberOf(each))),
        ],
      ],
      verdict(facts, level, today, numberOf),
    )
    if (!level.hasEarlier) {
      earlier = own
      continue
    }
    const answers = [false, true].flatMap((dependsOnRecord) =>
      Array.from({ length: STATUSES ** 2 }, (_, pair) =>
        onEarlier(Math.floor(pair / STATUSES), pair % STATUSES, isLast, dependsOnRecord),
      ),
    )
    const ea = `p.${level.prefix}ea`
    const behind = `case when ${ea} = ${EARLIER.nothing} then ${DISPOSABLE} else ${earlier} end`
    const place = `${ea} / ${EARLIER.some} * ${STATUSES ** 2} + (${own}) * ${STATUSES} + (${behind}) + 1`
    earlier = `('{${answers.join()}}'::int[])[${place}]`
  }
  return earlier
}

export interface NarrowStatement {
  /** `from … where …` of the rows of the tenant, as `t`, with what is joined to them. */
  readonly from: string
  /** The number of the status of a row. */
  readonly status: string
  readonly kind: string
  readonly id: string
  readonly version: string
  readonly params: Params
}

/** A number for a place: where a kind is not placed, for the kind alone. */
const placeNumber = (kind: string, placed: string, state: string, provider: string, flags: string): string => {
  const hashed = (text: string, seed: string) => `hashtextextended((${text}) collate "C", ${seed})`
  const ofKind = hashed(kind, '0')
  const whole = hashed(`coalesce(${provider}, '')`, hashed(`coalesce(${state}, '')`, ofKind))
  return `case when ${placed} then ${whole} # (${flags})::bigint else ${ofKind} end`
}

/** The statement that says of each row of a table what the schedule and the holds come to on the day. */
export function narrowStatement(open: OpenTable, table: NarrowTable, holds: HoldSets, tenant: string): NarrowStatement {
  const params = new Params(tenant)
  const facts = factsOf(open, params)
  const { columns, rows, levels } = profileRows(table)
  const kind = facts.text('kind') as string
  const [state, provider] = [facts.text('state'), facts.text('provider')]
  const flags = table.flags.map(
    (name, digit) => `case ${facts.flag(name)} when true then ${3 ** digit} when false then ${2 * 3 ** digit} else 0 end`,
  )
  const list = (values: readonly unknown[], type: string) =>
    params.add(values.map(String), `text[]${type === 'text' ? '' : `::${type}[]`}`)
  const code = flags.length === 0 ? '0' : flags.join(' + ')
  const named = [...columns].map(([name, type]) => `${name} ${type}`).join(', ')
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
  ].join(', ')}) as k (kind, grp, placed)`
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
  // One number stands for kind, State, provider and flags: so that it is one join, of which the planner knows that it finds one row.
  const from = `from ${open.table.name} t
left join (
  select distinct on (key) key, own.*, x.placed, x.kind, nullif(x.state, '') as state, nullif(x.provider, '') as provider
  from (select ${placeNumber('k.kind', 'k.placed', 'l.state', 'l.provider', 'l.flags')} as key, k.kind, k.placed, l.state, l.provider, l.profile
    from ${kinds} join ${places} on l.grp = k.grp) as x join ${profiles} on own.n = x.profile
  order by key
) as p on p.key = ${placeNumber(kind, `${kind} = any (${placed})`, state ?? `''`, provider ?? `''`, code)}
where ${open.scope}`

  const first = levels[0] as Level
  const odd = any([...undecided(facts, first), ...strange(open, facts)])
  const onHold = held(facts, open.table, holds, params)
  // A parameter that no part of the statement names is refused.
  const today = facts.day('keepThrough') === undefined ? '' : params.add(table.today, 'text::date')
  const judged = standing(facts, levels, today)
  const overdue = overdueBy(facts, first)
  const status = table.ceilings
    ? cases(
        [
          [odd, OPEN],
          [onHold, cases([[overdue, CONFLICT]], HELD)],
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
  return { from, status, kind, id: idText(open.table), version: versionText(open.table), params }
}
