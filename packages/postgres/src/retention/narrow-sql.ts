import { usStates } from '@phi/core'
import { dateFacts, NARROW_FROM, NARROW_THROUGH, type NarrowTable, providers } from '@phi/retention'
import { countedSql } from './counted-sql.ts'
import { any, cases, extreme, type Facts, factsOf, Params } from './fact-sql.ts'
import type { HoldSets } from './hold-sets.ts'
import { held } from './hold-sql.ts'
import { CONFLICT, HELD, OPEN } from './narrow-status.ts'
import type { OpenTable } from './open-tables.ts'
import { type NumberedPlaces, numberOfRow } from './place-numbers.ts'
import { type ProfileRow, profileShapes } from './profile-shapes.ts'
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
  /** The rows of a kind and status counted: `number`, `kind` and `records`, as `placeAndStatusOf` and `overview` have them. */
  readonly counted: string
  readonly kinds: readonly string[]
  readonly id: string
  readonly version: string
  readonly params: Params
}

/** What a row that was seen weighs, beside an answer that was not. */
const ROW = 1000

/** What is said of the rows of a profile: of those under no hold, and of those under one. */
interface Answer {
  readonly free: string
  readonly held: string
  readonly weight: number
}

/** Every answer once, and the number of each profile's. */
function answersOf(facts: Facts, table: NarrowTable, seen: NumberedPlaces['seen'], params: Params) {
  const { rows, shapes } = profileShapes(table)
  const today = facts.day('keepThrough') === undefined ? '' : params.add(table.today, 'text::date')
  const said = shapes.map((shape) => {
    const [last] = shape
    // Under a hold, a ceiling that has passed is a conflict.
    const held = cases(
      [
        [any(undecided(facts, last)), OPEN],
        [overdueBy(facts, last), CONFLICT],
      ],
      HELD,
    )
    return { free: standing(facts, shape, today), held: table.ceilings ? held : `${HELD}` }
  })
  const nowhere = misplaced(facts)
  // What is said of one shape is often said of another, of a table that has not all facts.
  const answers = new Map<string, Answer>()
  const texts = rows.map(({ n, shape, placed }) => {
    const own = said[shape] as (typeof said)[number]
    const orNowhere = (text: string) => (placed ? text : cases([[nowhere, OPEN]], text))
    const [free, held] = [orNowhere(own.free), orNowhere(own.held)]
    const text = `${free} ${held}`
    const weight = (answers.get(text)?.weight ?? 1) + ROW * (seen.get(n) ?? 0)
    answers.set(text, { free, held, weight })
    return text
  })
  // Among those that were not seen, texts that begin alike stand together.
  const sorted = [...answers].sort(([a, one], [b, other]) => other.weight - one.weight || (a < b ? -1 : 1))
  const numbers = new Map(sorted.map(([text], number) => [text, number]))
  const by = (what: 'free' | 'held') => byAnswer(sorted.map(([, answer]) => ({ said: answer[what], weight: answer.weight })))
  return { profiles: rows.map((row, at) => ({ ...row, answer: numbers.get(texts[at] as string) as number })), by }
}

/** The places under their numbers, each with its base and what its profile has: one row for each. */
function lookupSql(
  places: NumberedPlaces,
  profiles: readonly (ProfileRow & { readonly answer: number })[],
  today: string,
  params: Params,
): string {
  const array = (type: string, items: readonly unknown[]) => params.add(`{${items.join()}}`, `${type}[]`)
  const days = Array.from({ length: Math.max(0, ...profiles.map((profile) => profile.days.length)) }, (_, at) => `d${at}`)
  const ofPlaces = [
    params.add(places.keys, 'bigint[]'),
    params.add(places.bases, 'bigint[]'),
    params.add(places.profiles, 'int[]'),
  ]
  const ofProfiles = [
    array(
      'int',
      profiles.map(({ n }) => n),
    ),
    array(
      'int',
      profiles.map(({ answer }) => answer),
    ),
    // Rows without nulls are read faster: a day that no answer asks for stands in for none.
    ...days.map((_, at) =>
      array(
        'date',
        profiles.map((profile) => profile.days[at] ?? today),
      ),
    ),
  ]
  return `(
  select l.key, l.base, own.* from unnest(${ofPlaces.join(', ')}) as l (key, base, profile)
  join unnest(${ofProfiles.join(', ')}) as own (${['n', 'answer', ...days].join(', ')}) on own.n = l.profile
) as p`
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
  const { profiles, by } = answersOf(facts, table, places.seen, params)
  const lookup = lookupSql(places, profiles, table.today, params)
  const seed = params.add(places.seed, 'text::bigint')
  const key = numberOfRow(facts, table, seed, params)

  const odd = any(strange(open, facts))
  const onHold = held(facts, open.table, holds, params)
  const status = table.ceilings
    ? cases(
        [
          [odd, OPEN],
          [onHold, by('held')],
        ],
        by('free'),
      )
    : cases(
        [
          [onHold, HELD],
          [odd, OPEN],
        ],
        by('free'),
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
