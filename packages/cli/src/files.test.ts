import { Buffer } from 'node:buffer'
import { chmod, mkdir, open, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isPhiError } from '@phi/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { scratch } from '../test/scratch.ts'
import { fileError, MAX_WHOLE_FILE, readJson, readShape, readText, readWhole, streamFile, writeWhole } from './files.ts'
import type { Io } from './io.ts'

const folder = scratch({
  'a.json': '{"a":[{"n":1}]}',
  'bom.json': '\ufeff{"a":1}',
  'cut.json': '{"a":',
  garbage: Uint8Array.from({ length: 64 }, (_, at) => (at * 37 + 128) % 256),
  empty: '',
})

const ioWith = (more: Partial<Io> = {}): Io => {
  const output = { isTerminal: false, columns: 80, write: async () => {} }
  return {
    ...{ stdout: output, stderr: output, stdin: streamOf(), stdinIsTerminal: false, env: {}, cwd: folder.path, clock: () => 0 },
    signal: new AbortController().signal,
    ...more,
  }
}
async function* streamOf(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

/** The code and the detail of what a promise is refused with. */
async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (!isPhiError(error)) throw error
    return `${error.code} ${error.message}`
  }
  return 'not refused'
}
const all = async (stream: AsyncIterable<Uint8Array>) => {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts).toString()
}

describe('reading', () => {
  it('reads files, and standard input for -', async () => {
    expect(await readJson(ioWith(), 'a.json', '--in')).toEqual({ a: [{ n: 1 }] })
    expect(await readJson(ioWith(), join(folder.path, 'bom.json'), '--in')).toEqual({ a: 1 })
    expect(await readText(ioWith({ stdin: streamOf('ä', 'b') }), '-', '--in')).toBe('äb')
    expect(await all(streamFile(ioWith(), 'a.json', '--in'))).toBe('{"a":[{"n":1}]}')
    expect(await all(streamFile(ioWith({ stdin: streamOf('x', 'y') }), '-', '--in'))).toBe('xy')
    expect(await readText(ioWith(), 'empty', '--in')).toBe('')
  })

  it.each([
    ['none.json', 'there is no such file'],
    ['.', 'it is a folder'],
    ['a.json/below', 'a part of the path is no folder'],
    ['loop', 'its links go in a circle'],
    ['a\0b', 'the system gave no known reason'],
  ])('says why it cannot read %j, and not what it is called', async (given, detail) => {
    await symlink('loop', join(folder.path, 'loop')).catch(() => {})
    const said = await refusal(readWhole(ioWith(), given, '--bundle'))
    expect(said).toContain(`PHI_CLI_FILE A file cannot be read or written (at --bundle): ${detail}`)
    expect(said).not.toContain('none.json')
    expect(await refusal(all(streamFile(ioWith(), given, '--bundle')))).toBe(said)
  })

  it('says that permission is missing', async (context) => {
    // Nobody is refused who is root.
    if (process.getuid?.() === 0) context.skip()
    await writeFile(join(folder.path, 'locked'), 'x')
    await chmod(join(folder.path, 'locked'), 0)
    expect(await refusal(readWhole(ioWith(), 'locked', '--in'))).toContain('permission denied')
  })

  it('knows the reasons of the system, also those that cannot be brought about here', () => {
    const error = fileError(Object.assign(new Error('Jane Roe'), { code: 'EACCES' }), '--in')
    expect(error.message).toContain('permission denied')
    expect(JSON.stringify(error)).not.toContain('Jane')
    expect(error.info).toEqual({ system: 'EACCES' })
    expect(fileError(undefined, '--in').message).toContain('no known reason')
  })

  it('refuses what is not text, not JSON, or cut off', async () => {
    expect(await refusal(readText(ioWith(), 'garbage', '--in'))).toContain('PHI_CLI_FILE_CONTENT')
    expect(await refusal(readJson(ioWith(), 'garbage', '--in'))).toContain('it is not text in UTF-8')
    expect(await refusal(readJson(ioWith(), 'cut.json', '--in'))).toContain('it is not JSON')
    expect(await refusal(readJson(ioWith(), 'empty', '--in'))).toContain('it is not JSON')
    expect(await refusal(readJson(ioWith(), '-', '--in'))).toContain('it is not JSON')
  })

  it('names the place in the words of the schema, and no key or value of the file', async () => {
    const schema = z.strictObject({ a: z.record(z.string(), z.strictObject({ n: z.number() })) })
    const io = ioWith({ stdin: streamOf('{"a":{"Jane Roe":{"n":"F41.1"}}}') })
    const said = await refusal(readShape(io, '-', '--in', schema))
    expect(said).toContain('PHI_CLI_FILE_CONTENT')
    expect(said).toContain('(at --in): a.*.n must be of type number')
    expect(said).not.toMatch(/Jane|F41/)
    expect(await readShape(ioWith({ stdin: streamOf('{"a":{"x":{"n":1}}}') }), '-', '--in', schema)).toEqual({
      a: { x: { n: 1 } },
    })
  })

  it('refuses a file that is too large before it reads it', async () => {
    const file = await open(join(folder.path, 'sparse'), 'w')
    await file.truncate(MAX_WHOLE_FILE + 1)
    await file.close()
    expect(await refusal(readWhole(ioWith(), 'sparse', '--in'))).toContain('it is larger than a file of this kind may be')
  })

  it('counts what comes from standard input', async () => {
    const piece = new Uint8Array(MAX_WHOLE_FILE / 4)
    let given = 0
    const endless = (async function* () {
      for (;;) {
        given++
        yield piece
      }
    })()
    expect(await refusal(readWhole(ioWith({ stdin: endless }), '-', '--in'))).toContain('it is larger than')
    expect(given).toBe(5)
  })

  it('reads standard input once: what nobody gives is not an empty file', async () => {
    const io = ioWith({ stdin: streamOf('x') })
    expect(await readText(io, '-', '--old')).toBe('x')
    expect(await refusal(readText(io, '-', '--new'))).toContain('PHI_CLI_USAGE')
    expect(await refusal(all(streamFile({ ...io }, '-', '--new')))).toContain('standard input can be read once')
  })

  it('says that standard input failed, unless it was stopped', async () => {
    const failing = (async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half')
      throw Object.assign(new Error('Jane Roe'), { code: 'EISDIR' })
    })()
    expect(await refusal(readWhole(ioWith({ stdin: failing }), '-', '--in'))).toContain('it is a folder')
    const stopping = (async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half')
      throw new DOMException('stopped', 'AbortError')
    })()
    const stopped = ioWith({ stdin: stopping, signal: AbortSignal.abort() })
    await expect(readWhole(stopped, '-', '--in')).rejects.toThrow('stopped')
    await expect(readWhole(ioWith({ signal: AbortSignal.abort() }), 'a.json', '--in')).rejects.toThrow('abort')
  })
})

describe('writing', () => {
  const at = (name: string) => join(folder.path, name)

  it('writes a file whole, and over none', async () => {
    await writeWhole(ioWith(), 'new', '--out', 'first')
    expect(await readFile(at('new'), 'utf8')).toBe('first')
    expect(await refusal(writeWhole(ioWith(), 'new', '--out', 'second'))).toContain('PHI_CLI_EXISTS')
    expect(await readFile(at('new'), 'utf8')).toBe('first')
    await writeWhole(ioWith(), 'new', '--out', new Uint8Array([52]), { replace: true })
    expect(await readFile(at('new'), 'utf8')).toBe('4')
  })

  it('keeps a secret from others', async () => {
    await writeWhole(ioWith(), 'key', '--out', 's', { secret: true })
    expect((await stat(at('key'))).mode & 0o777).toBe(0o600)
    await writeFile(at('wide'), 'old', { mode: 0o666 })
    await writeWhole(ioWith(), 'wide', '--out', 's', { secret: true, replace: true })
    expect((await stat(at('wide'))).mode & 0o077).toBe(0)
  })

  it('lets one of many at once be the first, and leaves nothing behind', async () => {
    await mkdir(at('race'))
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, each) => writeWhole(ioWith(), 'race/one', '--out', String(each).repeat(10_000))),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await readFile(at('race/one'), 'utf8')).toMatch(/^(\d)\1{9999}$/)
    expect(await readdir(at('race'))).toEqual(['one'])
  })

  it('says why it cannot, and leaves nothing behind', async () => {
    await mkdir(at('full'))
    expect(await refusal(writeWhole(ioWith(), 'none/below', '--out', 'x'))).toContain('there is no such file')
    expect(await refusal(writeWhole(ioWith(), 'a.json/below', '--out', 'x'))).toContain('a part of the path is no folder')
    expect(await refusal(writeWhole(ioWith(), 'full', '--out', 'x', { replace: true }))).toContain('it is a folder')
    expect(await refusal(writeWhole(ioWith(), 'full', '--out', 'x'))).toContain('PHI_CLI_EXISTS')
    expect((await readdir(folder.path)).filter((name) => name.endsWith('.new'))).toEqual([])
  })

  it('takes the place of a link, not of what it leads to', async () => {
    await writeFile(at('target'), 'kept')
    await symlink('target', at('link'))
    await writeWhole(ioWith(), 'link', '--out', 'new', { replace: true })
    expect(await readFile(at('target'), 'utf8')).toBe('kept')
    expect(await readFile(at('link'), 'utf8')).toBe('new')
  })
})
