import { type ErrorContext, isUsState, parseAs, plainText, type UsState } from '@phi/core'
import * as z from 'zod'
import { isCivilDate } from '../calendar/civil-date.ts'
import { type Moment, type ReadMoment, readMoment, type Zone, zoneOf } from '../calendar/zone.ts'
import { deadlinesError } from '../errors.ts'
import { bareObject, own } from './own.ts'

/** What a fact can be. Every fact may be left out, or null: not known. */
export type FactKind =
  /** A civil date or an instant. */
  | 'moment'
  /** A whole number of people or things, 0 or more. */
  | 'count'
  /** Yes or no. */
  | 'flag'
  /** A number of people by State. */
  | 'residents'
  /** The date of one thing by State. */
  | 'moments-by-state'
  /** Who knew of a breach, when. */
  | 'knowledge'
  | 'extension-statements'
  | 'law-enforcement-statements'
  | { readonly oneOf: readonly string[] }

export type FactKinds = Readonly<Record<string, FactKind>>

/** Knowledge of a breach, 164.404(a)(2): what the person knew, or by reasonable diligence would have known. */
export interface Knowledge {
  readonly by: 'workforce' | 'agent' | 'perpetrator'
  readonly on: Moment
  /** `would-have-known` is the day on which reasonable diligence would have found it. */
  readonly how: 'knew' | 'would-have-known'
}

/** The statement that 164.524(b)(2)(ii) and its siblings ask for. What is not known may be left out; it then does not count as met. */
export interface ExtensionStatement {
  /** The day on which the individual was given the statement. */
  readonly given: Moment
  readonly written?: boolean | null | undefined
  readonly reasons?: boolean | null | undefined
  /** The date by which the action will be complete. */
  readonly promisedDate?: string | null | undefined
}

/** The statement of a law enforcement official, 164.412 (for accountings 164.528(a)(2)). */
export interface LawEnforcementStatement {
  readonly form: 'oral' | 'written'
  /** The day of the oral statement, or the day on which the written one was received. */
  readonly on: Moment
  /** The last day of the delay that a written statement specifies. */
  readonly until?: string | null | undefined
  /** The same as a number of calendar days from `on`. */
  readonly days?: number | null | undefined
  /** Whether an oral statement was documented, with the identity of the official. */
  readonly documented?: boolean | null | undefined
}

export type FactOf<Kind extends FactKind> = Kind extends 'moment'
  ? Moment
  : Kind extends 'count'
    ? number
    : Kind extends 'flag'
      ? boolean
      : Kind extends 'residents'
        ? Readonly<Partial<Record<UsState, number | null>>>
        : Kind extends 'moments-by-state'
          ? Readonly<Partial<Record<UsState, Moment | null>>>
          : Kind extends 'knowledge'
            ? readonly Knowledge[]
            : Kind extends 'extension-statements'
              ? readonly ExtensionStatement[]
              : Kind extends 'law-enforcement-statements'
                ? readonly LawEnforcementStatement[]
                : Kind extends { readonly oneOf: readonly (infer Value)[] }
                  ? Value
                  : never

/** The facts of a group of rules: every one optional, `null` for not known, and the zone of the obliged entity. */
export type FactsOf<Kinds extends FactKinds> = {
  readonly [Name in keyof Kinds]?: FactOf<Kinds[Name]> | null | undefined
} & {
  /** IANA name of the zone of the obliged entity. Required when a fact is an instant. */
  readonly timeZone?: string | undefined
}

const moment = z.string().max(120)
const civil = z.string().refine(isCivilDate, 'must be a day that exists, as YYYY-MM-DD')
const count = z.int().min(0).max(10_000_000_000)
const state = z.string().refine(isUsState, 'must name States by their postal codes')
const statements = 100

/** A record by State. zod drops an own key `__proto__` without a word; here it is no State, and refused like any other. */
const byState = (value: z.ZodType) =>
  z
    .unknown()
    .refine(
      (map) => typeof map !== 'object' || map === null || !Object.hasOwn(map, '__proto__'),
      'must name States by their postal codes',
    )
    .pipe(z.record(state, value))

function schemaOf(kind: FactKind): z.ZodType {
  if (typeof kind === 'object') return z.enum(kind.oneOf as [string, ...string[]])
  switch (kind) {
    case 'moment':
      return moment
    case 'count':
      return count
    case 'flag':
      return z.boolean()
    case 'residents':
      return byState(count.nullable())
    case 'moments-by-state':
      return byState(moment.nullable())
    case 'knowledge':
      return z
        .array(
          z.strictObject({
            by: z.enum(['workforce', 'agent', 'perpetrator']),
            on: moment,
            how: z.enum(['knew', 'would-have-known']),
          }),
        )
        .max(statements)
    case 'extension-statements':
      return z
        .array(
          z.strictObject({
            given: moment,
            written: z.boolean().nullish(),
            reasons: z.boolean().nullish(),
            promisedDate: civil.nullish(),
          }),
        )
        .max(statements)
    case 'law-enforcement-statements':
      return z
        .array(
          z
            .strictObject({
              form: z.enum(['oral', 'written']),
              on: moment,
              until: civil.nullish(),
              days: z.int().min(0).max(3650).nullish(),
              documented: z.boolean().nullish(),
            })
            .refine((each) => each.until == null || each.days == null, 'must give either the last day or the number of days'),
        )
        .max(statements)
  }
}

/** The schema of a group's facts. Unknown keys are an error. */
export const factsSchema = (kinds: FactKinds) =>
  z.strictObject({
    ...Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, schemaOf(kind).nullish()])),
    timeZone: plainText(64).optional(),
  })

/** Facts as read: moments are days, and what is not known is absent. */
export interface ReadFacts {
  readonly zone: Zone | undefined
  readonly values: Readonly<Record<string, unknown>>
  readonly moments: Readonly<Record<string, ReadMoment>>
  /** Lower bounds of counts that are not known. */
  readonly atLeast: Readonly<Record<string, number>>
}

/**
 * Reads facts once, for all rules of a group.
 * @throws PhiError PHI_DEADLINES_FACTS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE
 */
export function readFacts(kinds: FactKinds, schema: z.ZodType, facts: unknown): ReadFacts {
  const refuse = (context: ErrorContext) => deadlinesError('PHI_DEADLINES_FACTS', context)
  let copy: unknown
  try {
    copy = own(facts)
  } catch {
    throw refuse({ path: 'facts', detail: 'the value could not be read' })
  }
  // Twice: a schema reads what is inherited, and what it returns inherits again.
  const values = own(parseAs(schema, copy, 'facts', refuse)) as Record<string, unknown>
  const timeZone = values.timeZone as string | undefined
  const zone = timeZone === undefined ? undefined : zoneOf(timeZone)
  const moments = bareObject<Record<string, ReadMoment>>()
  for (const name in values) {
    const value = values[name]
    const kind = kinds[name]
    if (value == null || kind === undefined) continue
    if (kind === 'moment') moments[name] = readMoment(value as string, zone, `facts.${name}`)
    // The others are read where they count; a date that does not exist is refused wherever it stands.
    else if (kind === 'knowledge') for (const { on } of value as Knowledge[]) readMoment(on, zone, `facts.${name}.*.on`)
    else if (kind === 'extension-statements') {
      for (const { given } of value as ExtensionStatement[]) readMoment(given, zone, `facts.${name}.*.given`)
    } else if (kind === 'law-enforcement-statements') {
      for (const { on } of value as LawEnforcementStatement[]) readMoment(on, zone, `facts.${name}.*.on`)
    } else if (kind === 'moments-by-state') {
      for (const each of Object.values(value as Record<string, string | null>)) {
        if (each !== null) readMoment(each, zone, `facts.${name}.*`)
      }
    }
  }
  return { zone, values, moments, atLeast: bareObject() }
}

const bare = <Values extends object>(values: Values): Values => Object.assign(bareObject<Values>(), values)

/** Facts after a derivation, again without prototypes: a spread makes an object that inherits. */
export const withoutPrototypes = (facts: ReadFacts): ReadFacts => ({
  zone: facts.zone,
  values: bare(facts.values),
  moments: bare(facts.moments),
  atLeast: bare(facts.atLeast),
})
