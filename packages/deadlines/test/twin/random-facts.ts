import * as fc from 'fast-check'
import type { BreachFacts, Known, Official } from './breach.ts'
import { type Date10, walk } from './civil.ts'
import type { RequestFacts, Statement } from './requests.ts'
import { greenwich, instantOf, wall } from './zone.ts'

/** Facts at random, close to where rules change their mind: thirty and sixty days, 499 to 501 people, the ends of years. */

const zones = [
  'America/New_York',
  'America/Los_Angeles',
  'Pacific/Honolulu',
  'America/Puerto_Rico',
  'Pacific/Guam',
  'America/Phoenix',
]

const bounds = [0, 1, 29, 30, 31, 59, 60, 61, 89, 90, 91]

/** Days after the day of the event; seldom before it. */
const offset = (max: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max }) },
    { weight: 3, arbitrary: fc.constantFrom(...bounds) },
    { weight: 1, arbitrary: fc.integer({ min: -3, max: -1 }) },
  )

/** The days of 35 years, walked once. */
const days: Date10[] = ['2013-01-01']
while (days.length < 365 * 35) days.push(walk(days.at(-1) as Date10, 1))
const earlyDays: Date10[] = ['2002-12-01']
while (earlyDays.length < 365 * 11) earlyDays.push(walk(earlyDays.at(-1) as Date10, 1))

const eventDay: fc.Arbitrary<Date10> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...days) },
  { weight: 1, arbitrary: fc.constantFrom(...earlyDays) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.integer({ min: 2014, max: 2104 }),
        fc.constantFrom('12-30', '12-31', '01-01', '02-28', '03-01', '10-31', '11-01'),
      )
      .map(([year, rest]) => `${year}-${rest}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('2013-09-22', '2013-09-23', '2009-09-22', '2009-09-23', '2003-04-13', '2003-04-14') },
  { weight: 1, arbitrary: fc.constantFrom('2024-02-29', '2028-02-29', '2096-02-29', '2099-12-31') },
)

/** The same day as a date; or, where there is a zone, as an instant or a local time, with a time of day close to midnight or not. */
interface Writing {
  form: 'date' | 'utc' | 'offset' | 'local'
  second: number
}

const writing: fc.Arbitrary<Writing> = fc.record({
  form: fc.oneof({ weight: 5, arbitrary: fc.constant('date' as const) }, fc.constantFrom('utc', 'offset', 'local')),
  second: fc.oneof(fc.integer({ min: 0, max: 86_399 }), fc.constantFrom(0, 1, 3599, 3600, 7200, 82_800, 86_399)),
})

const LOCAL_ZONES = ['America/New_York', 'America/Chicago', 'Asia/Tokyo', 'Europe/London']

function written(day: Date10, { form, second }: Writing, zone: string | undefined): string {
  if (form === 'date' || zone === undefined) return day
  const instant = greenwich(day) + second * 1000
  if (form === 'utc') return new Date(instant).toISOString()
  if (form === 'offset') return `${new Date(instant - 5 * 3_600_000).toISOString().slice(0, 19)}-05:00`
  const name = LOCAL_ZONES[second % LOCAL_ZONES.length] as string
  const local = wall(instant, name)
  return instantOf(local, name) === undefined ? day : `${local}[${name}]`
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>, weight = 3): fc.Arbitrary<T | null | undefined> =>
  fc.oneof({ weight, arbitrary }, { weight: 1, arbitrary: fc.constantFrom(null, undefined) })

/** Absent rather than undefined, as callers leave things out. */
function dense<T extends object>(facts: T): T {
  for (const key of Object.keys(facts) as (keyof T)[]) if (facts[key] === undefined) delete facts[key]
  return facts
}

export interface Case<Facts> {
  facts: Facts
  today: Date10 | undefined
}

interface Frame {
  day: Date10
  zone: string | undefined
  today: number | undefined
}

const frame: fc.Arbitrary<Frame> = fc.record({
  day: eventDay,
  zone: fc.option(fc.constantFrom(...zones), { nil: undefined }),
  today: fc.option(offset(500), { nil: undefined }),
})

const usually = fc.oneof(
  { weight: 5, arbitrary: fc.constant<boolean | null | undefined>(true) },
  fc.constantFrom(false, null, undefined),
)

const statement = fc.record({
  given: offset(95),
  writing,
  written: usually,
  reasons: usually,
  promised: maybe(
    fc.record({
      from: fc.constantFrom('given' as const, 'received' as const),
      days: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constantFrom(30, 31, 60, 61, 90, 91)),
    }),
    8,
  ),
})

export const requestCase: fc.Arbitrary<Case<RequestFacts>> = fc
  .record({
    frame,
    received: fc.oneof({ weight: 20, arbitrary: writing }, fc.constantFrom(null, undefined)),
    statements: maybe(fc.array(statement, { maxLength: 3 })),
    acted: maybe(fc.tuple(offset(150), writing), 1),
    storage: fc.constantFrom('onsite' as const, 'offsite' as const, null, undefined),
  })
  .map(({ frame: { day, zone, today }, received, statements, acted, storage }) => ({
    facts: dense<RequestFacts>({
      ...(zone !== undefined && { timeZone: zone }),
      received: received && written(day, received, zone),
      extensionStatements: statements?.map((each): Statement => {
        const given = walk(day, each.given)
        return dense<Statement>({
          given: written(given, each.writing, zone),
          written: each.written as boolean | null,
          reasons: each.reasons as boolean | null,
          promisedDate: each.promised && walk(each.promised.from === 'given' ? given : day, each.promised.days),
        } as Statement)
      }) as Statement[] | null,
      acted: acted && written(walk(day, acted[0]), acted[1], zone),
      storage,
    } as RequestFacts),
    today: today === undefined ? undefined : walk(day, today),
  }))

const headcount = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<number | null>(0, 1, 249, 250, 499, 500, 501, 1000, null) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2000 }) },
)

const official = fc.record({
  form: fc.constantFrom('oral' as const, 'oral' as const, 'written' as const, 'written' as const),
  on: offset(130),
  writing,
  end: fc.oneof(
    fc.constant(undefined),
    fc.constant(null),
    fc.record({ as: fc.constantFrom('until' as const, 'days' as const), days: offset(160) }),
  ),
  documented: usually,
})

const knower = fc.record({
  by: fc.constantFrom('workforce' as const, 'agent' as const, 'perpetrator' as const),
  on: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 40 }) }, fc.integer({ min: -2, max: 0 })),
  how: fc.constantFrom('knew' as const, 'would-have-known' as const),
  writing,
})

export const breachCase: fc.Arbitrary<Case<BreachFacts>> = fc
  .record({
    frame,
    discovered: fc.oneof({ weight: 12, arbitrary: writing }, fc.constantFrom(null, undefined)),
    knowledge: maybe(fc.array(knower, { maxLength: 3 }), 1),
    finding: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('breach' as const, null, undefined) },
      fc.constantFrom('low-probability-of-compromise' as const, 'exclusion' as const, 'secured' as const),
    ),
    findingDocumented: fc.constantFrom(true, false, null, undefined),
    officials: maybe(fc.array(official, { maxLength: 3 })),
    residents: maybe(fc.dictionary(fc.constantFrom('OH', 'TX', 'CA', 'PR', 'DC', 'GU'), headcount, { maxKeys: 4 })),
    beyond: maybe(fc.constantFrom(-1, 0, 0, 1, 250, 499, 500, 501, 1000)),
    individuals: maybe(fc.tuple(offset(200), writing), 1),
    media: maybe(
      fc.dictionary(fc.constantFrom('OH', 'TX', 'CA', 'PR'), fc.option(fc.tuple(offset(200), writing)), { maxKeys: 3 }),
      1,
    ),
    secretary: maybe(fc.tuple(offset(460), writing), 1),
    coveredEntity: maybe(fc.tuple(offset(200), writing), 1),
  })
  .map((drawn) => {
    const { day, zone, today } = drawn.frame
    const later = (at: [number, Writing]): string => written(walk(day, at[0]), at[1], zone)
    const sum = Object.values(drawn.residents ?? {}).reduce<number>((all, each) => all + (each ?? 0), 0)
    return {
      facts: dense<BreachFacts>({
        ...(zone !== undefined && { timeZone: zone }),
        discovered: drawn.discovered && written(day, drawn.discovered, zone),
        knowledge: drawn.knowledge?.map(
          ({ by, on, how, writing: as }): Known => ({ by, how, on: written(walk(day, on), as, zone) }),
        ),
        finding: drawn.finding,
        findingDocumented: drawn.findingDocumented,
        lawEnforcement: drawn.officials?.map((each): Official => {
          const on = walk(day, each.on)
          const end = each.form === 'oral' && each.on % 8 !== 0 ? undefined : each.end
          return dense({
            form: each.form,
            on: written(on, each.writing, zone),
            documented: each.documented,
            ...(end?.as === 'until' && { until: walk(on, end.days) }),
            ...(end?.as === 'days' && end.days >= 0 && { days: end.days }),
          } as Official)
        }),
        residents: drawn.residents && { ...drawn.residents },
        individuals: drawn.beyond == null ? drawn.beyond : Math.max(0, sum + drawn.beyond),
        notifiedIndividuals: drawn.individuals && later(drawn.individuals),
        notifiedMedia:
          drawn.media && Object.fromEntries(Object.entries(drawn.media).map(([state, at]) => [state, at && later(at)])),
        notifiedSecretary: drawn.secretary && later(drawn.secretary),
        notifiedCoveredEntity: drawn.coveredEntity && later(drawn.coveredEntity),
      } as BreachFacts),
      today: today === undefined ? undefined : walk(day, today),
    }
  })

/** The same case for a business associate, which is asked for fewer facts. */
export function withoutHeadcount({ facts, today }: Case<BreachFacts>): Case<BreachFacts> {
  const { individuals, residents, notifiedIndividuals, notifiedMedia, notifiedSecretary, ...rest } = facts
  return { facts: rest, today }
}

/** The same case for a covered entity, whose facts have no notice to itself. */
export function withoutAssociate({ facts, today }: Case<BreachFacts>): Case<BreachFacts> {
  const { notifiedCoveredEntity, ...rest } = facts
  return { facts: rest, today }
}
