import { EventEmitter } from 'node:events'
import { PassThrough, Readable, Writable } from 'node:stream'
import { isPhiError } from '@phi/core'
import { describe, expect, it } from 'vitest'
import { readText } from './files.ts'
import { blocking } from './io.ts'
import { type Host, nodeIo } from './node-io.ts'

/** A process with streams of the test's own. */
function host({ write, stdin, cwd }: { write?: Writable['_write']; stdin?: Readable; cwd?: () => string } = {}) {
  const written: string[] = []
  const output = () =>
    Object.assign(
      new Writable({
        write:
          write ??
          ((chunk, _, done) => {
            written.push(String(chunk))
            done()
          }),
      }),
      { isTTY: true, columns: 0 },
    )
  const emitter = Object.assign(new EventEmitter(), {
    ...{ stdout: output(), stderr: output(), stdin: stdin ?? Readable.from([]), env: { A: 'b' } },
    cwd: cwd ?? (() => '/work'),
  })
  return { emitter, written, io: () => nodeIo(emitter as unknown as Host, false) }
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: unknown) => (isPhiError(error) ? error.code : (error as Error).name),
  )
const failing =
  (code: string): Writable['_write'] =>
  (_chunk, _encoding, done) =>
    done(Object.assign(new Error(code), { code }))

describe('the process', () => {
  it('writes, and knows its columns also where a terminal says that it has none', async () => {
    const { io, written } = host()
    const { stdout, env, cwd, stdinIsTerminal } = io()
    await stdout.write('one')
    await stdout.write(new Uint8Array([50]))
    expect(written).toEqual(['one', '2'])
    expect([stdout.columns, stdout.isTerminal, env.A, cwd, stdinIsTerminal]).toEqual([80, true, 'b', '/work', false])
  })

  it('waits until there is room', async () => {
    let release = () => {}
    const { io } = host({
      write: (_chunk, _encoding, done) => {
        release = done
      },
    })
    let isDone = false
    const writing = io()
      .stdout.write('x')
      .then(() => {
        isDone = true
      })
    await new Promise(setImmediate)
    expect(isDone).toBe(false)
    release()
    await writing
  })

  it('stops where nobody reads any more', async () => {
    const { io } = host({ write: failing('EPIPE') })
    const { stdout, signal } = io()
    expect(await codeOf(stdout.write('x'))).toBe('PHI_CLI_OUTPUT_CLOSED')
    expect(await codeOf(stdout.write('x'))).toBe('PHI_CLI_OUTPUT_CLOSED')
    expect(signal.aborted).toBe(true)
  })

  it('goes on where only nobody reads what it says beside the answer', async () => {
    const { io } = host({ write: failing('EPIPE') })
    const { stderr, signal } = io()
    expect(await codeOf(stderr.write('x'))).toBe('PHI_CLI_OUTPUT_CLOSED')
    expect(signal.aborted).toBe(false)
  })

  it('does not take a full disk for a reader that went away', async () => {
    const { io } = host({ write: failing('ENOSPC') })
    const { stdout, signal } = io()
    expect(await codeOf(stdout.write('x'))).toBe('PHI_CLI_FILE')
    expect(await codeOf(stdout.write('x'))).toBe('PHI_CLI_FILE')
    expect(signal.aborted).toBe(false)
  })

  it('stops at the first Ctrl-C, and leaves the second to the system', () => {
    const { emitter, io } = host()
    const { signal } = io()
    expect([emitter.listenerCount('SIGINT'), emitter.listenerCount('SIGTERM')]).toEqual([1, 1])
    emitter.emit('SIGINT')
    expect(signal.aborted).toBe(true)
    expect([emitter.listenerCount('SIGINT'), emitter.listenerCount('SIGTERM')]).toEqual([0, 0])
  })

  it('leaves Ctrl-C to the system while work does not let the loop turn', () => {
    const { emitter, io } = host()
    const inside = io()
    expect(blocking(inside, () => emitter.listenerCount('SIGINT'))).toBe(0)
    expect(emitter.listenerCount('SIGINT')).toBe(1)
    expect(() =>
      blocking(inside, () => {
        throw new Error('x')
      }),
    ).toThrow('x')
    expect(emitter.listenerCount('SIGINT')).toBe(1)
    emitter.emit('SIGTERM')
    blocking(inside, () => {})
    expect(emitter.listenerCount('SIGINT')).toBe(0)
  })

  it('reads standard input, and takes half of one for none when it is stopped', async () => {
    expect(await readText(host({ stdin: Readable.from([Buffer.from('a'), Buffer.from('b')]) }).io(), '-', '--in')).toBe('ab')
    const stdin = new PassThrough()
    const { emitter, io } = host({ stdin })
    const reading = codeOf(readText(io(), '-', '--in'))
    stdin.write('half')
    await new Promise(setImmediate)
    emitter.emit('SIGINT')
    expect(await reading).toBe('AbortError')
    expect(stdin.destroyed).toBe(true)
  })

  it('says that the folder it runs in is gone', () => {
    const gone = () => {
      throw Object.assign(new Error('uv_cwd'), { code: 'ENOENT' })
    }
    const { emitter, io } = host({ cwd: gone })
    expect(io).toThrow('the folder it runs in')
    expect(emitter.listenerCount('SIGINT')).toBe(0)
  })
})
