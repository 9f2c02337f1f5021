import { type DateFact, dateFacts, type NarrowProfile } from '@phi/retention'
import { all, any, cases, extreme, type Facts } from './fact-sql.ts'
import { CLOCK, CONDITION, CONFLICT, DISPOSABLE, OPEN, RETAIN, SIGN_OFF, UNKNOWN } from './narrow-status.ts'
import type { Level, Shape } from './profile-shapes.ts'

// What the profiles of one shape say of a row, as SQL.

const VISITS: readonly DateFact[] = ['serviceDate', 'mammogram', 'discharged', 'lastTreatment']
const CARE: readonly DateFact[] = ['created', ...VISITS, 'lastEntry']
const ENDS: readonly DateFact[] = ['lastInEffect', 'replaced', 'terminated']
const BEGINNINGS: readonly DateFact[] = ['effective', 'signed']

/** What makes a row one of which the profiles of one version say nothing. */
export function undecided({ days, day, flag }: Facts, { profile }: Level): readonly string[] {
  if (!profile.decidable) return ['true']
  const [born, adult, care] = [day('born'), flag('adult'), days(CARE)]
  // Said to be of age, and perhaps not: what that contradiction comes to hangs on what else is open.
  const ages =
    profile.age === null || born === undefined || adult === undefined || care.length === 0
      ? []
      : [`(${adult} is true and ${extreme('least', care)} - ${born} < ${profile.age.adultAfterDays})`]
  const known = dateFacts.filter((fact) => profile.undecidedWhere.includes(fact)).flatMap((fact) => day(fact) ?? [])
  return [...ages, ...known.map((column) => `${column} is not null`)]
}

/** Facts that cannot all be true, as `evaluate.ts` of @phi/retention has them. */
function contradicting({ day, days }: Facts): readonly string[] {
  const [born, died] = [day('born'), day('died')]
  const [visits, ends, beginnings] = [days(VISITS), days(ENDS), days(BEGINNINGS)]
  return [
    ...(born === undefined || visits.length === 0 ? [] : [`${born} > ${extreme('least', visits)}`]),
    ...(born !== undefined && died !== undefined ? [`${died} < ${born}`] : []),
    ...(ends.length > 0 && beginnings.length > 0 ? [`${extreme('least', ends)} < ${extreme('greatest', beginnings)}`] : []),
  ]
}

type Signed = NarrowProfile['signed']

/** The verdict on a row, in the order of `status.ts` of @phi/retention. `of` gives the number of each status. */
function verdict(facts: Facts, level: Level, today: string, of: (status: number) => number): string {
  const { profile, cutoffs } = level
  const { day, days, flag } = facts
  const reaching = (cutoff: ReadonlyMap<DateFact, string>) =>
    [...new Set(cutoff.values())].map((column) => {
      const facts = [...cutoff].flatMap(([fact, own]) => (own === column ? (day(fact) ?? []) : []))
      return `${extreme('greatest', facts)} >= p.${column}`
    })
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
        [any(reaching(cutoffs.marginFrom)), of(RETAIN)],
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
    const first = `${extreme('least', care)} - ${born}`
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
        [`${first} >= ${age.adultAfterDays}`, cases([[through, rest(profile.signed)]], asMinor)],
        [`${first} < ${age.minorBeforeDays}`, asMinor],
      ],
      // Around the birthday itself the days of the months decide.
      OPEN,
    )
  }
  const whereMissing = cases([[any([...reaching(cutoffs.mayRunFrom), keepsMinors]), OPEN]], of(UNKNOWN))
  const stated = day('keepThrough')
  const inEffect = flag('inEffect')
  return cases(
    [
      [any(contradicting(facts)), of(UNKNOWN)],
      ...(inEffect === undefined ? [] : [[inEffect, of(CLOCK)] as const]),
      [`${profile.permanent}`, of(RETAIN)],
      ...(stated === undefined ? [] : [[`${stated} >= ${today}`, of(RETAIN)] as const]),
      [missing, whereMissing],
      [any(reaching(cutoffs.runsFrom)), of(RETAIN)],
    ],
    byAge,
  )
}

/** Whether a ceiling has passed. */
export const overdueBy = (facts: Facts, { profile, overdue }: Level): string =>
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
export function standing(facts: Facts, shape: Shape, today: string): string {
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

/**
 * What is said of a row, by the number of its answer. It is found by halves, since there may be a hundred answers: by
 * halves of their weights, so that what most rows ask for is near.
 */
export function byAnswer(answers: readonly { readonly said: string; readonly weight: number }[]): string {
  const among = (from: number, to: number): string => {
    const some = answers.slice(from, to)
    const said = some[0]?.said as string
    if (some.every((each) => each.said === said)) return said
    const whole = some.reduce((sum, { weight }) => sum + weight, 0)
    let split = from + 1
    for (let left = some[0]?.weight as number; split < to - 1; split++) {
      const next = left + (answers[split]?.weight as number)
      if (next > whole - left) break
      left = next
    }
    return `case when p.answer < ${split} then ${among(from, split)} else ${among(split, to)} end`
  }
  return answers.length === 0 ? `${OPEN}` : among(0, answers.length)
}
