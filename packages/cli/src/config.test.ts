import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isPhiError } from '@phi/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { scratch } from '../test/scratch.ts'
import { readConfig, secretOf } from './config.ts'
import { databaseTarget } from './database.ts'
import { Input } from './input.ts'
import type { Io } from './io.ts'

const folder = scratch({
  'other.json': '{"tenant":"other"}',
  'wrong.json': '{"audit":{"origin":"x","Jane Roe":1}}',
  'cut.json': '{',
})

const ioAt = (cwd: string, env: Io['env'] = {}): Io => {
  const output = { isTerminal: false, columns: 80, write: async () => {} }
  const stdin = (async function* () {})()
  return {
    stdout: output,
    stderr: output,
    stdin,
    stdinIsTerminal: false,
    env,
    cwd,
    clock: () => 0,
    signal: new AbortController().signal,
  }
}
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'not refused',
    (error: unknown) => (isPhiError(error) ? `${error.code} ${error.message}` : 'no PhiError'),
  )

describe('configuration', () => {
  beforeAll(async () => {
    await mkdir(join(folder.path, 'service', 'deep', 'deeper'), { recursive: true })
    await writeFile(join(folder.path, 'service', 'phi.config.json'), '{"tenant":"clinic","policy":"policy.json"}')
  })

  it('is the nearest upwards, and its paths are read from its own folder', async () => {
    const expected = { config: { tenant: 'clinic', policy: 'policy.json' }, home: join(folder.path, 'service') }
    expect(await readConfig(ioAt(join(folder.path, 'service')), undefined)).toEqual({ ...expected, file: 'phi.config.json' })
    expect(await readConfig(ioAt(join(folder.path, 'service', 'deep', 'deeper')), undefined)).toEqual({
      ...expected,
      file: '../../phi.config.json',
    })
  })

  it('is the one that is named, whatever lies nearer', async () => {
    expect(await readConfig(ioAt(join(folder.path, 'service')), '../other.json')).toEqual({
      config: { tenant: 'other' },
      home: folder.path,
      file: '../other.json',
    })
    expect(await refusal(readConfig(ioAt(folder.path), 'none.json'))).toContain('PHI_CLI_FILE ')
    expect(await refusal(readConfig(ioAt(folder.path), ''))).toContain('it is a folder')
  })

  it('is empty where there is none', async () => {
    expect(await readConfig(ioAt(folder.path), undefined)).toEqual({ config: {}, home: folder.path })
    expect(await readConfig(ioAt(join(folder.path, 'not-there')), undefined)).toMatchObject({ config: {} })
  })

  it('is not empty where it cannot be read', async () => {
    await mkdir(join(folder.path, 'loop'))
    await symlink('phi.config.json', join(folder.path, 'loop', 'phi.config.json'))
    expect(await refusal(readConfig(ioAt(join(folder.path, 'loop')), undefined))).toContain('its links go in a circle')
    await mkdir(join(folder.path, 'odd', 'phi.config.json'), { recursive: true })
    expect(await refusal(readConfig(ioAt(join(folder.path, 'odd')), undefined))).toContain('it is a folder')
  })

  it('refuses what it does not know, and quotes none of it', async () => {
    const said = await refusal(readConfig(ioAt(folder.path), 'wrong.json'))
    expect(said).toContain('PHI_CLI_CONFIG')
    expect(said).toContain('(at audit)')
    expect(said).not.toContain('Jane')
    expect(await refusal(readConfig(ioAt(folder.path), 'cut.json'))).toContain('it is not JSON')
  })

  it('names variables, and takes no empty one for a secret', () => {
    expect(secretOf(ioAt('/', { KEY: 'k' }), 'KEY', 'audit.signerFrom')).toBe('k')
    for (const env of [{}, { KEY: '' }])
      expect(() => secretOf(ioAt('/', env), 'KEY', 'audit.signerFrom')).toThrow('audit.signerFrom')
  })

  it('that names a variable which is not set does not send anybody to look for another one', async () => {
    const target = (options: object, config: object) => async () =>
      databaseTarget(ioAt(folder.path), new Input([], options as never), { config, home: folder.path })
    const named = await refusal(target({}, { database: { urlFrom: 'CLINIC_URL' } })())
    expect([named.includes('database.urlFrom'), named.includes('DATABASE_URL')]).toEqual([true, false])
    expect(await refusal(target({ databaseFrom: 'CLINIC_URL' }, {})())).toContain('--database-from')
    expect(await refusal(target({}, {})())).toContain('no database is named, and DATABASE_URL is not set')
  })
})
