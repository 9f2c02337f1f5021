import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { asCommonJs, asModule, firstProgram, promisedOutput } from '../src/first-program.ts'
import { installPacked } from '../src/install.ts'

const tarballs = process.env.PHI_PACKED
if (tarballs === undefined) throw new Error('there are no packed packages: start this with npm run check:packages')

const { folder, packages } = installPacked(tarballs)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a program in the stranger's project and returns what it prints. */
const node = (file: string, program: string): string => {
  writeFileSync(join(folder, file), program)
  const env = { ...process.env, NODE_OPTIONS: '' }
  return execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] })
}

const short = (name: string): string => name.replace(/[^a-z0-9]+/g, '-').replace(/^-/, '')

const modules = packages.flatMap((each) => each.modules)
const data = packages.flatMap((each) => each.data)
const programs = packages.map(({ name, readme }) => ({
  name,
  program: readme === undefined ? undefined : firstProgram(readme),
}))

it('finds packages to use', () => {
  expect(modules).toContain('@phi/core')
})

describe('every entry', () => {
  it.each(modules)('%s offers the same names to import and to require', (name) => {
    const imported = node('names.mjs', `import * as all from '${name}'; console.log(JSON.stringify(Object.keys(all).sort()))`)
    const required = node('names.cjs', `console.log(JSON.stringify(Object.keys(require('${name}')).sort()))`)
    expect(JSON.parse(imported)).not.toEqual([])
    expect(JSON.parse(required)).toEqual(JSON.parse(imported))
  })

  it.each(data)('%s can be read', (name) => {
    expect(node('data.cjs', `console.log(typeof require('${name}'))`)).toBe('object\n')
  })
})

it('recognises an error of the CommonJS build in a program that uses the ES modules', () => {
  const program = `
    import { createRequire } from 'node:module'
    import { isPhiError } from '@phi/core'
    const other = createRequire(import.meta.url)('@phi/core')
    const error = new other.PhiError('PHI_CORE_X', { problem: 'a', remedy: 'b' })
    console.log(other.isPhiError !== isPhiError, isPhiError(error))`
  expect(node('both.mjs', program)).toBe('true true\n')
})

describe.each(programs)('the first program of $name', ({ name, program }) => {
  it.each([
    ['an ES module', 'mjs', asModule],
    ['CommonJS', 'cjs', asCommonJs],
  ] as const)('runs as printed, as %s', (_, extension, compile) => {
    expect(program, `${name} has a README whose first program imports it`).toBeDefined()
    const output = node(`${short(name)}-first.${extension}`, compile(program ?? ''))
    expect(output.trim().split('\n')).toEqual(expect.arrayContaining(promisedOutput(program ?? '')))
  })
})

describe('the packed declarations', () => {
  const { Node16, NodeNext, Bundler } = ts.ModuleResolutionKind

  it.each([
    ['node16', ts.ModuleKind.Node16, Node16, ['mts', 'cts']],
    ['nodenext', ts.ModuleKind.NodeNext, NodeNext, ['mts', 'cts']],
    ['bundler', ts.ModuleKind.ESNext, Bundler, ['ts']],
  ] as const)('hold under %s resolution', (resolution, module, moduleResolution, extensions) => {
    const everything = modules.map((name, index) => `import * as entry${index} from '${name}'\nvoid entry${index}`).join('\n')
    const files = extensions.map((extension) => [`${resolution}.${extension}`, everything] as const)
    // Top-level await has no CommonJS form, so the first programs are checked as modules.
    const first = programs.map(({ name, program }) => [`${resolution}-${short(name)}.${extensions[0]}`, program ?? ''] as const)
    for (const [file, text] of [...files, ...first]) writeFileSync(join(folder, file), `${text}\nexport {}\n`)

    const program = ts.createProgram(
      [...files, ...first].map(([file]) => join(folder, file)),
      {
        module,
        moduleResolution,
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2023.d.ts'],
        types: ['node'],
        strict: true,
        noEmit: true,
      },
    )
    // Library checks are on, for our own libraries: what lies in this folder and is no link to somewhere else.
    const ours = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(folder))
    expect(ours.length).toBeGreaterThan(files.length + first.length)
    const problems = [
      ...program.getOptionsDiagnostics(),
      ...program.getGlobalDiagnostics(),
      ...ours.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
    ].map(({ file, messageText }) => {
      return `${file?.fileName.slice(folder.length)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
    expect(problems).toEqual([])
  })
})
