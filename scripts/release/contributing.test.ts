import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { blocksOf, shown } from '../../packages/core/test/shown-blocks.ts'
import { runGolden } from '../../packages/deadlines/src/golden/index.ts'

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const guide = text('CONTRIBUTING.md')
const ci = text('.github/workflows/ci.yml')

const value = (name: string): string => new RegExp(`${name}: '([^']+)'`).exec(guide)?.[1] ?? ''

describe('CONTRIBUTING.md', () => {
  it('walks through a case that passes, and fails as it says', () => {
    const oneCase = (individualDue: string) => [
      { id: value('id'), rule: value('rule'), facts: { discovered: value('discovered') }, expected: { individualDue } },
    ]
    expect(runGolden(oneCase(value('individualDue')))).toMatchObject({ passed: ['LONG-01'], failed: [] })
    const wrong = /Change the expected date to `([\d-]+)`/.exec(guide)?.[1] ?? ''
    const found = /"found": (\{[^}]+\})/.exec(guide)?.[1] ?? ''
    expect(runGolden(oneCase(wrong)).failed).toEqual([
      { id: 'LONG-01', expected: { individualDue: wrong }, found: JSON.parse(found) },
    ])
    shown(...blocksOf(guide).map(({ code }) => code))
  })

  it('names paths that are there', () => {
    for (const path of ['packages/deadlines/src/golden', 'packages/deadlines/src/federal', 'packages/deadlines/src/state'])
      expect(guide).toContain(path.split('/').at(-1))
    for (const [, path] of guide.matchAll(/`((?:scripts|\.github)\/[\w./-]+\.\w+)`/g)) expect(text(path as string)).not.toBe('')
  })

  it('names every job of CI', () => {
    const names = [...ci.matchAll(/^ {4}name: (.+)$/gm)].map(([, name]) =>
      (name as string).replace(/ (on )?(Node )?\$\{\{.*$/, ''),
    )
    expect(names.length).toBeGreaterThanOrEqual(6)
    for (const name of names) expect(guide, name).toMatch(new RegExp(`^\\| ${name}`, 'm'))
  })

  it('says the policy of the audit gate', async () => {
    const { POLICY, LONGEST_EXCEPTION_DAYS } = await import('./audit-gate.ts')
    expect(guide).toContain(`no advisory of \`${POLICY.production}\` or above, tools none that is \`${POLICY.everything}\``)
    expect(guide).toContain(`at most ${LONGEST_EXCEPTION_DAYS} days`)
  })
})

describe('docs/release.md', () => {
  const release = text('docs/release.md')

  it('has a row for every job of the workflow', () => {
    const jobs = [...text('.github/workflows/release.yml').matchAll(/^ {2}([a-z]+):\n {4}name:/gm)].map(
      ([, job]) => job as string,
    )
    expect(jobs).toContain('publish')
    for (const job of jobs.filter((name) => name !== 'version'))
      expect(release, job).toMatch(new RegExp(`^\\| ${job}[ ,]`, 'm'))
  })

  it('names commands that the program has', () => {
    const program = text('scripts/release/main.ts')
    const named = [...release.matchAll(/scripts\/release\/main\.ts ([a-z]+)/g)].map(([, command]) => command as string)
    expect(new Set(named)).toEqual(new Set(['pack', 'repository']))
    for (const command of [...named, 'compare']) expect(program).toMatch(new RegExp(`^ {2}${command}: \\{`, 'm'))
  })

  it('names the switch, the environment and the least npm as the workflow has them', () => {
    const workflow = text('.github/workflows/release.yml')
    expect(workflow).toContain("vars.PHI_RELEASE == 'on'")
    expect(release).toContain('variable `PHI_RELEASE` with the value `on`')
    expect(workflow).toContain('environment: npm\n')
    expect(release).toContain('npm older than 11.5.1')
  })
})
