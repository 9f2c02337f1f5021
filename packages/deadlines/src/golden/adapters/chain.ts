import * as z from 'zod'
import { breachChain, type ChainedNotice, type ChainLink } from '../../federal/chain.ts'
import { substituteNotice } from '../../federal/substitute-notice.ts'
import { type GoldenAdapter, goldenAdapter } from '../adapter.ts'
import { dueOf, flag, moment, whenFacts } from './common.ts'

const chainFacts = z.strictObject({
  timeZone: whenFacts.timeZone,
  today: whenFacts.today,
  subcontractorDiscovered: moment.nullish(),
  subNotifiedBa: moment.nullish(),
  baDiscovered: moment.nullish(),
  baNotifiedCe: moment.nullish(),
  ceDiscovered: moment.nullish(),
  baIsAgent: flag.nullish(),
  /** Of every link. */
  agents: flag.nullish(),
})

function linksOf(from: z.output<typeof chainFacts>): readonly ChainLink[] {
  const { timeZone, agents } = from
  const hasSubcontractor = from.subcontractorDiscovered != null || from.subNotifiedBa != null
  const subcontractor: ChainLink = {
    role: 'subcontractor',
    discovered: from.subcontractorDiscovered,
    notified: from.subNotifiedBa,
    agentOfNext: agents,
    timeZone,
  }
  return [
    ...(hasSubcontractor ? [subcontractor] : []),
    {
      role: 'business-associate',
      discovered: from.baDiscovered,
      notified: from.baNotifiedCe,
      agentOfNext: from.baIsAgent ?? agents,
      timeZone,
    },
    { role: 'covered-entity', discovered: from.ceDiscovered, timeZone },
  ]
}

const chain = (rule: string): GoldenAdapter =>
  goldenAdapter({
    rule,
    facts: chainFacts,
    answer: (from) => {
      const links = breachChain(linksOf(from), from.today === undefined ? {} : { today: from.today })
      const link = (role: ChainLink['role']): ChainedNotice | undefined => links.find((each) => each.role === role)
      const owed = (role: ChainLink['role'], rule: string) => link(role)?.deadlines.find((each) => each.rule === rule)
      const individual = owed('covered-entity', 'breach.individual')
      return {
        results: links,
        found: {
          subDue: dueOf(owed('subcontractor', 'breach.business-associate')),
          baDue: dueOf(owed('business-associate', 'breach.business-associate')),
          baDiscovered: link('business-associate')?.discovery?.on,
          ceDiscovered: link('covered-entity')?.discovery?.on,
          ceDue: dueOf(individual),
          ceIndividualDue: dueOf(individual),
          cePlanFor: individual?.planFor,
          baDaysLeftAtNotice: link('business-associate')?.daysLeftAtNotice,
          ceDaysLeftAtNotice: link('covered-entity')?.daysLeftAtNotice,
        },
        prose: { status: individual === undefined ? [] : [individual.status] },
      }
    },
  })

const substitute = goldenAdapter({
  rule: 'breach.substitute-notice',
  facts: z.strictObject({
    ...whenFacts,
    badAddresses: z.int().nullish(),
    deceasedNextOfKinUnreachable: z.int().nullish(),
    postedOn: moment.nullish(),
    urgent: flag.nullish(),
  }),
  meanings: [
    { key: 'form', says: /^(?:or )?home page posting (\d+) days$/i, means: 'home-page-posting $1' },
    { key: 'form', says: /^(?:or )?major print\/broadcast media$/i, means: 'major-media' },
    { key: 'form', says: /^alternative written, telephone or other means$/i, means: 'other-means' },
  ],
  answer: ({ today, ...facts }) => {
    const result = substituteNotice(facts, today === undefined ? undefined : { today })
    const aboutNextOfKin = facts.badAddresses == null && facts.deceasedNextOfKinUnreachable != null
    const required = result.status === 'pending-facts' ? undefined : result.status === 'required'
    return {
      results: result,
      found: {
        tollFreeDays: result.tollFreeDays,
        tollFreeThrough: result.tollFreeThrough,
        keepThrough: result.keepThrough,
        minThroughIfDay1Counts: result.throughIfFirstDayCounts,
        webPostingRequired: result.forms.some(({ id }) => id === 'home-page-posting'),
        telephoneInAddition: result.inAddition.some(({ id }) => id === 'telephone-in-addition'),
        // A case that names next of kin only asks about them.
        substituteNoticeRequired: aboutNextOfKin ? result.nextOfKin.substituteNoticeRequired : required,
      },
      prose: {
        status: [result.status, result.branch],
        form: result.forms.map(({ id }) => (id === 'home-page-posting' ? `${id} ${result.postingDays}` : id)),
      },
    }
  },
})

/** The chain to the covered entity and substitute notice: 45 CFR 164.410 and 164.404(d). */
export const chainAdapters: readonly GoldenAdapter[] = [
  chain('breach.ba-to-ce (not agent)'),
  chain('breach.ba-to-ce (agent)'),
  chain('breach.ba-to-ce'),
  chain('breach.chain'),
  substitute,
]
