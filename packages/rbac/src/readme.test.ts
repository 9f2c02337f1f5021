import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { ErrorCatalogue } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { runFirstProgram } from '../../core/test/readme.ts'
import * as analysis from './analysis/index.ts'
import * as cedar from './cedar/index.ts'
import * as directives from './directives/index.ts'
import * as hipaa from './hipaa/index.ts'
import * as root from './index.ts'
import { builtInOverrides } from './policy/override.ts'
import * as session from './session/index.ts'
import * as sql from './sql/index.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const readme = await readFile(`${home}README.md`, 'utf8')
const guides = ['hipaa-policy-pack', 'patient-directives', 'sessions', 'test-a-policy', 'policy-in-the-database'].map(
  (name) => `docs/${name}.md`,
)

const programsOf = (text: string) => [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, program]) => program as string)
const programs = programsOf(readme)
const all = await Promise.all(
  ['packages/rbac/README.md', ...guides].map(async (path) => {
    const text = await readFile(new URL(`../../../${path}`, import.meta.url), 'utf8')
    return programsOf(text).map((program, number) => [path, number + 1, program] as const)
  }),
)

/** What a program says it prints: the comments behind its calls of console.log, without the quotes of texts. */
const promised = (program: string) =>
  [...program.matchAll(/^\s*console\.log\(.*\)\s*\/\/ (.*)$/gm)].map(([, value]) => (value as string).replace(/^'(.*)'$/, '$1'))

const section = (title: string): string => {
  const [, rest = ''] = readme.split(`\n## ${title}\n`)
  expect(rest, `a section "${title}"`).not.toBe('')
  return rest.split('\n## ')[0] as string
}
const rowsOf = (text: string): string[][] =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => (row as string).split(' | ')).filter(([cell]) => cell !== '---')
const named = (text: string | undefined): string[] => [...(text ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string)

describe('the programs of the README and of the guides', () => {
  it('are there, and the first is the first program', () => {
    expect(section('First program')).toContain(programs[0])
    for (const of of all) expect(of.length).toBeGreaterThan(0)
  })

  it.each(all.flat())('%s, program %i, runs as printed', async (path, number, program) => {
    const folder = `${home}.tmp/readme-${process.pid}-${path.replace(/\W/g, '-')}-${number}`
    await mkdir(folder, { recursive: true })
    try {
      await writeFile(`${folder}/README.md`, `\`\`\`ts\n${program}\`\`\`\n`)
      const { stdout, stderr, code } = await runFirstProgram(`${folder}/README.md`)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const values = promised(program)
      expect(values.length).toBeGreaterThan(0)
      expect(stdout.trimEnd().split('\n')).toEqual(values)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

describe('the tables of the README', () => {
  it('name every built-in override', () => {
    const rows = rowsOf(section('Purposes, fields, grants, obligations')).filter(([cell]) => cell?.startsWith('`'))
    expect(rows.map(([cell]) => named(cell)[0])).toEqual(Object.keys(builtInOverrides))
  })

  it('count the policy pack as it is', async () => {
    const { roles, resources, rules, actions } = hipaa.hipaaPolicy
    const counts = [Object.keys(roles).length, Object.keys(resources).length, rules.length] as const
    expect(section('What else there is')).toContain(`${counts[0]} roles, ${counts[1]} kinds of records, ${counts[2]} rules`)
    const guide = await readFile(new URL('../../../docs/hipaa-policy-pack.md', import.meta.url), 'utf8')
    const said = `${counts[1]} types of records, ${actions.length} actions, ${counts[0]} roles, ${counts[2]} rules`
    expect(guide.replace(/\s+/g, ' ')).toContain(said)
  })

  it('name every reason for which a session or an identity is refused', async () => {
    const guide = await readFile(new URL('../../../docs/sessions.md', import.meta.url), 'utf8')
    const reasons = [...Object.keys(session.identityRefusals), ...Object.keys(session.sessionRefusals)]
    expect(reasons.length).toBeGreaterThan(20)
    for (const reason of reasons) expect(guide, reason).toContain(`\`${reason}\``)
  })

  it('name every error, what happened and what to do', () => {
    const catalogues: ErrorCatalogue[] = [root.rbacErrors, root.roleErrors, directives.directiveErrors, session.sessionErrors]
    const entries = catalogues.flatMap((catalogue) => Object.entries(catalogue))
    const wanted = entries.map(([code, { problem, remedy, retryable }]) => [
      `\`${code}\`${retryable === true ? ' ↻' : ''}`,
      `${problem}.`,
      remedy,
    ])
    expect(rowsOf(section('Errors')).slice(1)).toEqual(wanted)
  })

  it('name every value that is exported', () => {
    const entries = {
      '': root,
      '/hipaa': hipaa,
      '/directives': directives,
      '/session': session,
      '/analysis': analysis,
      '/sql': sql,
      '/cedar': cedar,
    }
    const wanted = Object.entries(entries).map(([entry, all]) => [[`@phi/rbac${entry}`], Object.keys(all).sort()])
    const rows = rowsOf(section('What it exports')).slice(1)
    expect(rows.map(([from, values]) => [named(from), named(values)])).toEqual(wanted)
  })
})
