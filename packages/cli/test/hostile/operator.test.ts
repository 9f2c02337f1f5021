import { generateKeyPairSync } from 'node:crypto'
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { lockFolder } from '../../src/folder-lock.ts'
import type { Io } from '../../src/io.ts'
import { withPlaces } from '../../src/places.ts'
import { privateJwk } from '../../src/private-jwk.ts'
import { sarifLog } from '../../src/sarif.ts'
import { phi } from '../io.ts'
import { scratch } from '../scratch.ts'

const folder = scratch()
const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code?: unknown }) => error.code,
  )
const ioAt = (cwd: string, user?: number): Io => {
  const output = { isTerminal: false, columns: 80, write: async () => {} }
  return {
    stdout: output,
    stderr: output,
    stdin: (async function* () {})(),
    stdinIsTerminal: false,
    env: {},
    cwd,
    clock: () => 0,
    signal: new AbortController().signal,
    ...(user === undefined ? {} : { user }),
  }
}

describe('a variable of a shell script that was not set', () => {
  it.each([
    [['migrate', '--embedded', ''], 'the option --embedded needs a value'],
    [['audit', 'verify', ''], 'the operand <source> is empty'],
    [['audit', 'verify', 'x', '--trusted='], 'the option --trusted needs a value'],
    [['deadlines', 'due', 'a.json', ''], 'the operand <file> is empty'],
  ])('%j is a usage error', async (line, detail) => {
    const { code: exit, stderr, stdout } = await phi(line, { cwd: folder.path })
    expect([exit, stdout]).toEqual([2, ''])
    expect(stderr).toContain(detail)
  })
})

describe('options that another one makes idle', () => {
  it.each([
    ['keys rotate --kek --all', '--all'],
    ['keys rotate --kek --due', '--due'],
    ['keys rotate --kek --purpose file', '--purpose'],
    ['audit tail x.jsonl --tenant clinic', '--tenant'],
    ['audit tail --alerts-only', '--alerts-only'],
  ])('phi %s is a usage error', async (line, option) => {
    const { code: exit, stderr } = await phi(line, { cwd: folder.path })
    expect(exit).toBe(2)
    expect(stderr).toContain(option)
  })
})

describe('a configuration that nobody named', () => {
  it('is not taken from somebody else, nor from a file that all can write, unless it is named', async () => {
    const home = join(folder.path, 'shared', 'deep')
    await mkdir(home, { recursive: true })
    const file = join(folder.path, 'shared', 'phi.config.json')
    await writeFile(file, '{"tenant":"clinic"}')
    const { uid } = await stat(file)
    expect((await readConfig(ioAt(home, uid), undefined)).file).toBe('../phi.config.json')
    await chmod(file, 0o666)
    expect(await code(readConfig(ioAt(home, uid), undefined))).toBe('PHI_CLI_CONFIG')
    expect((await readConfig(ioAt(home, uid), file)).config.tenant).toBe('clinic')
    // Systems without users by number say nothing of who wrote it.
    expect((await readConfig(ioAt(home), undefined)).config.tenant).toBe('clinic')
    await chmod(file, 0o644)
    if (uid === 0) await chown(file, 12_345, 12_345)
    expect(await code(readConfig(ioAt(home, uid === 0 ? 0 : uid + 1), undefined))).toBe('PHI_CLI_CONFIG')
  })
})

describe('an embedded database', () => {
  it('has one process at a time; what a process left that runs no more is taken over', async () => {
    const data = join(folder.path, 'data')
    await mkdir(data)
    const free = await lockFolder(data, '--embedded')
    expect(await code(lockFolder(data, '--embedded'))).toBe('PHI_CLI_CONNECT')
    await free()
    const lock = join(folder.path, '.data.phi-lock')
    // Process numbers end far below.
    await writeFile(lock, `4194304999 ${hostname()}\n`)
    await (await lockFolder(data, '--embedded'))()
    await writeFile(lock, '1 another-machine\n')
    expect(await code(lockFolder(data, '--embedded'))).toBe('PHI_CLI_CONNECT')
    await writeFile(lock, 'not a lock')
    expect(await code(lockFolder(data, '--embedded'))).toBe('PHI_CLI_CONNECT')
    expect((await readdir(folder.path)).filter((name) => name.startsWith('.data'))).toEqual(['.data.phi-lock'])
  })

  it('is not made in a folder where other things stand', async () => {
    const home = join(folder.path, 'project')
    await mkdir(home)
    await writeFile(join(home, 'notes.txt'), 'mine')
    const { code: exit, stderr } = await phi('migrate --embedded .', { cwd: home })
    expect([exit, stderr.includes('the folder holds other things')]).toEqual([4, true])
    expect(await readdir(home)).toEqual(['notes.txt'])
  })
})

describe('files that are written after something that cannot be undone', () => {
  it('have their places before it', async () => {
    const io = ioAt(folder.path)
    let isDone = false
    const work = async () => {
      isDone = true
    }
    const places = (...files: readonly string[]) => files.map((file) => ({ file, option: '--certificate' }))
    expect(await code(withPlaces(io, places('nowhere/certificate.jws'), work))).toBe('PHI_CLI_FILE')
    expect(await code(withPlaces(io, places('c.jws', './c.jws'), work))).toBe('PHI_CLI_USAGE')
    expect(await code(withPlaces(io, places('-'), work))).toBe('PHI_CLI_USAGE')
    await writeFile(join(folder.path, 'kept.jws'), 'kept')
    expect(await code(withPlaces(io, places('first.jws', 'kept.jws'), work))).toBe('PHI_CLI_EXISTS')
    expect(isDone).toBe(false)
    expect(await readFile(join(folder.path, 'kept.jws'), 'utf8')).toBe('kept')
    expect(await code(withPlaces(io, places('first.jws'), work))).toBe('done')
    expect((await readdir(folder.path)).filter((name) => name.endsWith('.jws'))).toEqual(['kept.jws'])
  })
})

it('signs with the key that phi init prints, in base64 or as JSON, and with no other text', () => {
  const jwk = { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid: 'k1' }
  const text = JSON.stringify(jwk)
  expect(privateJwk(text)).toEqual(privateJwk(Buffer.from(text).toString('base64')))
  expect(privateJwk(text)).toMatchObject({ alg: 'EdDSA', kid: 'k1' })
  for (const wrong of ['', '{', 'null', '[]', '{"kty":"OKP"}', text.replace('"d"', '"e"')])
    expect(privateJwk(wrong)).toBeUndefined()
})

it('gives every finding a place: code scanning refuses a file in which one has none', () => {
  const { runs } = sarifLog('0.0.0', {
    rules: [],
    results: [
      { rule: 'a', level: 'error', message: 'in a database' },
      { rule: 'a', level: 'error', message: 'in a file', file: 'log.jsonl' },
    ],
  }) as { runs: { results: { locations: { physicalLocation: unknown }[] }[] }[] }
  expect(runs[0]?.results.map(({ locations }) => locations)).toEqual([
    [{ physicalLocation: { artifactLocation: { uri: 'phi.config.json' }, region: { startLine: 1 } } }],
    [{ physicalLocation: { artifactLocation: { uri: 'log.jsonl' }, region: { startLine: 1 } } }],
  ])
})

it('says what failed where somebody pressed Ctrl-C meanwhile', async () => {
  const stop = new AbortController()
  const stdin = (async function* () {
    stop.abort()
    yield Buffer.from('no json')
  })()
  const { code: exit, stderr } = await phi('policy check -', { cwd: folder.path, stdin, signal: stop.signal })
  expect([exit, stderr.includes('phi: stopped.'), stderr.includes('PHI_CLI_FILE_CONTENT')]).toEqual([130, true, true])
})

it('counts no record at all as not known', async () => {
  await writeFile(join(folder.path, 'none.jsonl'), '')
  await writeFile(
    join(folder.path, 'schedule.json'),
    JSON.stringify({ id: 'clinic/kept', law: (await import('@phi/retention')).usRetention.id }),
  )
  const line = 'retention plan none.jsonl --schedule schedule.json --at 2026-12-01 --planned-by Records --out plan.json'
  const { code: exit, stdout } = await phi(line, { cwd: folder.path })
  expect([exit, stdout.split('\n')[0]]).toEqual([3, 'There was no record to look at.'])
  expect((await stat(join(folder.path, 'plan.json'))).mode & 0o777).toBe(0o600)
})
