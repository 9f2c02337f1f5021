import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { describePrograms, describeTables, named, readDocument, rowsOf, sectionOf } from '../../core/test/documents.ts'
import { shown } from '../../core/test/shown-blocks.ts'
import { wordsOf } from '../test/guides/sessions.ts'
import { readCommandLine } from './command-line.ts'
import { configSchema } from './config.ts'
import { exitCodes } from './exit-codes.ts'
import { environment, usageOf } from './help/words.ts'
import * as root from './index.ts'
import { kmsConfigSchema } from './kms/config.ts'
import { allCommands, nameOf } from './specs.ts'

const readme = await readDocument('packages/cli/README.md')
const keysGuide = await readDocument('docs/phi-keys.md')

await describePrograms('cli', ['packages/cli/README.md'])
describeTables(readme, { '@phi/cli': root }, [root.cliErrors])

/** As much of JSON Schema as the configuration has. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly anyOf?: readonly Schema[]
  readonly const?: unknown
}
const schemaOf = (schema: z.ZodType): Schema => z.toJSONSchema(schema, { io: 'input' }) as Schema
const membersOf = ({ properties = {}, anyOf = [] }: Schema): readonly (readonly [string, Schema])[] => [
  ...Object.entries(properties),
  ...anyOf.flatMap(membersOf),
]

describe('the tables of the README, beside errors and exports', () => {
  const commandRows = rowsOf(sectionOf(readme, 'Commands')).slice(1)

  it('name every command, its operands and its exit codes', () => {
    const wanted = allCommands.map((spec) => {
      const usage = usageOf(spec).replace(/( --\S+( <[^>]+>)?)* \[options\]$/, '')
      return [usage, spec.exits.map((name) => exitCodes[name].code)]
    })
    const said = commandRows.map(([command, , codes]) => [
      named(command)[0],
      codes?.split('; ').map((part) => Number(/^\d+/.exec(part)?.[0])),
    ])
    expect(said).toEqual(wanted)
  })

  it('say SARIF where there is SARIF', () => {
    const said = commandRows.filter(([, answer]) => answer?.endsWith('SARIF')).map(([command]) => named(command)[0])
    const wanted = allCommands.filter(({ sarif }) => sarif === true).map(({ path }) => `phi ${path.join(' ')}`)
    expect(said.map((usage) => usage?.replace(/ [<[].*$/, ''))).toEqual(wanted)
  })

  it('name every exit code', () => {
    const wanted = Object.entries(exitCodes).map(([name, { code, meaning }]) => [String(code), `\`${name}\``, meaning])
    expect(rowsOf(sectionOf(readme, 'Exit codes')).slice(1)).toEqual(wanted)
  })

  it('name every member of the configuration', () => {
    const nested = new Set(['database', 'audit', 'envelope', 'doctor'])
    const wanted = membersOf(schemaOf(configSchema)).flatMap(([name, schema]) =>
      nested.has(name) ? membersOf(schema).map(([inner]) => `${name}.${inner}`) : [name],
    )
    const said = rowsOf(sectionOf(readme, 'Configuration'))
      .slice(1)
      .flatMap(([cell]) => named(cell))
    expect(said).toEqual(wanted)
  })

  it('name every kind of KMS, with its members', () => {
    const wanted = (schemaOf(kmsConfigSchema).anyOf ?? []).map((kms) => {
      const [[, kind], ...members] = membersOf(kms) as [readonly [string, Schema], ...(readonly [string, Schema])[]]
      return [kind.const, members.map(([name]) => name).sort()]
    })
    const said = rowsOf(sectionOf(keysGuide, 'The key-encryption key'))
      .filter(([cell]) => cell?.startsWith('`kms`'))
      .map(([cell]) => {
        const [, kind = '', ...members] = named(cell)
        return [(JSON.parse(`{${kind}}`) as { kind: string }).kind, members.sort()]
      })
    expect(said).toEqual(wanted)
  })

  it('name every variable of the environment', () => {
    const said = rowsOf(sectionOf(readme, 'Environment')).slice(1)
    expect(said).toEqual(environment.map(([name, about]) => [`\`${name}\``, about]))
  })
})

describe('the workflow of the README', () => {
  it('is YAML, and its commands are ones that the program takes', () => {
    const [, text = ''] = /^```yaml\n(.*?)^```$/ms.exec(readme) ?? []
    const { jobs } = parse(text) as { jobs: { policy: { steps: { run?: string }[] } } }
    const lines = jobs.policy.steps.flatMap(({ run = '' }) => (run.startsWith('npx phi ') ? [run] : []))
    expect(lines.length).toBeGreaterThan(2)
    for (const line of lines) {
      const asked = readCommandLine(wordsOf(line.replace(/ > .*$/, '')).slice(2))
      expect(asked.kind === 'help' || asked.kind === 'version' ? line : nameOf(asked.spec)).not.toBe(line)
    }
    shown(text)
  })
})
