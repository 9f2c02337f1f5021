import { isPhiError } from '@phi/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCommandLine, wishedFormat } from './command-line.ts'
import { allCommands } from './specs.ts'

const SECRET = 'Zq7-F41.1'
const flags = allCommands.flatMap(({ options = [] }) => options.map(({ flags: each }) => each.split(/[ ,]/)[0] as string))

describe('reading a command line', () => {
  it('never throws anything but a usage error, and never repeats a value', () => {
    const word = fc.oneof(
      fc.constantFrom(...allCommands.flatMap(({ path }) => path), 'help', '--', '-', ''),
      fc.constantFrom(...new Set(flags), '--json', '--format', '--config', '--no-color', '--help', '-h', '--version'),
      fc.constantFrom(SECRET, `--${SECRET}`, `-${SECRET}`, `--format=${SECRET}`, `--config=${SECRET}`, `--token=${SECRET}`),
      fc.string({ maxLength: 6 }),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 7 }), (argv) => {
        wishedFormat(argv)
        try {
          expect(['run', 'help', 'version']).toContain(readCommandLine(argv).kind)
        } catch (error) {
          if (!isPhiError(error, 'PHI_CLI_USAGE')) throw error
          expect(JSON.stringify(error)).not.toContain('F41')
        }
      }),
      { numRuns: process.env.PHI_LONG === '1' ? 50_000 : 300 },
    )
  })

  it('reads the same words the same way every time', () => {
    const once = () => {
      const asked = readCommandLine(['policy', 'who-can', 'read', 'Note', '--only', 'a', '--only', 'b'])
      return asked.kind === 'run' ? [asked.input.operands, asked.input.all('only'), asked.format] : undefined
    }
    expect(once()).toEqual([['read', 'Note'], ['a', 'b'], 'text'])
    expect(once()).toEqual(once())
  })

  it('finds the longest name, so that an operand can be called like a group', () => {
    const asked = readCommandLine(['policy', 'check', 'policy'])
    expect(asked).toMatchObject({ kind: 'run', spec: { path: ['policy', 'check'] }, input: { operands: ['policy'] } })
  })
})
