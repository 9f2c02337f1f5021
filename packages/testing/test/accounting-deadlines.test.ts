import { ed25519Signer, memoryStore, openAuditLog } from '@phi/audit'
import { accountOfDisclosures, exclusions } from '@phi/audit/disclosures'
import { accountingExclusions, accountingPeriod, accountingSuspension } from '@phi/deadlines'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/**
 * The two packages stand on one floor and may not import each other, so both know the six years, the nine exclusions and the thirty days of
 * 45 CFR 164.528. Here they are held equal.
 */
const DAY_MS = 86_400_000
const dayAfter = (day: string, days: number): string => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)
const days = fc.integer({ min: 0, max: 800 }).map((n) => dayAfter('2026-01-01', n))

const entity = { name: 'Example Clinic', telephone: '+1 217 555 0100', responsible: 'Privacy Office' }
const base = { patient: { id: 'p-88', name: 'Ada Example' }, entity, timeZone: 'UTC' }
type Request = Parameters<typeof accountOfDisclosures>[1]

const agency = 'State Department of Health'
const log = await openAuditLog({
  origin: 'clinic.example/audit',
  store: memoryStore(),
  signer: await ed25519Signer.generate('clinic.example/audit'),
})
await log.append({
  action: 'disclose',
  outcome: 'success',
  occurredAt: '2025-06-01T12:00:00.000Z',
  actor: { id: 'u-17', type: 'workforce' },
  subject: { patients: ['p-88'] },
  context: {
    disclosure: { recipient: agency, description: 'a report', purpose: 'oversight' },
    details: { 'disclosure.basis': 'health-oversight' },
  },
})

describe('an accounting of disclosures, in @phi/audit and in @phi/deadlines', () => {
  it('S128 has the nine exclusions of 164.528(a)(1) in both', () => {
    expect(Object.keys(exclusions)).toEqual(accountingExclusions.map(({ id }) => id))
    expect(accountingExclusions).toHaveLength(9)
  })

  it('S128 goes back equally far, whatever was asked for', async () => {
    const wish = fc.oneof(
      fc.constant(undefined),
      fc.integer({ min: 1, max: 100 }).map((months) => ({ months })),
      fc.integer({ min: 0, max: 3000 }).map((back) => ({ back })),
    )
    await fc.assert(
      fc.asyncProperty(days, wish, async (requestedOn, asked) => {
        const period =
          asked === undefined ? undefined : 'months' in asked ? asked : { since: dayAfter(requestedOn, -asked.back) }
        const request = { ...base, requestedOn, preparedOn: requestedOn, ...(period && { period }) } as Request
        const ours = (await accountOfDisclosures(log.records(), request)).period
        const theirs = accountingPeriod({ requested: requestedOn, ...period })
        expect([ours.from, ours.to]).toEqual([theirs.from, theirs.to])
      }),
      { numRuns: 300 },
    )
  })

  it('S128 suspends on the same days', async () => {
    const statement = fc.record({ on: days, n: fc.nat(60), oral: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 5 }), days, async (rows, preparedOn) => {
        const statements = rows.map(({ on, n, oral }) =>
          oral
            ? { form: 'oral' as const, on, documented: true, agency, by: 'health-oversight-agency' as const }
            : { form: 'written' as const, on, until: dayAfter(on, n), agency, by: 'health-oversight-agency' as const },
        )
        const suspensions = statements.map((each) => ({ ...each, recipients: [agency] }))
        const request = { ...base, requestedOn: '2026-01-01', preparedOn, suspensions } as Request
        fc.pre(preparedOn >= '2026-01-01')
        const { entries } = await accountOfDisclosures(log.records(), request)
        const [theirs] = accountingSuspension(statements)
        const isSuspended = theirs?.periods.some(({ from, through }) => from <= preparedOn && preparedOn <= through)
        expect(entries.map(({ verdict }) => verdict)).toEqual([isSuspended ? 'suspended' : 'listed'])
      }),
      { numRuns: 300 },
    )
  })
})
