import * as z from 'zod'
import type { Deadline } from '../../evaluate/deadline.ts'
import { evaluate } from '../../evaluate/evaluate.ts'
import { accessRequest, accountingRequest, amendmentRequest, denialReview } from '../../federal/requests.ts'
import type { ExtensionStatement } from '../../rule/facts.ts'
import type { Rule } from '../../rule/rule.ts'
import { type GoldenAdapter, type GoldenAnswer, goldenAdapter, inAnyOrder, type ProseMeaning } from '../adapter.ts'
import { atMostOne, flag, moment, momentOf, plainKeys, statusProse, whenFacts } from './common.ts'

const statement = z.strictObject({
  given: moment,
  written: flag.nullish(),
  reasons: flag.nullish(),
  promisedDate: z.string().nullish(),
})

const requestFacts = {
  ...whenFacts,
  received: moment.nullish(),
  receivedAt: moment.nullish(),
  extensionStatement: statement.optional(),
  /** The statements; or only how many of them, each of them in the right form and in time. */
  extensionStatements: z.union([z.array(statement), z.int().min(0).max(10)]).optional(),
}

type RequestFacts = z.output<z.ZodObject<typeof requestFacts>>
type Ask = (statements: readonly ExtensionStatement[]) => Deadline

/** The date to which the period could be extended, as the result says it. */
const outerLimitOf = (result: Deadline): string | undefined =>
  result.extension?.outerLimit ?? result.changesIf.find(({ fact }) => fact === 'extensionStatements')?.due

/** So many statements on the day of receipt, each with everything that the text asks for. */
function fullStatements(count: number, received: string, ask: Ask): readonly ExtensionStatement[] {
  const promisedDate = outerLimitOf(ask([]))
  return Array.from({ length: count }, () => ({ given: received, written: true, reasons: true, promisedDate }))
}

function answer(group: { readonly rules: readonly Rule[] }, facts: RequestFacts, ask: Ask): GoldenAnswer {
  const { extensionStatement: one, extensionStatements: more } = facts
  const received = momentOf(facts.received, facts.receivedAt, facts.timeZone)
  const listed = typeof more === 'number' ? fullStatements(more, received ?? '', ask) : (more ?? [])
  const result = ask(one === undefined ? listed : [one, ...listed])
  const valid = (index: number) => {
    const verdict = result.extension?.statements[index]
    return verdict === undefined ? undefined : verdict === null
  }
  const defects = result.extension?.statements.filter((defect) => defect !== null) ?? []
  const adds = group.rules.find(({ id }) => id === result.rule)?.extensions[0]?.adds
  const reasons = defects.flatMap((defect) =>
    defect === 'date-beyond-the-limit' && adds ? [defect, `${defect}: ${adds.amount} ${adds.unit}`] : [defect],
  )
  return {
    results: result,
    found: {
      ...plainKeys(result),
      localReceived: result.trigger?.on,
      initialDue: result.base,
      extendedDue: result.extension?.valid ? result.due : undefined,
      maxExtendedDue: outerLimitOf(result),
      outerLimit: outerLimitOf(result),
      outerLimitEver: outerLimitOf(result),
      committedDate: result.extension?.committed,
      extensionValid: result.extension?.valid,
      firstExtensionValid: valid(0),
      secondExtensionValid: valid(1),
    },
    prose: { status: statusProse(result), reason: reasons, because: [result.because, ...reasons] },
  }
}

/** What texts say of a statement that did not extend, and of a request. */
const meanings: readonly ProseMeaning[] = ['reason', 'because'].flatMap((key): readonly ProseMeaning[] => [
  { key, says: /^(?:statement )?(?:not (?:in writing|written)|oral(?:ly| only)?)$/i, means: 'not-written' },
  {
    key,
    says: /^(?:(?:no|without|missing) reasons?(?: given| stated)?|reasons? (?:missing|not (?:given|stated)))$/i,
    means: 'no-reasons',
  },
  {
    key,
    says: /^(?:(?:no|without|missing) (?:(?:promised|completion) )?date(?: given| stated)?|(?:(?:promised|completion) )?date (?:missing|not (?:given|stated))|undated(?: statement)?)$/i,
    means: 'no-date',
  },
  { key, says: /^promised date beyond (\d+) additional days$/i, means: 'date-beyond-the-limit: $1 calendar-days' },
  { key, says: /^(?:promised )?date beyond the (?:outer )?limit$/i, means: 'date-beyond-the-limit' },
  {
    key,
    says: /^(?:(?:given|statement) )?(?:too )?late$|^after the (?:first|initial) period$/i,
    means: 'given-after-the-first-period',
  },
  { key, says: /^only one extension(?: is allowed)?$|^already extended$/i, means: 'already-extended' },
])

const status: ProseMeaning = { key: 'status', says: /^overdue[- ]from (\d{4}-\d\d-\d\d)$/, means: 'overdue-from $1' }

const when = ({ today }: RequestFacts) => (today === undefined ? undefined : { today })
const first = (results: readonly Deadline[]): Deadline => results[0] as Deadline

const access = (rule: string): GoldenAdapter =>
  goldenAdapter({
    rule,
    facts: z
      .strictObject({ ...requestFacts, storage: z.enum(['onsite', 'offsite']).nullish() })
      .refine(atMostOne('received', 'receivedAt')),
    meanings: [...meanings, status],
    answer: (facts) => {
      const { storage, timeZone } = facts
      const received = momentOf(facts.received, facts.receivedAt, timeZone)
      return answer(accessRequest, facts, (extensionStatements) =>
        first(evaluate(accessRequest, { received, storage, timeZone, extensionStatements }, when(facts))),
      )
    },
  })

const other = (rule: string, group: typeof amendmentRequest | typeof accountingRequest): GoldenAdapter =>
  goldenAdapter({
    rule,
    facts: z.strictObject(requestFacts).refine(atMostOne('received', 'receivedAt')),
    meanings: [...meanings, status],
    answer: (facts) => {
      const { timeZone } = facts
      const received = momentOf(facts.received, facts.receivedAt, timeZone)
      return answer(group, facts, (extensionStatements) =>
        first(evaluate(group, { received, timeZone, extensionStatements }, when(facts))),
      )
    },
  })

/** 164.524(d)(4): three duties in words. The words of the results are compared, and which duty each belongs to. */
const review = goldenAdapter({
  rule: 'access.denial-review',
  facts: z.strictObject({ ...whenFacts, reviewRequested: moment }),
  meanings: [
    { key: 'standards', says: /^refer promptly$/i, means: 'access.review.refer: refer promptly' },
    {
      key: 'standards',
      says: /^determine within a reasonable period of time$/i,
      means: 'access.review.decide: determine within a reasonable period of time',
    },
    { key: 'standards', says: /^written notice promptly$/i, means: 'access.review.notify: written notice promptly' },
  ],
  answer: ({ reviewRequested, timeZone, today }) => {
    const results = evaluate(denialReview, { reviewRequested, timeZone }, today === undefined ? undefined : { today })
    const dates = results.flatMap(({ due, planFor, house }) => [due, planFor, house?.due]).filter((date) => date !== undefined)
    return {
      results,
      // A number in any of the three would be found here.
      found: { due: dates.length === 0 ? undefined : inAnyOrder(dates) },
      prose: {
        standards: results.map(({ rule, standard }) => `${rule}: ${standard}`),
        status: [...new Set(results.map((each) => each.status))],
      },
    }
  },
})

/** Access, amendment and accounting: 45 CFR 164.524, 164.526 and 164.528. */
export const requestAdapters: readonly GoldenAdapter[] = [
  access('access.initial'),
  access('access.extended'),
  other('amendment.initial', amendmentRequest),
  other('amendment.extended', amendmentRequest),
  other('accounting.initial', accountingRequest),
  other('accounting.extended', accountingRequest),
  other('accounting.initial+extension', accountingRequest),
  review,
]
