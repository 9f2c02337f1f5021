import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { asCommonJs, asModule, firstProgram, promisedOutput, short } from '../src/first-program.ts'

const folder = inject('stranger')
const packages = inject('packages')

/** Runs a program in the stranger's project and returns what it prints. */
const node = (file: string, program: string): string => {
  writeFileSync(join(folder, file), program)
  const env = { ...process.env, NODE_OPTIONS: '' }
  return execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] })
}

const modules = packages.flatMap((each) => each.modules)
const data = packages.flatMap((each) => each.data)
const programs = packages.map(({ name, readme }) => ({
  name,
  program: readme === undefined ? undefined : firstProgram(readme),
}))

it('finds packages to use', () => {
  expect(modules).toContain('@phi/core')
})

/** A program that prints the names which each of the modules offers. */
const printNames = (modules: readonly string[], load: string): string =>
  `void (async () => {
    const names = {}
    for (const name of ${JSON.stringify(modules)}) names[name] = Object.keys(${load}).sort()
    console.log(JSON.stringify(names))
  })()`

describe.each(packages)('every entry of $name', ({ modules }) => {
  let imported: Record<string, string[]>
  let required: Record<string, string[]>

  // One process for each of the two builds of a package, since most of an entry's time is what all of them load.
  beforeAll(() => {
    imported = JSON.parse(node('names.mjs', printNames(modules, 'await import(name)')))
    required = JSON.parse(node('names.cjs', printNames(modules, 'require(name)')))
  })

  it.each(modules)('%s offers the same names to import and to require', (name) => {
    expect(imported[name]?.length).toBeGreaterThan(0)
    expect(required[name]).toEqual(imported[name])
  })
})

describe('every entry of plain data', () => {
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
