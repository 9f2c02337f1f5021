import { randomBytes, toHex, usStates } from '@phi/core'
import { dateFacts, NARROW_FROM, NARROW_THROUGH, type NarrowTable, providers } from '@phi/retention'
import { any, cases, type Facts, factsOf, Params } from './fact-sql.ts'
import type { HoldSets } from './hold-sets.ts'
import { held } from './hold-sql.ts'
import { CONFLICT, HELD, narrowStatuses, OPEN } from './narrow-status.ts'
import type { OpenTable } from './open-tables.ts'
import { profileShapes } from './profile-shapes.ts'
import { idText, versionText } from './rows.ts'
import { byShape, overdueBy, standing, undecided } from './verdict-sql.ts'

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
  // What is not known leaves a mark, each its own, beyond the flags: a State in the provider's column is not the State's place.
  const withKnown = (text: string | undefined, so: string, mark: number) =>
    text === undefined ? `(${so} # ${mark}::bigint)` : `coalesce(${hashed(text, so)}, ${so} # ${mark}::bigint)`
  const ofKind = hashed(of.kind, of.seed)
  const whole = withKnown(of.provider, withKnown(of.state, ofKind, 1024), 2048)
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
