import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Runnable, runnable } from '../../core/test/run-program.ts'
import { clinicText } from '../test/clinic.ts'
import { scratch } from '../test/scratch.ts'

const isLong = process.env.PHI_LONG === '1'
const folder = scratch({
  'clinic.json': clinicText(),
  'policy.ts': `const policy: unknown = ${clinicText()}\nexport default policy`,
})

describe('the program', () => {
  let program: Runnable
  let waiting: Runnable
  beforeAll(async () => {
    program = await runnable(new URL('./main.ts', import.meta.url))
    waiting = await runnable(new URL('../test/waiting-program.ts', import.meta.url))
  })
  afterAll(() => Promise.all([program.remove(), waiting.remove()]))

  const started = (args: readonly string[], { argv } = program): ChildProcess =>
    spawn(process.execPath, [...argv, ...args], { cwd: folder.path, env: { PATH: process.env.PATH } })

  /** What a process says, and how it ends: its exit code, or the signal that ended it. */
  async function ended(child: ChildProcess): Promise<{ end: number | string | null; out: string; err: string }> {
    const said = { out: '', err: '' }
    child.stdout?.on('data', (part) => {
      said.out += part
    })
    child.stderr?.on('data', (part) => {
      said.err += part
    })
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    return { end: code ?? signal, ...said }
  }

  it('ends with the exit code of the answer, and reads standard input only where it is asked to', async () => {
    // Its standard input stays open all the while.
    expect(await ended(started(['policy', 'check', 'clinic.json']))).toEqual({
      end: 0,
      out: 'clinic 1: 0 errors, 0 warnings, 0 notes.\n',
      err: '',
    })
  })

  it('ends quietly when nobody reads any more', async () => {
    const said: string[] = []
    const left = async (child: ChildProcess) => {
      child.stderr?.on('data', (part) => said.push(String(part)))
      child.stdout?.once('data', () => child.stdout?.destroy())
      return (await once(child, 'exit'))[0]
    }
    expect(await left(started(['flood'], waiting))).toBe(130)
    if (isLong) {
      const child = started(['completion', 'zsh'])
      child.stdout?.destroy()
      expect(await left(child)).toBe(130)
    }
    expect(said).toEqual([])
  })

  it.each([
    ['waits for standard input, which ends with an error', 'input', 130],
    ['works without letting the loop turn, which the system ends', 'busy', 'SIGINT'],
  ])('is stopped by Ctrl-C while it %s', async (_, what, wanted) => {
    const child = started([what], waiting)
    await once(child.stdout as NodeJS.EventEmitter, 'data')
    const done = ended(child)
    child.stdin?.write('half')
    child.kill('SIGINT')
    // The first can come before the work has begun, and then is only the first.
    const again = what === 'busy' ? setInterval(() => child.kill('SIGINT'), 50) : undefined
    const { end } = await done
    clearInterval(again)
    expect(end).toBe(wanted)
  })

  it.runIf(isLong && process.platform !== 'win32')('says that the folder it runs in is gone', async () => {
    const gone = join(folder.path, 'gone')
    await mkdir(gone)
    const shell = spawn('sh', ['-c', 'rmdir "$PWD"; exec "$@"', 'sh', process.execPath, ...program.argv, '--version'], {
      cwd: gone,
    })
    const { end, err } = await ended(shell)
    expect([end, err]).toEqual([4, expect.stringContaining('PHI_CLI_FILE')])
    await rm(gone, { recursive: true, force: true })
  })

  it.runIf(isLong)('reads a policy in TypeScript where Node does, and says what to do where it does not', async () => {
    const { end, err, out } = await ended(started(['policy', 'check', 'policy.ts']))
    if ((process.features as { readonly typescript?: unknown }).typescript)
      expect([end, out]).toEqual([0, 'clinic 1: 0 errors, 0 warnings, 0 notes.\n'])
    else expect([end, err]).toEqual([4, expect.stringContaining('take Node 22.18 or later')])
  })
})
