import { describe, expect, it } from 'vitest'
import type { Io } from './io.ts'
import { endProgress, progress } from './progress.ts'

function screen(columns: number, { isTerminal = true, fails = false } = {}) {
  const drawn: string[] = []
  let now = 0
  const write = async (text: string | Uint8Array) => {
    drawn.push(String(text))
    if (fails) throw new Error('gone')
  }
  const output = { isTerminal, columns, write }
  const io: Io = {
    ...{
      stdout: output,
      stderr: output,
      stdin: (async function* () {})(),
      stdinIsTerminal: false,
      env: { NO_COLOR: '1' },
      cwd: '/',
    },
    clock: () => now,
    signal: new AbortController().signal,
  }
  const pass = (milliseconds: number) => {
    now += milliseconds
  }
  return { io, drawn, pass }
}
const lineOf = (drawn: string) => drawn.replace('\r\u001b[2K', '')

describe('progress', () => {
  it('shows how far it is, and how long it takes, and is gone at the end', async () => {
    const { io, drawn, pass } = screen(80)
    const bar = progress(io, 'entries verified')
    bar.at(0, 1_000_000)
    pass(5_000)
    bar.at(250_000, 1_000_000)
    await bar.end()
    expect(drawn.map(lineOf)).toEqual([
      '░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 0 of 1,000,000 entries verified',
      '████████░░░░░░░░░░░░░░░░░░░░░░ 250,000 of 1,000,000 entries verified  15 s left',
      '',
    ])
  })

  it('is drawn at once, as in synchronous work nothing else happens', () => {
    const { io, drawn } = screen(80)
    progress(io, 'x').at(1)
    expect(drawn).toHaveLength(1)
  })

  it('draws ten times a second at most', () => {
    const { io, drawn, pass } = screen(80)
    const bar = progress(io, 'x')
    for (let at = 0; at < 1_000; at++) {
      bar.at(at)
      pass(1)
    }
    expect(drawn).toHaveLength(10)
  })

  it.each([20, 30, 40, 60, 80, 200])('never takes more than the %i columns there are', (columns) => {
    const { io, drawn, pass } = screen(columns)
    const bar = progress(io, 'entries verified')
    for (const [done, total] of [
      [1, 9],
      [123_456, 1_234_567],
      [5, 0],
      [7, undefined],
      [9, 3],
      [1e9, 1e12],
    ] as const) {
      pass(60_000)
      bar.at(done, total)
    }
    expect(drawn).toHaveLength(6)
    for (const each of drawn) expect([...lineOf(each)].length).toBeLessThan(columns)
  })

  it('shows nothing where nobody looks, and stops nothing where the screen is gone', async () => {
    const quiet = screen(80, { isTerminal: false })
    const none = progress(quiet.io, 'x')
    none.at(1)
    await none.end()
    await endProgress(quiet.io)
    expect(quiet.drawn).toEqual([])
    const gone = screen(80, { fails: true })
    const bar = progress(gone.io, 'x')
    bar.at(1)
    await bar.end()
    expect(gone.drawn).toHaveLength(2)
  })
})
