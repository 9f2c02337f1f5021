import * as z from 'zod'
import type { Deadline } from '../../evaluate/deadline.ts'
import { evaluate } from '../../evaluate/evaluate.ts'
import { complaintToSecretary, decedent, hearingRequest, penaltyCure } from '../../federal/enforcement.ts'
import { ftcBreachNotice } from '../../federal/ftc.ts'
import { notInForce } from '../../federal/not-in-force.ts'
import { part2BreachNotice } from '../../federal/part2.ts'
import { accessRequest } from '../../federal/requests.ts'
import type { RuleGroup } from '../../rule/group.ts'
import type { Rule } from '../../rule/rule.ts'
import { type GoldenAdapter, goldenAdapter, inAnyOrder } from '../adapter.ts'
import { dueOf, moment, plainKeys, statusProse, weekday, whenFacts } from './common.ts'

const optionsOf = ({ today, asOf }: { readonly today?: string | undefined; readonly asOf?: string | undefined }) => ({
  ...(today !== undefined && { today }),
  ...(asOf !== undefined && { knownAt: asOf }),
})

const breachFacts = {
  ...whenFacts,
  discovered: moment.nullish(),
  count: z.int().min(0).nullish(),
  residentsByState: z.record(z.string().max(10), z.int().min(0).nullable()).nullish(),
  asOf: z.string().optional(),
}

/** The row of a result: what it says of its versions. */
const rowOf = (group: { readonly rules: readonly Rule[] }, result: Deadline | undefined): Rule | undefined =>
  group.rules.find(({ id }) => id === result?.rule)

const states = (results: readonly Deadline[]): readonly unknown[] =>
  results.flatMap(({ status, jurisdiction }) =>
    status === 'not-applicable' || status === 'not-in-force' ? [] : [jurisdiction ?? status],
  )

const ftcEntities = {
  'PHR vendor': 'phr-vendor',
  'PHR related entity': 'phr-related-entity',
  'third party service provider': 'third-party-service-provider',
} as const

/** 16 CFR 318. */
const ftc = (rule: string): GoldenAdapter =>
  goldenAdapter({
    rule,
    facts: z.strictObject({ ...breachFacts, actor: z.enum(Object.keys(ftcEntities) as (keyof typeof ftcEntities)[]) }),
    meanings: [{ key: 'ruleVersion', says: /^(\d{4}) rule: (\d+) (business|calendar) days$/, means: '$1: $2 $3-days' }],
    answer: (facts) => {
      const { discovered, timeZone, count, residentsByState, actor } = facts
      const results = evaluate(
        ftcBreachNotice,
        { discovered, timeZone, individuals: count, residents: residentsByState, entity: ftcEntities[actor] },
        optionsOf(facts),
      )
      const commission = results.find(({ duty }) => duty === 'ftc.commission')
      const media = results.filter(({ rule: id }) => id === 'ftc.media')
      const row = rowOf(ftcBreachNotice, commission)
      const published = row?.inForce.published?.slice(0, 4)
      const basis = row?.basis
      return {
        results,
        found: {
          ...plainKeys(commission),
          individualDue: dueOf(results.find(({ rule: id }) => id === 'ftc.individual')),
          ftcDue: dueOf(commission),
          media: inAnyOrder(states(media)),
          mediaDue: media.find(({ due }) => due !== undefined)?.due,
          vendorDue: dueOf(results.find(({ rule: id }) => id === 'ftc.service-provider')),
        },
        prose: {
          status: statusProse(commission),
          ruleVersion: basis !== undefined && 'amount' in basis ? [`${published}: ${basis.amount} ${basis.unit}`] : [],
        },
      }
    },
  })

/** 42 CFR 2.16(b). */
const part2 = (rule: string): GoldenAdapter =>
  goldenAdapter({
    rule,
    facts: z.strictObject({ ...breachFacts, actor: z.literal('part 2 program (not HIPAA CE)').optional() }),
    meanings: [{ key: 'reason', says: /^before compliance date (\d{4}-\d\d-\d\d)$/, means: 'not-yet-in-force $1' }],
    answer: (facts) => {
      const { discovered, timeZone, count, residentsByState } = facts
      const results = evaluate(
        part2BreachNotice,
        { discovered, timeZone, individuals: count, residents: residentsByState },
        optionsOf(facts),
      )
      const individual = results.find(({ rule: id }) => id === 'part2.breach.individual')
      const secretary = results.find(({ duty }) => duty === 'part2.breach.secretary')
      const from = rowOf(part2BreachNotice, individual)?.inForce.from
      return {
        results,
        found: { ...plainKeys(individual), individualDue: dueOf(individual), secretaryDue: dueOf(secretary) },
        prose: {
          status: statusProse(individual),
          reason: individual === undefined ? [] : [individual.because, `${individual.because} ${from}`],
        },
      }
    },
  })

/** Proposed, and never due. */
const securityProposal = goldenAdapter({
  rule: 'security.nprm',
  facts: z.strictObject({
    ...whenFacts,
    asOf: z.string().optional(),
    employmentEnded: moment.nullish(),
    accessChanged: moment.nullish(),
    contingencyPlanActivated: moment.nullish(),
    lastBackup: moment.nullish(),
    systemsLost: moment.nullish(),
  }),
  meanings: [{ key: 'status', says: /^(proposed|vacated), not in force$/, means: 'not-in-force: $1' }],
  answer: ({ today, asOf, timeZone, ...facts }) => {
    // An instant that a case writes in UTC, without naming the zone of the entity, is read there.
    const results = evaluate(notInForce, { timeZone: timeZone ?? 'UTC', ...facts }, optionsOf({ today, asOf }))
    const asked = results.filter(({ rule }) => rule.startsWith('proposed.security.'))
    const dates = asked
      .flatMap(({ due, planFor, lawfulUntil }) => [due, planFor, lawfulUntil])
      .filter((date) => date !== undefined)
    return {
      results,
      found: { due: dates.length === 0 ? undefined : inAnyOrder(dates) },
      prose: { status: [...new Set(asked.map(({ status, because }) => `${status}: ${because}`))] },
    }
  },
})

/** The law beside the proposal: both are asked, and the law gives the date. */
const privacyProposal = goldenAdapter({
  rule: 'privacy.nprm',
  facts: z.strictObject({ ...whenFacts, asOf: z.string().optional(), accessReceived: moment.nullish() }),
  meanings: [{ key: 'status', says: /^proposed, not in force$/, means: 'not-in-force: proposed' }],
  answer: ({ accessReceived, timeZone, ...when }) => {
    const law = evaluate(accessRequest, { received: accessReceived, timeZone }, optionsOf(when))
    const proposals = evaluate(notInForce, { accessReceived, timeZone }, optionsOf(when))
    const proposal = proposals.find(({ rule }) => rule === 'proposed.privacy.access')
    return {
      results: [law, proposals],
      found: plainKeys(law[0]),
      prose: { status: proposal === undefined ? [] : [`${proposal.status}: ${proposal.because}`] },
    }
  },
})

/** A rule with one fact and one date. */
const simple = (
  rule: string,
  fact: string,
  ask: (at: string | null | undefined, timeZone: string | undefined, options: { today?: string }) => readonly Deadline[],
  more: (result: Deadline | undefined) => object,
): GoldenAdapter =>
  goldenAdapter({
    rule,
    facts: z.strictObject({ ...whenFacts, [fact]: moment.nullish() }),
    meanings: [{ key: 'status', says: /^overdue[- ]from (\d{4}-\d\d-\d\d)$/, means: 'overdue-from $1' }],
    answer: (facts) => {
      const { today, timeZone } = facts as { today?: string; timeZone?: string }
      const [result] = ask((facts as Record<string, string | null>)[fact], timeZone, optionsOf({ today }))
      return { results: result, found: { ...plainKeys(result), ...more(result) }, prose: { status: statusProse(result) } }
    },
  })

const one =
  <Kinds extends Record<string, 'moment'>>(group: RuleGroup<Kinds>, fact: keyof Kinds & string) =>
  (at: string | null | undefined, timeZone: string | undefined, options: { today?: string }) =>
    evaluate(group as RuleGroup, { [fact]: at, timeZone }, options)

/** The last day before a rule of its own moved it. */
const unrolled = (result: Deadline | undefined): string | undefined => {
  const counted = result?.steps.find(({ step }) => step === 'count')
  return counted?.step === 'count' ? counted.to : undefined
}

/** FTC, Part 2, what is only proposed, and the clocks of enforcement. */
export const federalAdapters: readonly GoldenAdapter[] = [
  ftc('ftc.hbnr'),
  ftc('ftc.hbnr.version'),
  part2('part2.breach'),
  part2('part2.breach.version'),
  securityProposal,
  privacyProposal,
  simple('deceased-50-years', 'death', one(decedent, 'died'), (result) => ({ protectedThrough: dueOf(result) })),
  simple('penalty.cure-window', 'knewViolation', one(penaltyCure, 'knew'), (result) => ({ lastDay: dueOf(result) })),
  simple(
    'hearing-request',
    'noticeReceived',
    (received, timeZone, options) => evaluate(hearingRequest, { received, timeZone }, options),
    (result) => ({ day90: unrolled(result), weekday: weekday(unrolled(result)) }),
  ),
  simple('complaint-to-ocr', 'complainantKnew', one(complaintToSecretary, 'knew'), () => ({})),
]
