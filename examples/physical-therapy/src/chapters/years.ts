import assert from 'node:assert/strict'
import type { AccountingPackage } from '@phi/audit/disclosures'
import { findings, type Profile } from '@phi/deadlines/contract'
import type { Chapter } from '@phi/example-platform'
import { DAY, fresh, got, sent, type World } from '../world.ts'

const PATRQT = { purpose: 'PATRQT' }

export const yearsChapter: Chapter<World> = {
  title: 'Six years on',
  steps: [
    {
      shows: ['S96', 'C2'],
      what: 'The log still has its first day and verifies. Six years are what the documents say; the two of another document would be a finding',
      async act({ platform, profile, people: { olga } }) {
        platform.clock.advance(5 * 365 * DAY)
        await fresh(olga)
        const first = await olga.ask('/audit/export.json')
        assert.equal(first.status, 200)
        assert.match(first.text, /2026-04-06T13:00:00\.000Z/)
        const { verdict } = await got<{ verdict: string }>(olga, '/audit/verification', 200, 'HSYSADMIN')
        assert.equal(verdict, 'intact')
        assert.ok(profile.retention.every(({ years }) => years >= 6))
        const stated = (statements: readonly unknown[]) =>
          findings({ id: 'p', title: 'P', asOf: '2026-04-01', statements } as unknown as Profile).map(({ code }) => code)
        assert.ok(!stated(profile.statements).includes('C2'))
        const two = { requirement: 'S144', quote: '2-year retention', about: 'log-retention', keep: { years: 2 } }
        assert.ok(stated([two]).includes('C2'))
        return 'entries of April 2026 read and verify five years on; six years: no finding; two years: C2'
      },
    },
    {
      shows: ['S128'],
      what: 'Pat asks again for an accounting: it reaches back six years, and the report of the first spring lies before that',
      async act({ platform, people: { pat, olga } }) {
        await fresh(pat)
        const told = {
          patient: 'p-1',
          recipient: 'County Court',
          description: 'Dates of treatment',
          purpose: 'Order of the court',
          basis: 'judicial-proceeding',
        }
        await sent(olga, '/disclosures', told, { ...PATRQT, status: 201 })
        platform.clock.advance(500 * DAY)
        await fresh(pat, olga)
        await sent(
          pat,
          '/requests',
          { id: 'r-account-2', kind: 'accounting', previous: '2026-06-01' },
          { ...PATRQT, status: 201 },
        )
        const answer = await got<{ status: string; package: AccountingPackage }>(
          olga,
          '/requests/r-account-2/accounting',
          200,
          'PATRQT',
        )
        assert.equal(answer.status, 'ready', JSON.stringify(answer))
        const { lines } = answer.package.accounting
        assert.deepEqual(
          lines.map(({ recipient }) => recipient),
          ['County Court'],
        )
        return 'the court of the sixth year is listed; the report of 2026 no longer'
      },
    },
  ],
}
