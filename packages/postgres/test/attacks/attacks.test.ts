import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findingKinds } from '@phi/audit'
import { describe, expect, it } from 'vitest'
import { doctorFindingKinds } from '../../src/index.ts'
import { type Attack, attackers, attacks } from './attacks.ts'
import { clean, type Seen } from './lab.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const DOC = fileURLToPath(new URL('../../../../docs/threat-model.md', import.meta.url))
const rows: readonly Attack[] = attacks

const witnesses: Readonly<Record<keyof Seen, string>> = {
  store: 'verify',
  held: 'verify with a checkpoint held elsewhere',
  again: 'a verifier that was here before',
  service: 'the running service',
  doctor: 'doctor',
}

/** What notices an attack and what does not, as the tests assert it. */
function noticed({ refused, seen = {}, effect, also }: Attack): { by: string; not: string } {
  if (refused !== undefined) return { by: `refused: \`${refused}\``, not: '' }
  if (effect === 'none') return { by: 'it comes to nothing', not: '' }
  const entries = (Object.keys(witnesses) as (keyof Seen)[]).map(
    (key) => [witnesses[key], seen[key] ?? clean[key], clean[key]] as const,
  )
  const by = entries.filter(([, is, was]) => is !== was).map(([who, is]) => `${who}: \`${is}\``)
  if (also !== undefined) by.push(also)
  const not = entries.filter(([, is, was]) => is === was).map(([who]) => who)
  return { by: by.length === 0 ? '**nobody**' : by.join('<br>'), not: not.join(', ') }
}

const cell = (text: string) => text.replaceAll('|', '\\|')

function table(): string {
  const lines = ['| who | what they do | what stops it, or who notices | who does not |', '|---|---|---|---|']
  for (const row of rows) {
    const { by, not } = noticed(row)
    const does = row.note === undefined ? row.does : `${row.does}. *${row.note}*`
    lines.push(`| ${attackers[row.who]} | ${cell(does)} | ${cell(by)} | ${cell(not)} |`)
  }
  return lines.join('\n')
}

const BETWEEN = /(<!-- attacks: .*?-->\n)[\s\S]*?(\n<!-- end of attacks -->)/

describe('S95 S98 the attacks', () => {
  it('stand in docs/threat-model.md as the tests make them', () => {
    const text = readFileSync(DOC, 'utf8')
    const wanted = text.replace(BETWEEN, (_all, open: string, close: string) => `${open}\n${table()}\n${close}`)
    if (process.env.PHI_UPDATE_ATTACKS === '1') writeFileSync(DOC, wanted)
    else expect(text).toBe(wanted)
    expect(text).toMatch(BETWEEN)
  })

  it('are each made by exactly one test', () => {
    const sources = readdirSync(here)
      .filter((name) => name.endsWith('.test.ts') && name !== 'attacks.test.ts')
      .map((name) => readFileSync(`${here}/${name}`, 'utf8'))
      .join('\n')
    const made = [...sources.matchAll(/^ {2}(?:attack\(lab, |reading\()'([a-z-]+)'/gm)].map(([, id]) => id)
    expect(made.toSorted()).toEqual(rows.map(({ id }) => id).toSorted())
  })

  it('have ids of their own, and say what comes of them', () => {
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    for (const { id, refused, effect, seen, also, note } of rows) {
      expect([refused, effect, seen, also].filter((part) => part !== undefined).length > 0 || note !== undefined, id).toBe(true)
      expect(refused !== undefined && seen !== undefined, id).toBe(false)
    }
  })

  it('name findings that exist, for each of which the document says what to do', () => {
    const text = readFileSync(DOC, 'utf8')
    const named = new Set<string>()
    for (const { seen = {} } of rows) {
      for (const [key, line] of Object.entries(seen) as [keyof Seen, string][]) {
        if (key === 'service' || line.startsWith('error ')) continue
        for (const part of line.replace(/^(broken|unverifiable): /, '').split(', ')) named.add(part.split(' ')[0] as string)
      }
    }
    const known = [...Object.keys(findingKinds), ...Object.keys(doctorFindingKinds)]
    expect([...named].filter((code) => !known.includes(code))).toEqual([])
    const [, remedies = ''] = text.split('## What to do on each finding')
    for (const code of named) if (code in findingKinds) expect(remedies, code).toContain(`\`${code}\``)
  })

  it('are not all found: what nobody notices is said as well', () => {
    const unnoticed = rows.filter((row) => noticed(row).by === '**nobody**').map(({ id }) => id)
    expect(unnoticed).toEqual(['app-false-entry', 'app-sets-tenant', 'superuser-reads'])
  })
})
