import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runFirstProgram } from '../../core/test/readme.ts'
import { envelopeErrors } from './errors.ts'
import { fieldTypes } from './field/value.ts'
import { isErased, keyStates } from './keys/key-record.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const readme = await readFile(`${home}README.md`, 'utf8')

const section = (title: string): string => {
  const [, rest = ''] = readme.split(`\n## ${title}\n`)
  expect(rest, `a section "${title}"`).not.toBe('')
  return rest.split('\n## ')[0] as string
}
const rowsOf = (text: string): string[][] =>
  [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => (row as string).split(' | ')).filter(([cell]) => cell !== '---')
const programs = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([block]) => block)
/** What a program says that it prints: the comment after each console.log, without the quotes of a text. */
const promised = (program: string) =>
  [...program.matchAll(/console\.log\(.*\)\s*\/\/ (.*)$/gm)].map(([, value]) => (value as string).replace(/^'(.*)'$/, '$1'))

describe('the programs of the README', () => {
  it('S18 the first one runs as printed', async () => {
    const { stdout, stderr, code } = await runFirstProgram(`${home}README.md`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.trimEnd().split('\n')).toEqual(promised(programs[0] as string))
    expect(stdout).toContain('Patient reports better sleep.')
  })

  it.each(programs.slice(1).map((program, at) => [at + 2, program] as const))(
    'S20 S90 S121 program %i runs as printed',
    async (at, program) => {
      const folder = `${home}.tmp/readme-${process.pid}-${at}`
      await mkdir(folder, { recursive: true })
      try {
        await writeFile(`${folder}/README.md`, program)
        const { stdout, stderr, code } = await runFirstProgram(`${folder}/README.md`)
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        expect(promised(program).length).toBeGreaterThan(0)
        expect(stdout.trimEnd().split('\n')).toEqual(promised(program))
      } finally {
        await rm(folder, { recursive: true })
      }
    },
  )
})

describe('the tables of the README', () => {
  it('name every error, what happened and what to do', () => {
    const entries: [string, { problem: string; remedy: string; retryable?: boolean }][] = Object.entries(envelopeErrors)
    const wanted = entries.map(([code, { problem, remedy, retryable }]) => [
      `\`${code}\`${retryable === true ? ' ↻' : ''}`,
      `${problem}.`,
      remedy,
    ])
    expect(rowsOf(section('Errors')).slice(1)).toEqual(wanted)
  })

  it('name every state of a key, and what it may do', () => {
    const rows = rowsOf(section('How it fits together')).slice(1)
    expect(rows.map(([name]) => name?.replaceAll('`', ''))).toEqual([...keyStates])
    for (const [name, seals, opens] of rows) {
      const state = (name as string).replaceAll('`', '') as (typeof keyStates)[number]
      expect([seals?.trim(), opens?.trim()]).toEqual([
        state === 'active' ? 'yes' : '–',
        ['active', 'retiring'].includes(state) ? 'yes' : '–',
      ])
      if (isErased(state)) expect(opens?.trim()).toBe('–')
    }
  })

  it('name every type of a field', () => {
    const types = rowsOf(section('Fields')).find(([option]) => option === '`type`')?.[1] ?? ''
    expect([...types.matchAll(/`([a-z]+)`/g)].map(([, type]) => type)).toEqual([...fieldTypes])
  })
})
