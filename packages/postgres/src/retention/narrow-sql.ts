import { usStates } from '@phi/core'
import { dateFacts, NARROW_FROM, NARROW_THROUGH, type NarrowTable, providers } from '@phi/retention'
import { any, cases, extreme, type Facts, factsOf, Params } from './fact-sql.ts'
import type { HoldSets } from './hold-sets.ts'
import { held } from './hold-sql.ts'
import { CONFLICT, HELD, narrowStatuses, OPEN } from './narrow-status.ts'
import type { OpenTable } from './open-tables.ts'
import { hashed, type NumberedPlaces, numberOfRow } from './place-numbers.ts'
import { profileShapes } from './profile-shapes.ts'
import { idText, versionText } from './rows.ts'
import { byAnswer, overdueBy, standing, undecided } from './verdict-sql.ts'

/** What makes a row one for the assessment: facts of a form, or of a reach, that the comparisons below are not made for. */
function strange(open: OpenTable, { text, days, opaque }: Facts): readonly string[] {
  const dates = days(dateFacts)
  const outOfRange =
    dates.length === 0
      ? []
      : [`${extreme('greatest', dates)} > '${NARROW_THROUGH}'`, `${extreme('least', dates)} < '${NARROW_FROM}'`]
  const lengths = (['tenant', 'subject'] as const).flatMap((name) => {
    const fact = open.table.facts.find((each) => each.name === name)
    // From 1 to 512 bytes, in one comparison.
    return fact?.column === undefined ? [] : [`(octet_length(${text(name)}) - 1) >> 9 <> 0`]
  })
  return [
    ...outOfRange,
    ...opaque.map((column) => `${column} is not null`),
    // Ids of numbers alone have one length.
    ...(open.table.id.some(({ type }) => type === 'text') ? [`octet_length(${idText(open.table)}) not between 1 and 512`] : []),
    ...lengths,
    'p.answer is null',
  ]
}

/** A State or a provider that there is none of: seen here where the place was found without them. */
const misplaced = ({ text }: Facts): string =>
  any(
    (
      [
        [text('state'), usStates],
        [text('provider'), providers],
      ] as const
    ).flatMap(([own, names]) => (own === undefined ? [] : `${own} not in (${names.map((name) => `'${name}'`).join(', ')})`)),
  )

/** Rows of the tenant as `t`, each with what its place comes to as `p`. */
export interface NarrowStatement {
  /** `from … where …`, in which an index of the table may give the order. */
  readonly from: string
  /** The number of the status of a row. */
  readonly status: string
  /** The rows of a kind and status counted: `number`, `kind` and `records`, as `kindAndStatusOf` and `overview` have them. */
  readonly counted: string
  readonly kinds: readonly string[]
  readonly id: string
  readonly version: string
  readonly params: Params
}

/** What a row that was seen weighs, beside an answer that was not. */
const ROW = 1000

// A part of a statement that may change from row to row as far as the planner knows, and never does.
const NOTHING = '0 * pg_is_in_recovery()::int'

// True, and for the leader alone: workers are not started for a scan that is rarely made.
const ALONE = 'pg_backend_pid() <> 0'

/**
 * The statement that counts. What is computed of a row is computed once, and where it is said: the planner would write an expression out
 * wherever its name stands, were it not for a part that may change. So the number of a row's place is found in the scan, and not a second
 * time when the row has met its place; and rows are grouped in each worker, where the planner, with the whole expression before it, would
 * take every row for a group of its own and sort a million of them.
 *
 * Rows that have no place are counted by kind all the same, under a number below 0 that differs from kind to kind. The names of these
 * kinds are looked up only where there are such rows.
 */
function countedSql(
  open: OpenTable,
  of: { readonly kind: string; readonly lookup: string; readonly key: string; readonly seed: string; readonly status: string },
  params: Params,
): string {
  const statuses = narrowStatuses.length
  const columns = new Set([
    ...open.table.facts.flatMap(({ column }) => column ?? []),
    ...open.table.id.map(({ column }) => column),
  ])
  let place = '"place"'
  while (columns.has(place)) place = place.replace('"place', '"place_')
  const nowhere = `${statuses} * (-1 - abs(${hashed(of.kind, of.seed)} / ${statuses + 1}))`
  const number = `coalesce(p.base, ${nowhere}, -${statuses} + ${NOTHING}) + ${of.status}`
  const rows = [...columns].map((column) => `t.${column}`)
  const placed = `select ${[...rows, `coalesce(${of.key}, case ${NOTHING} when 1 then 0 end) as ${place}`].join(', ')} from ${open.table.name} t where ${open.scope}`
  const counted = `select number, count(*) as records
  from (select ${number} as number from (${placed}) as t left join ${of.lookup} on p.key = t.${place}) as s
  group by number`
  const named = `select distinct ${nowhere} as number, ${of.kind} as kind
from ${open.table.name} t where (select min(number) < 0 from counted) and ${ALONE} and ${open.scope} and ${of.kind} is not null`
  const statement = `with counted as (${counted})
select number::text, null as kind, records::text from counted
union all select number::text, kind, null from (${named}`
  return `${statement}${params.unnamed(statement)}) as n`
}

/** The statement that says of each row of a table what the schedule and the holds come to on the day. */
export function narrowStatement(
  open: OpenTable,
  table: NarrowTable,
  places: NumberedPlaces,
  holds: HoldSets,
  tenant: string,
): NarrowStatement {
  const params = new Params(tenant)
  const facts = factsOf(open, params)
  const { rows, shapes } = profileShapes(table)
  const today = facts.day('keepThrough') === undefined ? '' : params.add(table.today, 'text::date')
  const verdicts = shapes.map((shape) => standing(facts, shape, today))
  // Under a hold, a ceiling that has passed is a conflict.
  const conflicts = shapes.map(([last]) =>
    cases(
      [
        [any(undecided(facts, last)), OPEN],
        [overdueBy(facts, last), CONFLICT],
      ],
      HELD,
    ),
  )
  const nowhere = misplaced(facts)
  // What is said of one shape is often said of another, of a table that has not all facts: it is answers that are numbered.
  const answers = new Map<string, { readonly free: string; readonly held: string; readonly weight: number }>()
  const answerOf = rows.map(({ n, shape, placed }) => {
    const [free, held] = [verdicts, conflicts].map((of) =>
      placed ? (of[shape] as string) : cases([[nowhere, OPEN]], of[shape] as string),
    ) as [string, string]
    const text = `${free} ${table.ceilings ? held : ''}`
    const weight = (answers.get(text)?.weight ?? 1) + ROW * (places.seen.get(n) ?? 0)
    answers.set(text, { free, held, weight })
    return text
  })
  // Among those that were not seen, texts that begin alike stand together.
  const sorted = [...answers].sort(([a, one], [b, other]) => other.weight - one.weight || (a < b ? -1 : 1))
  const numbers = new Map(sorted.map(([text], number) => [text, number]))

  const array = (items: readonly unknown[], type: string) => params.add(`{${items.join()}}`, `${type}[]`)
  const days = Array.from({ length: Math.max(0, ...rows.map((row) => row.days.length)) }, (_, at) => `d${at}`)
  const columns = [
    array(
      rows.map(({ n }) => n),
      'int',
    ),
    array(
      answerOf.map((text) => numbers.get(text)),
      'int',
    ),
    // Rows without nulls are read faster: a day that no answer asks for stands in for none.
    ...days.map((_, at) =>
      array(
        rows.map((row) => row.days[at] ?? table.today),
        'date',
      ),
    ),
  ]
  const numbered = [
    params.add(places.keys, 'bigint[]'),
    params.add(places.bases, 'bigint[]'),
    params.add(places.profiles, 'int[]'),
  ]
  const lookup = `(
  select l.key, l.base, own.* from unnest(${numbered.join(', ')}) as l (key, base, profile)
  join unnest(${columns.join(', ')}) as own (${['n', 'answer', ...days].join(', ')}) on own.n = l.profile
) as p`
  const seed = params.add(places.seed, 'text::bigint')
  const key = numberOfRow(facts, table, seed, params)

  const odd = any(strange(open, facts))
  const onHold = held(facts, open.table, holds, params)
  const judged = byAnswer(sorted.map(([, { free, weight }]) => ({ said: free, weight })))
  const status = table.ceilings
    ? cases(
        [
          [odd, OPEN],
          [onHold, byAnswer(sorted.map(([, { held: said, weight }]) => ({ said, weight })))],
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
  const from = `from ${open.table.name} t left join ${lookup} on p.key = ${key} where ${open.scope}`
  return {
    from: `${from}${params.unnamed(`${from}${status}`)}`,
    status,
    counted: countedSql(open, { kind: facts.text('kind') as string, lookup, key, seed, status }, params),
    kinds: table.kinds.map((each) => each.kind),
    id: idText(open.table),
    version: versionText(open.table),
    params,
  }
}
