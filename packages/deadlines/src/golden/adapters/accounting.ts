import * as z from 'zod'
import { accountingPeriod } from '../../federal/accounting.ts'
import { accountingFee } from '../../federal/accounting-fee.ts'
import { accountingSuspension, type SuspensionStatement } from '../../federal/accounting-suspension.ts'
import { type GoldenAdapter, goldenAdapter, type ProseMeaning } from '../adapter.ts'
import { moment, whenFacts } from './common.ts'

const tolled: ProseMeaning = {
  key: 'complianceTolled',
  says: /^per (\d+ FR \d+) preamble: until (45 CFR [\d.]+) is revised \(from (memory)\)$/,
  means: '$1: until the compliance date of a revised $2 ($3)',
}

const lookBack = (rule: string, under: 'privacy-rule' | 'part-2'): GoldenAdapter =>
  goldenAdapter({
    rule,
    facts: z.strictObject({
      timeZone: whenFacts.timeZone,
      requestDate: moment.nullish(),
      requestedPeriodMonths: z.int().nullish(),
    }),
    meanings: [tolled],
    answer: ({ requestDate, requestedPeriodMonths, timeZone }) => {
      const result = accountingPeriod({ requested: requestDate, months: requestedPeriodMonths, under, timeZone })
      const { complianceTolled: until } = result
      return {
        results: result,
        found: {
          from_: result.from,
          from: result.from,
          to: result.to,
          inclusive: result.inclusive,
          outerFrom: result.outerFrom,
        },
        prose: {
          status: [result.status, result.because],
          complianceTolled: until === undefined ? [] : [`${until.citation}: until ${until.until} (${until.confirmation})`],
        },
      }
    },
  })

const fee = goldenAdapter({
  rule: 'accounting.fee',
  facts: z.strictObject({
    timeZone: whenFacts.timeZone,
    firstRequest: moment.nullish(),
    secondRequest: moment.nullish(),
  }),
  meanings: [
    { key: 'requires', says: /^inform of (the )?fee in advance$/i, means: 'inform-of-fee-in-advance' },
    { key: 'requires', says: /^opportunity to withdraw or modify$/i, means: 'opportunity-to-withdraw-or-modify' },
  ],
  answer: ({ firstRequest, secondRequest, timeZone }) => {
    const result = accountingFee({ firstRequest, laterRequest: secondRequest, timeZone })
    return {
      results: result,
      found: {
        // Not known is neither yes nor no.
        secondMayBeCharged: result.status === 'pending-facts' ? undefined : result.mayBeCharged,
        freeFrom: result.freeFrom,
      },
      prose: { requires: result.requires.map(({ id }) => id), status: [result.status] },
    }
  },
})

const agencies = {
  'health oversight': 'health-oversight-agency',
  'law enforcement': 'law-enforcement-official',
} as const

const suspensionFacts = z.strictObject({
  ...whenFacts,
  oralStatement: moment.nullish(),
  writtenStatement: z.strictObject({ received: moment, until: z.string().nullish() }).optional(),
  agency: z.enum(['health oversight', 'law enforcement']).optional(),
})

const suspension = (rule: string): GoldenAdapter =>
  goldenAdapter({
    rule,
    facts: suspensionFacts,
    answer: ({ oralStatement, writtenStatement: written, agency, today, timeZone }) => {
      const by = agency === undefined ? undefined : agencies[agency]
      const statements: readonly SuspensionStatement[] = [
        ...(oralStatement == null ? [] : [{ form: 'oral' as const, on: oralStatement, by }]),
        ...(written === undefined ? [] : [{ form: 'written' as const, on: written.received, until: written.until, by }]),
      ]
      const [result] = accountingSuspension(statements, { today, timeZone })
      const [gap] = result?.gaps ?? []
      return {
        results: result,
        found: {
          suspendedThrough: result?.suspendedThrough,
          oralSuspensionEnded: result?.windows.find(({ form }) => form === 'oral')?.through,
          gap: gap && [gap.from, gap.through],
          suspendedFromWritten: result?.windows.find(({ form }) => form === 'written')?.from,
        },
        prose: {
          status: result === undefined ? [] : [result.status],
          needs: result?.needs === undefined ? [] : [result.needs],
        },
      }
    },
  })

/** What an accounting covers and costs, and when it is suspended: 45 CFR 164.528, 42 CFR 2.25. */
export const accountingAdapters: readonly GoldenAdapter[] = [
  lookBack('accounting.lookback', 'privacy-rule'),
  lookBack('part2.accounting.lookback', 'part-2'),
  fee,
  suspension('accounting.suspension.oral'),
  suspension('accounting.suspension.written'),
  suspension('accounting.suspension.oral-then-written'),
  suspension('accounting.suspension.written-late'),
]
