import { readFile } from 'node:fs/promises'
import { definePolicy, type PolicyJson } from '@phi/rbac'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { clinicPolicy } from '../../test/clinic-policy.ts'
import { policyCoverage } from './coverage.ts'
import { mutationReport } from './mutation.ts'
import { escapeMarkdown, renderMarkdown, renderText } from './render.ts'
import { runPolicyTests } from './run.ts'

const clinic = await readFile(new URL('../../test/clinic-policy.yaml', import.meta.url), 'utf8')

const door = definePolicy(
  {
    id: 'door',
    version: '1',
    resources: { Room: z.object({ tenant: z.string(), name: z.string() }) },
    actions: ['read'],
    roles: { guest: {} },
  },
  ({ permit, is }) => [
    permit('guest')
      .to('read')
      .on('Room')
      .when(is.eq(is.resource('name'), '|hall*'))
      .as('hall'),
  ],
)
const tests = (name: string, outcome: string) => `format: phi.policy-tests/v1
policy: door
actors: { ann: { id: ann, tenant: t } }
records: { hall: { type: Room, record: { tenant: t, name: ${name} } } }
matrices:
  - name: "rooms | <b> @all"
    axes: { roles: [guest], actors: [ann], actions: [read], records: [hall] }
    expect: [{ outcome: ${outcome} }]
`

describe('renderings', () => {
  it('of tests name the cells that failed, with the difference, the reason and the line', () => {
    const report = runPolicyTests(door, tests("'|hall*'", 'deny'))
    expect(renderText(report)).toBe(`Policy tests failed. 0 of 1 cell passed, 0 problems; policy door 1.

Cells that failed (1)
- rooms | <b> @all / guest as ann: read hall
    expected deny, got allow
    allow: a permit applies (rule hall); hall: resource.name = … was true
    line 8
`)
    const markdown = renderMarkdown(report)
    expect(markdown).toContain('### Policy tests failed\n\n0 of 1 cell passed, 0 problems; policy door 1.\n')
    expect(markdown).toContain('| rooms \\| &lt;b&gt; @\u2060all / guest as ann: read hall | expected deny, got allow |')
    expect(markdown).toContain(
      '<details><summary>All matrices (1)</summary>\n\n| matrix | cells | failed | outcomes |\n|---|---|---|---|\n',
    )
  })

  it('of tests name the problems first', () => {
    const text = renderText(runPolicyTests(door, 'format: 1'))
    expect(text).toMatch(
      /^Policy tests failed\. 0 of 0 cells passed, \d problems; policy door 1\.\n\nThe test file has problems \(\d\)\n- line 1, column 1: /,
    )
  })

  it('of coverage name what is missing and a cell that would show it; the percentage is a by-line', () => {
    const report = policyCoverage(door, tests("'|hall*'", 'allow'))
    expect(
      renderText(report),
    ).toBe(`Policy coverage has gaps. 1 thing that the policy says would not be missed (1 of 2, 50 %); policy door 1.

Missing (1)
- no cell of hall depends on "resource.name = "|hall*"" being false
    guest: read Room; no purpose; actor id "id-1"; record name "name-1" → deny
`)
    expect(renderMarkdown(report)).toContain(
      '| no cell of hall depends on "resource.name = "\\|hall\\*"" being false | guest: read Room; ',
    )
    expect(renderMarkdown(policyCoverage(clinicPolicy, clinic))).toMatch(
      /^### Policy coverage is complete\n\nEvery rule, condition, override, view and obligation that can be shown is shown by a cell \(23 of 23, 100 %\); policy clinic 1\.\n\n<details>/,
    )
  })

  it('of mutation name the survivors, and say when nothing was tried', () => {
    const report = mutationReport(door, tests("'|hall*'", 'allow'))
    expect(renderText(report)).toMatch(
      /^Policy mutation failed\. 1 mistake in the policy would go unnoticed: \d+ mutants, \d+ killed, 0 equivalent, 1 survived, 0 undetermined; policy door 1\.\n\nSurvivors \(1\)\n- hall without the condition "resource\.name = "\|hall\*""\n {4}guest: /,
    )
    const failing = mutationReport(door, tests("'|hall*'", 'deny'))
    expect(renderText(failing)).toContain('Policy mutation failed. No mistake was tried: 0 mutants')
    expect(renderText(failing)).toContain('- 1 cell of the tests fail: mend them first')
  })

  it('show what others wrote as text, never as markup, and on one line', () => {
    expect(escapeMarkdown('a|b\n# c <img src=x> [x](http://y) `z` *w* @me https://evil www.evil.example')).toBe(
      'a\\|b \\# c &lt;img src=x&gt; \\[x\\](http:\u2060//y) \\`z\\` \\*w\\* @\u2060me https:\u2060//evil www\u2060.evil.example',
    )
    const hostile = { ...door, id: 'door', version: '|\n\n# <script>' } as PolicyJson
    const markdown = renderMarkdown(runPolicyTests(hostile, tests('x', 'deny')))
    expect(markdown).not.toContain('<script>')
    expect(markdown).not.toMatch(/^# /m)
  })

  it('hold no value of a record', () => {
    const report = runPolicyTests(door, tests('secret-room', 'allow'))
    expect(renderText(report) + renderMarkdown(report)).not.toContain('secret-room')
    expect(report.passed).toBe(false)
  })
})
