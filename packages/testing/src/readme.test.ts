import { describe, expect, it } from 'vitest'
import { describePrograms, named, readDocument, rowsOf, sectionOf } from '../../core/test/documents.ts'
import * as api from './index.ts'
import { DEFAULT_CASE_TIMEOUT_MS } from './suite/suite.ts'

const readme = await readDocument('packages/testing/README.md')

const nothing = () => Promise.reject(new Error('is not opened here'))

await describePrograms('testing', ['packages/testing/README.md'])

describe('the tables of the README', () => {
  it('lists every suite with the number of its cases', () => {
    const suites = Object.keys(api).filter((name) => name.endsWith('Suite') && name !== 'runSuite')
    const rows = rowsOf(sectionOf(readme, 'The suites')).slice(1)
    expect(rows.map(([name]) => named(name)[0]).toSorted()).toEqual(suites.toSorted())
    const sizes: Record<string, number> = {
      auditStoreSuite: api.auditStoreSuite({ name: 'audit', open: nothing }).cases.length,
      kmsSuite: api.kmsSuite({ name: 'kms', supports: { destroy: 'immediate' }, open: nothing }).cases.length,
      keyStoreSuite: api.keyStoreSuite({ name: 'keys', open: nothing }).cases.length,
      tombstoneStoreSuite: api.tombstoneStoreSuite({ name: 'tombstones', open: nothing }).cases.length,
      auditDepthSuite: api.auditDepthSuite({ name: 'audit, at depth', open: nothing }).cases.length,
      sessionStoreSuite: api.sessionStoreSuite({ name: 'sessions', open: nothing }).cases.length,
      directiveStoreSuite: api.directiveStoreSuite({ name: 'directives', open: nothing }).cases.length,
      roleStoreSuite: api.roleStoreSuite({ name: 'roles', open: nothing }).cases.length,
      agreementStoreSuite: api.agreementStoreSuite({ name: 'agreements', open: nothing }).cases.length,
      caseStoreSuite: api.caseStoreSuite({ name: 'cases', open: nothing }).cases.length,
      scheduleStoreSuite: api.scheduleStoreSuite({ name: 'schedules', open: nothing }).cases.length,
      retentionStoreSuite: api.retentionStoreSuite({ name: 'retention', open: nothing }).cases.length,
      cursorStoreSuite: api.cursorStoreSuite({ name: 'cursors', open: nothing }).cases.length,
    }
    for (const [name, , cases] of rows) expect(Number(cases), name).toBe(sizes[named(name)[0] as string])
    expect(sectionOf(readme, 'The suites')).toContain(`\`caseTimeoutMs\` (${DEFAULT_CASE_TIMEOUT_MS.toLocaleString('en-US')})`)
  })

  it('lists every gap, and each of them skips a case', () => {
    const rows = rowsOf(sectionOf(readme, 'Declaring gaps')).slice(1)
    const skipsOf = ({ cases }: api.Suite) => cases.filter(({ skipped }) => skipped === 'because').length
    const skippedBy = (supports: object) => ({
      kms: skipsOf(api.kmsSuite({ name: 'kms', supports: { destroy: 'scheduled', ...supports }, open: nothing })),
      retention: skipsOf(api.retentionStoreSuite({ name: 'retention', supports, open: nothing })),
      depth: skipsOf(api.auditDepthSuite({ name: 'audit, at depth', supports, open: nothing })),
      stores: [
        api.auditStoreSuite,
        api.keyStoreSuite,
        api.tombstoneStoreSuite,
        api.sessionStoreSuite,
        api.directiveStoreSuite,
        api.roleStoreSuite,
        api.agreementStoreSuite,
        api.caseStoreSuite,
        api.scheduleStoreSuite,
        api.cursorStoreSuite,
      ].map((suite) => skipsOf(suite({ name: 'store', supports, open: nothing }))),
    })
    for (const [suite, cell] of rows) {
      const [gap] = named(cell) as [string]
      const because = { [gap]: 'because' }
      const { kms, retention, depth, stores } = skippedBy({ [gap]: gap === 'destroy' ? 'unsupported' : false, because })
      if (named(suite)[0] === 'kmsSuite') expect(kms, gap).toBeGreaterThan(0)
      else if (named(suite)[0] === 'retentionStoreSuite') expect(retention, gap).toBe(1)
      else if (named(suite)[0] === 'auditDepthSuite') expect(depth, gap).toBeGreaterThan(1)
      else for (const skipped of [...stores, retention]) expect(skipped, gap).toBeGreaterThan(0)
    }
    for (const fault of ['unreachable', 'denied', 'nonsense', 'silent']) {
      const { kms } = skippedBy({ faults: { [fault]: false }, because: { [`faults.${fault}`]: 'because' } })
      expect(kms, fault).toBe(1)
      expect(sectionOf(readme, 'Declaring gaps')).toContain(`\`${fault}\``)
    }
    expect(rows.map(([, gap]) => named(gap)[0])).toEqual([
      ...['destroy', 'manyKeks', 'rotate', 'disable', 'elapse', 'faults'],
      'remaining',
      ...['transactions', 'outbox', 'prune'],
      ...['shared', 'unreachable'],
    ])
  })
})
