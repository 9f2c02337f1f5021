import { readFile } from 'node:fs/promises'
import { Option } from 'commander'
import { describe, expect, it } from 'vitest'
import { phi } from '../../test/io.ts'
import { readCommandLine } from '../command-line.ts'
import { exitCodes } from '../exit-codes.ts'
import { helpText } from '../help/index.ts'
import { paint } from '../paint.ts'
import { allCommands, commonOptions, nameOf } from '../specs.ts'
import { commands, groups } from './index.ts'

const named = allCommands.map((spec) => [nameOf(spec), spec] as const)

/** The words of each call of phi in a line of a shell, as far as examples use one: quotes, pipes, redirections, variables before it. */
function calls(line: string): readonly (readonly string[])[] {
  const tokens = line.match(/(?:[^\s'"|<>;&]|'[^']*'|"[^"]*")+|[|<>;&]+/g) ?? []
  const found: string[][] = []
  let current: string[] | undefined
  let isTarget = false
  for (const token of tokens) {
    if (/^[|;&]+$/.test(token)) current = undefined
    else if (/^[<>]+$/.test(token)) isTarget = true
    else if (isTarget) isTarget = false
    else if (current !== undefined) current.push(token.replace(/'([^']*)'|"([^"]*)"/g, (_, one, two) => one ?? two))
    else if (token === 'phi') {
      current = []
      found.push(current)
    }
  }
  return found
}

describe('every command', () => {
  it('has a name of its own, in a group that there is', () => {
    const names = named.map(([name]) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const { path } of commands) {
      expect(path.length).toBeGreaterThan(0)
      if (path.length > 1) expect(groups.map(({ name }) => name)).toContain(path[0])
      else expect(groups.map(({ name }) => name)).not.toContain(path[0])
    }
    for (const { name } of groups) expect(commands.some(({ path }) => path[0] === name)).toBe(true)
    for (const name of ['help', '--version']) expect(names).not.toContain(name)
  })

  it.each(named)('%s says what it is for, what it ends with, and how it is used', (name, spec) => {
    expect(spec.summary).toMatch(/^[A-Z][^\n]{8,90}[^.\s]$/)
    expect(spec.about.trim().length).toBeGreaterThan(60)
    expect(spec.about).not.toMatch(/[—–]/)
    expect(new Set(spec.exits).size).toBe(spec.exits.length)
    expect(spec.exits.length).toBeGreaterThan(0)
    for (const exit of spec.exits) expect(Object.keys(exitCodes)).toContain(exit)
    expect(spec.examples.length).toBeGreaterThan(0)
    for (const { run, about } of spec.examples) {
      expect(about.trim()).not.toBe('')
      const words = calls(run)
      expect(words.length).toBeGreaterThan(0)
      for (const each of words) expect(readCommandLine(each).kind).toBe('run')
      expect(words.some((each) => spec.path.every((word) => each.includes(word)))).toBe(true)
    }
    expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*(?: [a-z]+(?:-[a-z]+)*)?$/)
  })

  it.each(named)('%s takes options that are its own', (_, { options = [], operands = [] }) => {
    const own = options.map(({ flags }) => new Option(flags.replace('...', '')))
    const flags = [...own, ...commonOptions.map(({ flags: each }) => new Option(each))].flatMap(({ short, long }) => [
      short,
      long,
    ])
    const given = flags.filter((each) => each !== undefined)
    expect(given.filter((each, at) => given.indexOf(each) !== at)).toEqual([])
    const attributes = own.map((option) => option.attributeName())
    expect(attributes.filter((each, at) => attributes.indexOf(each) !== at)).toEqual([])
    for (const { flags: text, about, choices, default: fallback } of options) {
      expect(text).toMatch(/^(?:-[A-Za-z], )?--[a-z0-9]+(?:-[a-z0-9]+)*(?: <[^<>]+>)?$/)
      expect(about.trim()).not.toBe('')
      if (choices !== undefined && fallback !== undefined) expect(choices).toContain(fallback)
    }
    // What is optional or takes all that is left stands last.
    for (const [at, { optional, many }] of operands.entries()) {
      if (many === true) expect(at).toBe(operands.length - 1)
      if (optional === true) expect(operands.slice(at).every((each) => each.optional === true)).toBe(true)
    }
  })

  it.each(named)('%s has a help that fits a terminal, and says the exit codes', async (name, spec) => {
    const { stdout, code } = await phi(`help ${name}`)
    expect(code).toBe(0)
    const examples = new Set(spec.examples.map(({ run }) => `  $ ${run}`))
    for (const line of stdout.split('\n')) if (!examples.has(line)) expect(line.length).toBeLessThanOrEqual(80)
    for (const exit of spec.exits) expect(stdout).toMatch(new RegExp(`^ {2}${exitCodes[exit].code} `, 'm'))
    for (const { flags } of spec.options ?? []) expect(stdout).toContain(flags.replace('...', ''))
    // What is said of every option of a kind is said in one way, and once.
    expect(stdout).not.toMatch(/times\.\s+May stand several|Default [^:]/)
    // Narrow and wide screens change where lines break, and nothing else.
    const words = (text: string | undefined) => text?.replace(/\s+/g, ' ').trim()
    for (const columns of [40, 120]) expect(words(helpText(spec.path, paint(false), columns))).toBe(words(stdout))
  })
})

/** What a source imports as it is loaded: types and `import()` are left out. */
async function importsOf(file: URL): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8')
  const clauses = text.matchAll(/^(?:import|export)\s+(?!type\b)([^'"]*?from\s+)?['"]([^'"]+)['"]/gm)
  return [...clauses]
    .filter(([, clause = '']) => !/^\{\s*(?:type\s[^,}]*,?\s*)+\}\s*from/.test(clause))
    .map(([, , from = '']) => from)
}

describe('the start', () => {
  it('loads no package of a command, so that help and completion come at once', async () => {
    const seen = new Map<string, string>()
    const heavy: string[] = []
    const walk = async (file: URL, by: string): Promise<void> => {
      if (seen.has(file.href)) return
      seen.set(file.href, by)
      const here = file.pathname.replace(/^.*\/cli\/src\//, '')
      for (const from of await importsOf(file)) {
        if (from.startsWith('.')) {
          if (from.endsWith('.ts')) await walk(new URL(from, file), here)
        } else if (!['@phi/core', 'zod', 'commander', 'picocolors'].includes(from) && !from.startsWith('node:')) {
          heavy.push(`${here} imports ${from}`)
        }
      }
    }
    await walk(new URL('../main.ts', import.meta.url), '')
    expect(seen.size).toBeGreaterThan(30)
    expect(heavy).toEqual([])
  })
})
