import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runFirstProgram } from '../../core/test/readme.ts'
import * as api from './index.ts'
import { DEFAULT_CASE_TIMEOUT_MS } from './suite/suite.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const readme = await readFile(`${home}README.md`, 'utf8')

const section = (title: string): string => {
  const [, rest = ''] = readme.split(`\n## ${title}\n`)
  expect(rest, `a section "${title}"`).not.toBe('')
  return rest.split('\n## ')[0] as string
}
const rowsOf = (text: string): string[][] =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => (row as string).split(' | ')).slice(1)
const named = (text: string | undefined): string[] => [...(text ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string)

const nothing = () => Promise.reject(new Error('is not opened here'))

describe('the README', () => {
  it('has a first program that runs as printed', async () => {
    const promised = [...section('First program').matchAll(/^console\.log\(.*\) \/\/ (.*)$/gm)].map(([, value]) =>
      (value as string).replace(/^'(.*)'$/, '$1'),
    )
    expect(promised).toHaveLength(3)
    const { stdout, stderr, code } = await runFirstProgram(`${home}README.md`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n')).toEqual(promised)
  })

  it('has a simulated practice that runs as printed', async () => {
    const folder = `${home}.tmp/simulated-${process.pid}`
    await mkdir(folder, { recursive: true })
    try {
      await writeFile(`${folder}/README.md`, section('A simulated practice'))
      const { stdout, stderr, code } = await runFirstProgram(`${folder}/README.md`)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toBe('1 []\n400\n')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('lists every suite with the number of its cases', () => {
    const suites = Object.keys(api).filter((name) => name.endsWith('Suite') && name !== 'runSuite')
    const rows = rowsOf(section('The suites'))
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
    expect(section('The suites')).toContain(`\`caseTimeoutMs\` (${DEFAULT_CASE_TIMEOUT_MS.toLocaleString('en-US')})`)
  })

  it('lists every gap, and each of them skips a case', () => {
    const rows = rowsOf(section('Declaring gaps'))
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
      expect(section('Declaring gaps')).toContain(`\`${fault}\``)
    }
    expect(rows.map(([, gap]) => named(gap)[0])).toEqual([
      ...['destroy', 'manyKeks', 'rotate', 'disable', 'elapse', 'faults'],
      'remaining',
      ...['transactions', 'outbox', 'prune'],
      ...['shared', 'unreachable'],
    ])
  })
})
