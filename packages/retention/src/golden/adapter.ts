import { usStates } from '@phi/core'
import { type CivilDate, isCivilDate } from '@phi/deadlines'
import { type GoldenAnswer, goldenAdapter, type ProseMeaning } from '@phi/deadlines/golden'
import * as z from 'zod'
import { explain } from '../assess/explain.ts'
import { retentionSchedule } from '../assess/policy.ts'
import { type Provider, providers } from '../record/kinds.ts'
import type { RetentionRecord } from '../record/record.ts'
import { majorityDate } from '../schedule/majority.ts'
import { houseRule } from '../schedule/rule.ts'
import { usRetention } from '../schedule/us-retention.ts'

const day = z.string().refine(isCivilDate)
const date = day.nullish()
const flag = z.boolean().nullish()
const state = z.enum(usStates).nullish()
const provider = z.enum(providers).nullish()

/** The kinds of record as cases write them, in the words of this package. */
const kinds = {
  'policy document': 'policy-document',
  'training record': 'training-record',
  'NPP version': 'npp-version',
  'NPP acknowledgment': 'npp-acknowledgment',
  BAA: 'baa',
  'accounting entry': 'accounting-entry',
  'audit log': 'audit-log',
  'hospital record': 'medical-record',
  'physician record': 'medical-record',
  'medicare provider record': 'medicare-provider-record',
  'managed care record': 'managed-care-record',
  'employee medical record': 'employee-medical-record',
  mammogram: 'mammogram',
  'investigational drug record': 'investigational-drug-record',
} as const satisfies Record<string, RetentionRecord['kind']>
type Kind = keyof typeof kinds

const keepers: Readonly<Partial<Record<Kind, Provider>>> = { 'hospital record': 'hospital', 'physician record': 'physician' }

const records = z.strictObject({
  kind: z.enum(Object.keys(kinds) as [Kind, ...Kind[]]),
  created: date,
  lastInEffect: date,
  inEffect: flag,
  effective: date,
  replaced: date,
  signed: date,
  terminated: date,
  disclosure: date,
  discharge: date,
  lastTreatment: date,
  lastEntry: date,
  dateOfService: date,
  contractPeriodEnd: date,
  auditCompleted: date,
  audited: flag,
  separated: date,
  mammogram: date,
  laterMammograms: z.array(day).max(1000).nullish(),
  ndaApproved: date,
  discontinued: date,
  fdaNotified: date,
  dob: date,
  died: date,
  adult: flag,
  medicare: flag,
  state,
  provider,
  facility: provider,
  holdPlaced: date,
  holdReleased: date,
  today: day.optional(),
})

/** A record with a stated date, and a hold. */
const stated = z.strictObject({
  kind: z.literal('any record'),
  keepThrough: date,
  holdPlaced: date,
  holdReleased: date,
  today: day.optional(),
})

/** So many years after a day. */
const arithmetic = z.strictObject({
  kind: z.literal('calendar arithmetic'),
  created: day,
  years: z.int().min(0).max(150),
  today: day.optional(),
})

const majority = z.strictObject({
  kind: z.literal('age of majority'),
  dob: day,
  state,
  majority: z.int().min(0).max(150).nullish(),
})

const common = { asOf: usRetention.asOf, kinds: ['any-record'] } as const
const statedDate = houseRule({
  ...common,
  id: 'house.stated-date',
  title: 'A date that was stated for the record',
  start: { anyOf: [['keepThrough']] },
  period: { unit: 'days', amount: 0 },
})
const yearsAfterCreation = (amount: number) =>
  houseRule({
    ...common,
    id: 'house.years',
    title: 'Years after creation',
    start: { anyOf: [['created']] },
    period: { unit: 'years', amount },
  })

const law = retentionSchedule({ id: 'golden/us' })
const signedByTheHouse = (rule: ReturnType<typeof houseRule>) =>
  retentionSchedule({
    id: 'golden/house',
    law: [],
    house: [rule],
    signOffs: [{ rule: rule.id, by: 'golden case', on: usRetention.asOf }],
  })

interface Holds {
  readonly holdPlaced?: CivilDate | null | undefined
  readonly holdReleased?: CivilDate | null | undefined
  readonly today?: CivilDate | undefined
}

/** States' rules with the State in capitals, as cases write them: `TX.hospital 10 years`. */
const nameOf = (id: string, amount: number) =>
  `${id.replace(/^[a-z]{2}(?=\.)/, (code) => (code === 'us' ? code : code.toUpperCase()))} ${amount} years`

function answerFor(record: RetentionRecord, policy: ReturnType<typeof retentionSchedule>, facts: Holds): GoldenAnswer {
  const holds = facts.holdPlaced == null ? [] : [{ case: 'golden', placed: facts.holdPlaced, released: facts.holdReleased }]
  const found = explain(record, policy, { today: facts.today ?? usRetention.asOf, holds })
  const dated = found.steps.filter(({ period }) => period.unit === 'years')
  const yearsOf = ({ rule, period }: (typeof dated)[number]) => nameOf(rule, period.unit === 'years' ? period.amount : 0)
  const longer = dated.filter(({ rule }) => found.governing.some((each) => each.rule === rule))
  const shorter = dated.filter(({ outcome }) => outcome === 'shorter')
  const { keepThrough, advisoryKeepThrough, floor, disposable, earliest } = found
  return {
    results: found,
    found: { keepThrough, advisoryKeepThrough, floor, disposable, earliest },
    prose: {
      reason: [found.status, found.why],
      because: [found.why, ...longer.flatMap((governs) => shorter.map((each) => `${yearsOf(governs)} > ${yearsOf(each)}`))],
    },
  }
}

function recordOf(facts: z.output<typeof records>): RetentionRecord {
  return {
    id: 'golden',
    kind: kinds[facts.kind],
    created: facts.created,
    lastInEffect: facts.lastInEffect,
    inEffect: facts.inEffect,
    effective: facts.effective,
    replaced: facts.replaced,
    signed: facts.signed,
    terminated: facts.terminated,
    disclosed: facts.disclosure,
    discharged: facts.discharge,
    lastTreatment: facts.lastTreatment,
    lastEntry: facts.lastEntry,
    serviceDate: facts.dateOfService,
    contractEnded: facts.contractPeriodEnd,
    auditCompleted: facts.auditCompleted,
    audited: facts.audited,
    separated: facts.separated,
    mammogram: facts.mammogram,
    laterMammograms: facts.laterMammograms,
    approved: facts.ndaApproved,
    discontinued: facts.discontinued,
    authorityNotified: facts.fdaNotified,
    born: facts.dob,
    died: facts.died,
    adult: facts.adult,
    medicare: facts.medicare,
    state: facts.state,
    provider: facts.facility ?? facts.provider ?? keepers[facts.kind],
  }
}

const meanings: readonly ProseMeaning[] = [
  // Assessment.status
  { key: 'reason', says: /^(the )?clock (has|is) not started$/i, means: 'clock-not-started' },
  { key: 'reason', says: /^(legal )?hold\b|^under (a |legal )*hold/i, means: 'legal-hold' },
  // Explanation.steps: which of two rules ends last
  {
    key: 'because',
    says: /^([A-Z]{2}) hospital (\d+) years > CoP (\d+) years$/,
    means: '$1.hospital $2 years > us.medicare.hospital $3 years',
  },
]

/** Cases of the rule `retention`. */
export const retentionAdapter = goldenAdapter({
  rule: 'retention',
  facts: z.discriminatedUnion('kind', [records, stated, arithmetic, majority]),
  meanings,
  answer: (facts): GoldenAnswer => {
    switch (facts.kind) {
      case 'any record': {
        const record = { id: 'golden', kind: 'any-record', keepThrough: facts.keepThrough }
        return answerFor(record, signedByTheHouse(statedDate), facts)
      }
      case 'calendar arithmetic': {
        const record = { id: 'golden', kind: 'any-record', created: facts.created }
        return answerFor(record, signedByTheHouse(yearsAfterCreation(facts.years)), { today: facts.today })
      }
      case 'age of majority': {
        const ofAge = majorityDate({ born: facts.dob, state: facts.state, majority: facts.majority })
        return { results: { majorityDate: ofAge }, found: { majorityDate: ofAge, keepSideMajority: ofAge } }
      }
      default:
        return answerFor(recordOf(facts), law, facts)
    }
  },
})
