import { type Citation, plainText } from '@phi/core'
import * as z from 'zod'
import { type CivilDate, formatDay, parseDay } from '../calendar/civil-date.ts'
import type { Moment } from '../calendar/zone.ts'
import type { Deadline } from '../evaluate/deadline.ts'
import { evaluate } from '../evaluate/evaluate.ts'
import type { EvaluateOptions } from '../evaluate/options.ts'
import type { FactKinds, ReadFacts } from '../rule/facts.ts'
import { ruleGroup } from '../rule/group.ts'
import type { InForce, Rule } from '../rule/rule.ts'
import { calendarDays, keep, text } from './common.ts'
import { parseFacts } from './parse.ts'
import { type Proof, type ProofStep, proofOf, type Source } from './proof.ts'
import { federalRuleset } from './ruleset.ts'

/** A way of giving notice to individuals, 164.404(d). */
export interface NoticeMethod {
  readonly id: string
  readonly words: string
  readonly citation: Citation
}

const method = <Id extends string>(id: Id, words: string, paragraph: string) =>
  Object.freeze({ id, words, citation: text(`45 CFR 164.404(d)${paragraph}`) })

/** The ways of giving notice to individuals, 45 CFR 164.404(d). */
export const noticeMethods = Object.freeze([
  method('first-class-mail', 'by first-class mail to the last known address', '(1)(i)'),
  method('electronic-mail', 'by electronic mail, where the individual agreed and has not withdrawn that', '(1)(i)'),
  method('several-mailings', 'in one or more mailings, as information is available', '(1)(i)'),
  method(
    'next-of-kin',
    'of the deceased: by first-class mail to next of kin or personal representative, where known',
    '(1)(ii)',
  ),
  method('other-means', 'by an alternative form of written notice, telephone or other means', '(2)(i)'),
  method('home-page-posting', 'by a conspicuous posting for 90 days on the home page of the web site', '(2)(ii)(A)'),
  method(
    'major-media',
    'by conspicuous notice in major print or broadcast media where the individuals likely live',
    '(2)(ii)(A)',
  ),
  method('toll-free-number', 'with a toll-free number, active for at least 90 days', '(2)(ii)(B)'),
  method(
    'telephone-in-addition',
    'where misuse may be imminent: by telephone or other means, in addition to the written notice',
    '(3)',
  ),
])

export type NoticeMethodId = (typeof noticeMethods)[number]['id']

/** 164.404(d)(2)(i) and (ii): from how many unreachable individuals the posting or media notice is needed. */
const MANY = 10

/** 164.404(d)(2)(ii)(A) and (B): how many days the posting stays up, and the number active. */
const DAYS = 90

const inForce: InForce = { from: '2009-09-23', status: 'in-force' }

const periodFacts = {
  badAddresses: 'count',
  form: { oneOf: ['home-page', 'major-media'] },
  postedOn: 'moment',
  tollFreeFrom: 'moment',
} as const satisfies FactKinds

const common = {
  addressee: 'individuals',
  basis: calendarDays(DAYS),
  limit: keep,
  extensions: [],
  holds: [],
  inForce,
  confirmation: 'text-seen',
  asOf: federalRuleset.asOf,
  note: 'Whether the first day counts is not stated: the day of posting is day 0, so that it stays up one day longer.',
} as const satisfies Partial<Rule>

/** How long a substitute notice stays up: 45 CFR 164.404(d)(2)(ii). Dates are keep-through dates. */
export const substituteNoticePeriods = ruleGroup({
  id: 'federal.substituteNoticePeriods',
  ruleset: federalRuleset,
  facts: periodFacts,
  rules: [
    {
      ...common,
      id: 'breach.substitute.posting',
      title: 'Keep the notice on the home page of the web site',
      citation: text('45 CFR 164.404(d)(2)(ii)(A)'),
      trigger: { fact: 'postedOn', event: 'other' },
      applies: {
        all: [
          { count: 'badAddresses', atLeast: MANY },
          { fact: 'form', is: 'home-page' },
        ],
      },
    },
    {
      ...common,
      id: 'breach.substitute.toll-free-number',
      title: 'Keep the toll-free number active',
      citation: text('45 CFR 164.404(d)(2)(ii)(B)'),
      trigger: { fact: 'tollFreeFrom', event: 'other' },
      applies: { count: 'badAddresses', atLeast: MANY },
    },
  ],
  // What was posted was posted on the home page; and the number it names is active from then on, unless told otherwise.
  derive: (facts: ReadFacts): ReadFacts => {
    const { values, moments } = facts
    const posted = moments.postedOn
    const form = values.form ?? (posted ? 'home-page' : undefined)
    const tollFreeFrom = moments.tollFreeFrom ?? posted
    return {
      ...facts,
      values: { ...values, ...(form !== undefined && { form }) },
      moments: { ...moments, ...(tollFreeFrom && { tollFreeFrom }) },
    }
  },
})

const source: Source = Object.freeze({
  id: 'breach.substitute-notice',
  citation: text('45 CFR 164.404(d)(2)'),
  also: [text('45 CFR 164.404(d)(1)'), text('45 CFR 164.404(d)(3)')],
  confirmation: 'text-seen',
  note: 'Substitute notice is a form of the notice to individuals: it moves no date of 164.404(b).',
})

const factsSchema = z.strictObject({
  badAddresses: z.int().min(0).max(10_000_000_000).nullish(),
  deceasedNextOfKinUnreachable: z.int().min(0).max(10_000_000_000).nullish(),
  urgent: z.boolean().nullish(),
  form: z.enum(['home-page', 'major-media']).nullish(),
  postedOn: z.string().max(120).nullish(),
  tollFreeFrom: z.string().max(120).nullish(),
  timeZone: plainText(64).optional(),
})

export interface SubstituteNoticeFacts {
  /** How many individuals cannot be reached in writing, for insufficient or out-of-date contact information. Next of kin do not count. */
  readonly badAddresses?: number | null | undefined
  /** How many next of kin or personal representatives of the deceased cannot be reached in writing. */
  readonly deceasedNextOfKinUnreachable?: number | null | undefined
  /** The covered entity deems it urgent, because misuse may be imminent. */
  readonly urgent?: boolean | null | undefined
  /** Of the two forms for ten or more, the one that was chosen. */
  readonly form?: 'home-page' | 'major-media' | null | undefined
  /** When the notice was posted on the home page. */
  readonly postedOn?: Moment | null | undefined
  /** From when the toll-free number is active. Default `postedOn`. */
  readonly tollFreeFrom?: Moment | null | undefined
  /** The zone of the covered entity. Required when a date is an instant. */
  readonly timeZone?: string | undefined
}

/** Which substitute notice is needed, and how long it stays up. */
export interface SubstituteNotice extends Proof {
  /** `pending-facts` while the number is not known: the forms for ten or more are then what to plan for. */
  readonly status: 'required' | 'not-required' | 'pending-facts'
  readonly branch: 'none' | 'fewer-than-10' | '10-or-more'
  /** The forms that will do: one of them. */
  readonly forms: readonly NoticeMethod[]
  /** What goes with any of them. */
  readonly include: readonly NoticeMethod[]
  /** What may be done beside the written notice, never in its place. */
  readonly inAddition: readonly NoticeMethod[]
  /** Next of kin who cannot be reached need no substitute notice, however many they are. */
  readonly nextOfKin: {
    readonly unreachable?: number
    readonly substituteNoticeRequired: false
    readonly citation: Citation
  }
  /** Days for which the posting stays up. */
  readonly postingDays?: number
  /** Days for which the toll-free number is active, at least. */
  readonly tollFreeDays?: number
  /** The last day of the posting, through its end. */
  readonly keepThrough?: CivilDate
  /** The same, were the day of posting the first of the 90. Shown, and not relied upon. */
  readonly throughIfFirstDayCounts?: CivilDate
  /** The last day of the toll-free number. */
  readonly tollFreeThrough?: CivilDate
  readonly periods: readonly Deadline[]
}

const byId = (...ids: readonly NoticeMethodId[]): readonly NoticeMethod[] =>
  noticeMethods.filter(({ id }) => (ids as readonly string[]).includes(id))

/**
 * The substitute notice for individuals whose contact information is insufficient or out of date, 45 CFR 164.404(d)(2): for fewer
 * than ten another form of written notice, telephone or other means; for ten or more a posting on the home page for 90 days or notice
 * in major media, with a toll-free number active for at least 90 days. Keep-through dates are rounded up.
 * @throws PhiError PHI_DEADLINES_FACTS, PHI_DEADLINES_DATE, PHI_DEADLINES_ZONE, PHI_DEADLINES_OPTIONS
 */
export function substituteNotice(facts: SubstituteNoticeFacts, options?: EvaluateOptions): SubstituteNotice {
  const read = parseFacts(factsSchema, facts)
  const { badAddresses, deceasedNextOfKinUnreachable, urgent, form, postedOn, tollFreeFrom, timeZone } = read
  const branch = badAddresses == null || badAddresses >= MANY ? '10-or-more' : badAddresses === 0 ? 'none' : 'fewer-than-10'
  const many = branch === '10-or-more'
  const periods = evaluate(
    substituteNoticePeriods,
    { badAddresses, form, postedOn, tollFreeFrom, ...(timeZone !== undefined && { timeZone }) },
    options,
  )
  const period = (rule: string) => periods.find((each) => each.rule === rule)
  const throughOf = (deadline: Deadline | undefined) => deadline?.due ?? deadline?.planFor
  const posting = period('breach.substitute.posting')
  const keepThrough = throughOf(posting)
  const tollFreeThrough = throughOf(period('breach.substitute.toll-free-number'))
  const steps: ProofStep[] = [...(posting?.steps ?? [])]
  const counted = steps.find((step) => step.step === 'count')
  const firstDayCounts = keepThrough === undefined ? undefined : formatDay(parseDay(keepThrough) - 1)
  if (counted && firstDayCounts !== undefined) steps.push({ ...counted, counts: 'beginning-on', to: firstDayCounts })
  const unknown = new Set(many ? periods.flatMap((deadline) => deadline.unknown) : [])
  if (badAddresses == null) unknown.add('badAddresses')
  if (urgent == null) unknown.add('urgent')
  return {
    status: badAddresses == null ? 'pending-facts' : badAddresses === 0 ? 'not-required' : 'required',
    branch,
    forms: many ? byId('home-page-posting', 'major-media') : branch === 'none' ? [] : byId('other-means'),
    include: many ? byId('toll-free-number') : [],
    inAddition: urgent === true ? byId('telephone-in-addition') : [],
    nextOfKin: {
      ...(deceasedNextOfKinUnreachable != null && { unreachable: deceasedNextOfKinUnreachable }),
      substituteNoticeRequired: false,
      citation: source.citation,
    },
    ...(many && form !== 'major-media' && { postingDays: DAYS }),
    ...(many && { tollFreeDays: DAYS }),
    ...(keepThrough !== undefined && { keepThrough }),
    ...(firstDayCounts !== undefined && { throughIfFirstDayCounts: firstDayCounts }),
    ...(tollFreeThrough !== undefined && { tollFreeThrough }),
    periods,
    ...proofOf(source, read, steps, [...unknown]),
  }
}
