import { randomBytes, toHex } from '@phi/core'
import type { NarrowTable } from '@phi/retention'
import type { Queryable } from '../client/db.ts'
import { type Facts, factsOf, Params } from './fact-sql.ts'
import { storeError } from './inspect.ts'
import { narrowStatuses } from './narrow-status.ts'
import type { OpenTable } from './open-tables.ts'
import { profileNumberSql } from './profile-shapes.ts'

// One number stands for kind, State, provider and flags: so that a row and its place are found by one join. It has 64 bits, from a seed
// that is drawn for the table of a day. That any of a million rows hits upon the number of a place that is not its own happens once in a
// billion such passes, and nobody can bring it about; comparing the texts of every row to rule it out would cost a fifth of the time.

/** The places of a table of cut-offs under their numbers, as PostgreSQL writes arrays: one item for each kind and place. */
export interface NumberedPlaces {
  readonly seed: string
  readonly keys: string
  /** What a row's status is added to: the number of statuses for each kind before its own, the first one's being one of them. */
  readonly bases: string
  /** The profiles by the numbers that `profileShapes` has for them. */
  readonly profiles: string
  /** How many of some rows of the tenant came to a profile: to ask first what most of them ask for. */
  readonly seen: ReadonlyMap<number, number>
}

/** Enough to see what is common. */
const SOME = 1000

/** A number from 0 to 2^56 that nobody knows beforehand. */
const randomSeed = (): string => BigInt(`0x${toHex(randomBytes(7))}`).toString()

/** A number for a text: `seed` as SQL has it. */
export const hashed = (text: string, seed: string): string => `hashtextextended((${text}) collate "C", ${seed})`

/** A number for a place: where a kind is not placed, for the kind alone. What is null counts as not known, and an empty text does not. */
function placeNumber(of: {
  readonly seed: string
  readonly kind: string
  readonly placed: string
  readonly state: string | undefined
  readonly provider: string | undefined
  readonly flags: string
}): string {
  // What is not known leaves a mark, each its own, beyond the flags: a State in the provider's column is not the State's place.
  const withKnown = (text: string | undefined, so: string, mark: number) =>
    text === undefined ? `(${so} # ${mark}::bigint)` : `coalesce(${hashed(text, so)}, ${so} # ${mark}::bigint)`
  const ofKind = hashed(of.kind, of.seed)
  const whole = withKnown(of.provider, withKnown(of.state, ofKind, 1024), 2048)
  return `case when ${of.placed} then ${whole} # (${of.flags}) else ${ofKind} end`
}

/** The number of the place of a row. */
export function numberOfRow(facts: Facts, { flags, kinds }: NarrowTable, seed: string, params: Params): string {
  const kind = facts.text('kind') as string
  const placed = params.add(
    kinds.filter((each) => each.placed).map((each) => each.kind),
    'text[]',
  )
  const digits = flags.map((name, digit) => {
    const flag = facts.flag(name)
    const [none, yes, no] = [0, 1, 2].map((value) => `${value * 3 ** digit}::bigint`)
    return `case when ${flag} then ${yes} when not ${flag} then ${no} else ${none} end`
  })
  return placeNumber({
    seed,
    kind,
    placed: `${kind} = any (${placed})`,
    state: facts.text('state'),
    provider: facts.text('provider'),
    flags: digits.length === 0 ? '0::bigint' : digits.join(' + '),
  })
}

/**
 * Numbers the places as the database numbers its rows.
 * @throws PhiError PHI_RETENTION_STORE where two places came to one number, which happens once in a hundred billion times.
 */
export async function numberPlaces(
  tx: Queryable,
  open: OpenTable,
  table: NarrowTable,
  tenant: string,
): Promise<NumberedPlaces> {
  const seed = randomSeed()
  const params = new Params(seed)
  const list = <Item>(items: readonly Item[], of: (item: Item) => unknown, type: string) =>
    type === 'text' ? params.add(items.map(of), 'text[]') : params.add(`{${items.map(of).join()}}`, `text::${type}[]`)
  const number = placeNumber({
    seed: '$1::text::bigint',
    kind: 'k.kind',
    placed: 'k.placed',
    state: "nullif(l.state, '')",
    provider: "nullif(l.provider, '')",
    flags: 'l.flags::bigint',
  })
  const kinds = [
    list(table.kinds, ({ kind }) => kind, 'text'),
    list(table.kinds, ({ group }) => group, 'int'),
    list(table.kinds, ({ placed }) => placed, 'boolean'),
  ]
  const places = [
    list(table.places, ({ group }) => group, 'int'),
    list(table.places, ({ state }) => state, 'text'),
    list(table.places, ({ provider }) => provider, 'text'),
    list(table.places, ({ flags }) => flags, 'int'),
    list(table.places, ({ profile }) => profile, 'int'),
  ]
  const all = (column: string) => `coalesce(array_agg(${column}), '{}')::text as ${column}s`
  const { rows } = await tx.query<Arrays & { different: boolean }>(
    `select ${['key', 'base', 'profile'].map(all).join(', ')}, count(*) = count(distinct key) as different
    from (select ${number} as key, k.kn * ${narrowStatuses.length} as base, ${profileNumberSql('l.profile', 'k.placed')} as profile
      from unnest(${kinds.join(', ')}) with ordinality as k (kind, grp, placed, kn)
      join unnest(${places.join(', ')}) as l (grp, state, provider, flags, profile) on l.grp = k.grp) as x`,
    params.values,
  )
  const [{ different, ...arrays } = { different: false }] = rows
  if (!different) throw storeError('PHI_RETENTION_STORE', { detail: 'the places could not be told apart: try again' })
  const numbered = { seed, ...(arrays as Arrays) }
  return { ...numbered, seen: await placesSeen(tx, open, table, numbered, tenant) }
}

type Arrays = Pick<NumberedPlaces, 'keys' | 'bases' | 'profiles'>

async function placesSeen(
  tx: Queryable,
  open: OpenTable,
  table: NarrowTable,
  { seed, keys, profiles }: Omit<NumberedPlaces, 'seen'>,
  tenant: string,
): Promise<NumberedPlaces['seen']> {
  const params = new Params(tenant)
  const key = numberOfRow(factsOf(open, params), table, params.add(seed, 'text::bigint'), params)
  const places = `unnest(${params.add(keys, 'bigint[]')}, ${params.add(profiles, 'int[]')}) as p (key, profile)`
  const some = `select ${key} as key from ${open.table.name} t where ${open.scope} limit ${SOME}`
  const { rows } = await tx.query<{ profile: number; seen: number }>(
    `select p.profile, count(*)::int as seen from (${some}) as t join ${places} on p.key = t.key group by p.profile`,
    params.values,
  )
  return new Map(rows.map(({ profile, seen }) => [Number(profile), Number(seen)]))
}
