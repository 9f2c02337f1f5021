import type { UsState } from '@phi/core'
import * as z from 'zod'
import { readMoment, zoneOf } from '../../calendar/zone.ts'
import type { Deadline } from '../../evaluate/deadline.ts'
import { evaluate } from '../../evaluate/evaluate.ts'
import { breachNotice } from '../../federal/breach.ts'
import { lawEnforcementDelay } from '../../federal/common.ts'
import type { FactsOf, Knowledge, LawEnforcementStatement } from '../../rule/facts.ts'
import { type GoldenAdapter, type GoldenAnswer, goldenAdapter, inAnyOrder, type ProseMeaning } from '../adapter.ts'
import { atMostOne, dueOf, flag, merged, moment, momentOf, plainKeys, statusProse, trueOfAll, whenFacts } from './common.ts'

type BreachFacts = FactsOf<(typeof breachNotice)['facts']>

/** "<500": not known, and fewer than that. */
const fewerThan = z.string().regex(/^<[1-9]\d{0,8}$/)
const headcount = z.int().min(0)

const writtenStatement = z.strictObject({
  received: moment,
  until: z.string().nullish(),
  delayDaysFromStatement: z.int().nullish(),
})

const facts = z
  .strictObject({
    ...whenFacts,
    discovered: moment.nullish(),
    discoveredAt: moment.nullish(),
    /** Only the year of discovery. */
    discoveredYear: z.int().min(1800).max(2400).optional(),
    workforceMemberKnew: moment.nullish(),
    coworkerKnew: moment.nullish(),
    privacyOfficerKnew: moment.nullish(),
    incidentKnown: moment.nullish(),
    /** When somebody knew that it was a breach. That is knowledge like any other, and later than that of the incident. */
    confirmedBreach: moment.nullish(),
    actuallyKnown: moment.nullish(),
    wouldHaveBeenKnown: moment.nullish(),
    agentKnew: moment.nullish(),
    perpetratorKnew: moment.nullish(),
    /** No clock of the rule starts from it, and the rule has no such fact. */
    occurred: moment.nullish(),
    count: z.union([headcount, fewerThan]).nullish(),
    total: headcount.nullish(),
    individuals: headcount.nullish(),
    residentsByState: z.record(z.string().max(10), headcount.nullable()).nullish(),
    count0: headcount.nullish(),
    revised: z.strictObject({ on: moment, count: headcount }).optional(),
    oralStatement: moment.nullish(),
    writtenStatement: writtenStatement.optional(),
    notified: moment.nullish(),
    addressee: z
      .string()
      .regex(/^(individuals?|media|secretary|hhs|ocr|hhs secretary|secretary \(hhs\)|hhs\/ocr|ocr\/hhs)$/i)
      .optional(),
    riskAssessment: z.strictObject({ finding: z.string().max(100), documented: flag.nullish() }).nullish(),
  })
  .refine(atMostOne('discovered', 'discoveredAt', 'discoveredYear'))
  .refine(atMostOne('count', 'total', 'individuals', 'revised'))
  .refine(({ addressee, notified }) => addressee === undefined || notified != null)

type CaseFacts = z.output<typeof facts>

const knowledgeOf = (from: CaseFacts): readonly Knowledge[] => {
  const known = (on: string | null | undefined, by: Knowledge['by'], how: Knowledge['how'] = 'knew'): readonly Knowledge[] =>
    on == null ? [] : [{ by, on, how }]
  return [
    ...known(from.workforceMemberKnew, 'workforce'),
    ...known(from.coworkerKnew, 'workforce'),
    ...known(from.privacyOfficerKnew, 'workforce'),
    ...known(from.incidentKnown, 'workforce'),
    ...known(from.confirmedBreach, 'workforce'),
    ...known(from.actuallyKnown, 'workforce'),
    ...known(from.wouldHaveBeenKnown, 'workforce', 'would-have-known'),
    ...known(from.agentKnew, 'agent'),
    ...known(from.perpetratorKnew, 'perpetrator'),
  ]
}

const statementsOf = ({ oralStatement, writtenStatement: written }: CaseFacts): readonly LawEnforcementStatement[] => [
  ...(oralStatement == null ? [] : [{ form: 'oral' as const, on: oralStatement }]),
  ...(written === undefined
    ? []
    : [{ form: 'written' as const, on: written.received, until: written.until, days: written.delayDaysFromStatement }]),
]

/** The State whose media were told: the only one that is named, or that of the case that OCR settled in 2017. */
function mediaState({ residentsByState }: CaseFacts): UsState {
  const [state, ...others] = Object.keys(residentsByState ?? {})
  return state !== undefined && others.length === 0 ? (state as UsState) : 'IL'
}

/** To whom the notice of the case went: as the fact that says when the duty was met. */
function notifiedOf(from: CaseFacts): BreachFacts {
  const { notified, addressee, individuals } = from
  if (notified == null) return {}
  if (addressee === undefined || /^individuals?$/i.test(addressee)) return { notifiedIndividuals: notified }
  if (/^media$/i.test(addressee)) {
    const state = mediaState(from)
    return {
      notifiedMedia: { [state]: notified },
      residents: from.residentsByState ?? { [state]: individuals ?? null },
    } as BreachFacts
  }
  return { notifiedSecretary: notified }
}

/** Nobody has found anything yet, so any day shows whether the clocks run. */
const ANY_DAY = '2026-05-04'

/** The facts of the library. What a case leaves open between two bounds is asked at each of them. */
function variants(from: CaseFacts): readonly BreachFacts[] {
  const { timeZone, residentsByState, riskAssessment, revised, count0 } = from
  const discovered = momentOf(from.discovered, from.discoveredAt, timeZone)
  const count = revised?.count ?? from.count ?? count0 ?? from.total ?? from.individuals
  const lawEnforcement = statementsOf(from)
  const knowledge = knowledgeOf(from)
  const base = {
    timeZone,
    knowledge,
    lawEnforcement,
    residents: residentsByState as BreachFacts['residents'],
    finding: riskAssessment?.finding as BreachFacts['finding'],
    findingDocumented: riskAssessment?.documented,
    ...notifiedOf(from),
  }
  const counts = typeof count === 'string' ? [1, Number(count.slice(1)) - 1] : [count]
  const year = from.discoveredYear
  const aboutAssessment = 'riskAssessment' in from && discovered === undefined && knowledge.length === 0
  const days = year === undefined ? [aboutAssessment ? ANY_DAY : discovered] : [`${year}-01-01`, `${year}-12-31`]
  return days.flatMap((day) => counts.map((individuals) => ({ ...base, discovered: day, individuals })))
}

const isCertain = ({ status }: Deadline): boolean =>
  status !== 'pending-facts' && status !== 'not-applicable' && status !== 'not-in-force'

/** Which branch of 164.408 it is, with its date. */
function secretaryOf(result: Deadline | undefined): unknown {
  if (!result) return undefined
  const branch = (date: string | undefined) =>
    result.rule === 'breach.secretary.500-or-more' ? { mode: 'contemporaneous', outer: date } : { mode: 'annual', due: date }
  if (result.status === 'pending-facts') return { mode: 'pending-facts', planFor: branch(result.planFor) }
  return isCertain(result) ? branch(result.due) : { mode: result.status }
}

/** Where a sum of milliseconds would have landed: for the cases that show that it is wrong. */
function naiveInstant(result: Deadline | undefined, timeZone: string | undefined): string | undefined {
  const trigger = result?.steps.find(({ step }) => step === 'trigger')
  const counted = result?.steps.find(({ step }) => step === 'count')
  if (timeZone === undefined || trigger?.step !== 'trigger' || counted?.step !== 'count') return undefined
  const zone = zoneOf(timeZone)
  const instant = trigger.instant === undefined ? undefined : readMoment(trigger.instant, zone, 'trigger').instant
  return instant === undefined ? undefined : zone.format(instant + counted.amount * 86_400_000)
}

function keysOf(rule: string, from: CaseFacts, results: readonly Deadline[]): Readonly<Record<string, unknown>> {
  const individual = results.find(({ rule: id }) => id === 'breach.individual')
  const secretary = results.find(({ duty }) => duty === 'breach.secretary')
  const media = results.filter(({ rule: id }) => id === 'breach.media')
  const reached = media.filter(isCertain)
  const open = media.some(({ status }) => status === 'pending-facts')
  const mediaDue = new Set(reached.map(({ due }) => due))
  const told = from.notified == null || from.addressee === undefined ? 'individuals' : from.addressee.toLowerCase()
  const main =
    told === 'media' ? media[0] : told.startsWith('individual') && rule !== 'breach.secretary.annual' ? individual : secretary
  const hold = main?.hold ?? individual?.hold
  const oral = hold?.windows.find(({ form }) => form === 'oral')
  const late = hold?.windows.find(({ why }) => why === 'lapsed-before')
  return {
    ...plainKeys(main),
    individualDue: dueOf(individual),
    discoveredLocal: individual?.trigger?.on,
    discoveredYear: individual?.trigger && Number(individual.trigger.on.slice(0, 4)),
    dueInstantEndOfDay: individual?.dueInstant,
    msOffsetNaive: naiveInstant(individual, from.timeZone),
    secretary: secretaryOf(secretary),
    secretaryDue: dueOf(secretary),
    annualBase: secretary?.rule === 'breach.secretary.fewer-than-500' ? secretary.base : undefined,
    media: inAnyOrder([...reached.map(({ jurisdiction }) => jurisdiction), ...(open ? ['pending-facts'] : [])]),
    mediaDue: mediaDue.size === 1 && !open ? reached[0]?.due : undefined,
    base: main?.base,
    holdMax: hold?.through,
    holdEnd: hold?.through,
    mustNotNotifyThrough: hold?.through,
    actOn: hold?.actOn,
    oralLapsed: oral?.through,
    newHoldFrom: late?.form === 'written' ? late.from : undefined,
    daysAfterDiscovery: main?.done?.daysAfterTrigger,
  }
}

/** What is said in words about these results. */
function proseOf(results: readonly Deadline[]): Readonly<Record<string, readonly string[]>> {
  const individual = results.find(({ rule: id }) => id === 'breach.individual')
  const hold = individual?.hold
  const presumed = individual?.steps.some((step) => step.step === 'applies' && step.truth === true) ?? false
  const runs = individual?.due !== undefined && individual.status !== 'not-applicable'
  const onExpiry = hold?.actOn === individual?.due && individual?.standard === 'without unreasonable delay'
  const capped = hold?.windows.some(({ why }) => why === 'no-time-specified') ?? false
  return {
    status: [...statusProse(individual), presumed && runs ? 'presumed-breach-clocks-run' : 'no-breach'],
    because: individual === undefined ? [] : [individual.because],
    needs: hold?.needs === undefined ? [] : [hold.needs],
    treatedAs: capped ? [`at-most-${lawEnforcementDelay.days}-days`] : [],
    // A due date in words, where the rule leaves no further period after the delay.
    due: hold !== undefined && onExpiry ? ['act-on-the-day-after-the-delay'] : [],
  }
}

const meanings: readonly ProseMeaning[] = [
  { key: 'status', says: /^presumed breach; clocks run$/i, means: 'presumed-breach-clocks-run' },
  { key: 'status', says: /^overdue[- ]from (\d{4}-\d\d-\d\d)$/, means: 'overdue-from $1' },
  { key: 'needs', says: /^written statement specifying the time$/i, means: 'written statement specifying the time' },
  { key: 'treatedAs', says: /^(?:<=|at most|no more than) ?(\d+) days$/i, means: 'at-most-$1-days' },
  {
    key: 'due',
    says: /^on expiry, without unreasonable delay; no further fixed period$/i,
    means: 'act-on-the-day-after-the-delay',
  },
]

const breach = (rule: string): GoldenAdapter =>
  goldenAdapter({
    rule,
    facts,
    meanings,
    answer: (from): GoldenAnswer => {
      const options = from.today === undefined ? undefined : { today: from.today }
      const all = variants(from).map((variant) => evaluate(breachNotice, variant, options))
      return {
        results: all,
        found: merged(all.map((results) => keysOf(rule, from, results))),
        prose: trueOfAll(all.map(proseOf)),
      }
    },
  })

/** Breach notice by covered entities: 45 CFR 164.404 to 164.408 and 164.412. */
export const breachAdapters: readonly GoldenAdapter[] = [
  'breach.individual',
  'breach.individual.dst-spring',
  'breach.individual.dst-fall',
  'breach.individual.tz',
  'breach.addressees',
  'breach.count-revised-up',
  'breach.count-unknown',
  'breach.secretary.annual',
  'breach.day-count (real enforcement)',
  'breach.presumption',
  'breach.law-enforcement.oral',
  'breach.law-enforcement.written',
  'breach.law-enforcement.oral-then-written',
  'breach.law-enforcement.written-late',
  'breach.law-enforcement.written-no-period',
  'breach.law-enforcement.scope',
].map(breach)
