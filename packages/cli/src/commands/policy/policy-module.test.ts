import { join } from 'node:path'
import { isPhiError } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { clinicText } from '../../../test/clinic.ts'
import { phi } from '../../../test/io.ts'
import { scratch } from '../../../test/scratch.ts'
import type { Io } from '../../io.ts'
import { isModule, policyOfModule } from './policy-module.ts'

const json = clinicText()
const folder = scratch({
  'default.mjs': `export default ${json}`,
  'named.mjs': `export const other = 1\nexport const clinic = ${json}`,
  'several.mjs': `export const one = ${json}\nexport const two = ${json}`,
  'several-default.mjs': `export const one = ${json}\nexport default ${json}`,
  'common.cjs': `module.exports = { clinic: ${json} }`,
  'bare.cjs': `module.exports = ${json}`,
  'none.mjs': 'export const a = 1',
  'throws.mjs': 'throw new Error("Jane Roe")',
  'syntax.mjs': 'export const = "Jane Roe"',
  'imports.mjs': 'import "./not-there-Jane-Roe.mjs"',
  'untyped.mjs': 'export default { format: "phi.policy/v1" }',
})
const at = (line: string) => phi(line, { cwd: folder.path })

const io = (): Io => {
  const output = { isTerminal: false, columns: 80, write: async () => {} }
  const stdin = (async function* () {})()
  return {
    stdout: output,
    stderr: output,
    stdin,
    stdinIsTerminal: false,
    env: {},
    cwd: folder.path,
    clock: () => 0,
    signal: new AbortController().signal,
  }
}

describe('a policy in a module', () => {
  it('is what it exports as a policy', async () => {
    for (const file of ['default.mjs', 'named.mjs', 'common.cjs', 'bare.cjs', 'several-default.mjs']) {
      expect([file, (await at(`policy check ${file}`)).stdout.split('\n')[0]]).toEqual([
        file,
        'clinic 1: 0 errors, 0 warnings, 0 notes.',
      ])
    }
    expect((await at('policy check several.mjs --export two')).code).toBe(0)
    expect((await at('policy diff default.mjs named.mjs')).stdout).toBe('clinic 1 to 1: no cell changed.\n')
  })

  it.each([
    ['several.mjs', 'the module exports several policies: name one with --export'],
    ['none.mjs', 'the module exports no policy'],
    ['named.mjs --export nope', 'the module has no export of that name'],
    ['named.mjs --export toString', 'the module has no export of that name'],
    ['throws.mjs', 'the module could not be loaded'],
    ['syntax.mjs', 'the module could not be loaded'],
    ['imports.mjs', 'something that the module imports is not installed'],
    ['absent.mjs', 'there is no such file'],
  ])('is refused in words of ours: %s', async (file, detail) => {
    const ran = await at(`policy check ${file}`)
    expect(ran).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining(detail) })
    expect(ran.stderr).not.toContain('Jane')
  })

  it('is checked like any other', async () => {
    expect(await at('policy check untyped.mjs')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('The policy is not valid'),
    })
    expect(await at('policy check named.mjs --export other')).toMatchObject({ code: 1 })
  })

  it('says what to do where Node reads no TypeScript', async () => {
    const refuse = async () => {
      throw Object.assign(new TypeError('Unknown file extension ".ts" for /Jane Roe.ts'), {
        code: 'ERR_UNKNOWN_FILE_EXTENSION',
      })
    }
    const error = await policyOfModule(io(), join(folder.path, 'default.mjs'), '<file>', undefined, refuse).catch(
      (each: unknown) => each,
    )
    expect(isPhiError(error, 'PHI_CLI_FILE_CONTENT') && error.message).toContain('take Node 22.18 or later')
    expect(isPhiError(error) && error.message).not.toContain('Jane')
  })

  it('lets the errors of definePolicy pass', async () => {
    const { rbacErrors } = await import('@phi/rbac')
    const { errorsOf } = await import('@phi/core')
    const refuse = async () => {
      throw errorsOf(rbacErrors)('PHI_RBAC_POLICY', { path: 'policy.roles.*' })
    }
    await expect(policyOfModule(io(), 'default.mjs', '<file>', undefined, refuse)).rejects.toMatchObject({
      code: 'PHI_RBAC_POLICY',
    })
  })

  it('is told by its name', () => {
    expect(['a.ts', 'a.mts', 'a.cts', 'a.js', 'a.mjs', 'a.cjs', 'A.TS'].every(isModule)).toBe(true)
    expect(['a.json', 'a', '-', 'a.ts.json', 'tsx', 'a.tsx'].some(isModule)).toBe(false)
  })
})
