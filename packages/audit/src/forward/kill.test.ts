import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Runnable, runnable } from '../../../core/test/run-program.ts'
import { webServer } from '../../test/forward/servers.ts'
import { folders, logOf, origin, recordsOf } from '../../test/forward/world.ts'
import { fileCursors } from './index.ts'

const temporary = folders()
let sender: Runnable
beforeAll(async () => {
  sender = await runnable(new URL('../../test/forward/sender.ts', import.meta.url))
})
afterAll(async () => {
  temporary.clear()
  await sender.remove()
})
const KILLS = process.env.PHI_LONG === '1' ? 200 : 6
const PER_RUN = 60

/** Mulberry32: the same kills for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('S50 S125 a real forwarder that is killed while it sends', () => {
  it('the receiver has every record, and each process goes on where the receiver had acknowledged', async () => {
    const size = (KILLS + 1) * PER_RUN
    const directory = temporary.make()
    const file = join(directory, 'records.json')
    writeFileSync(file, JSON.stringify(await recordsOf(await logOf(size))))
    const cursors = join(directory, 'cursors')
    const seed = Date.now() % 1_000_000
    const random = randomOf(seed)

    const got: number[] = []
    let acknowledged = 0
    /** What each process sent, batch by batch. */
    const runs: number[][][] = []
    let child: ChildProcess
    let requests = 0
    let killAt = Number.POSITIVE_INFINITY
    const server = await webServer((seen, response) => {
      const indices = (JSON.parse(seen.body.toString()) as { index: number }[]).map(({ index }) => index)
      runs.at(-1)?.push(indices)
      if (++requests !== killAt) {
        got.push(...indices)
        acknowledged = Math.max(acknowledged, (indices.at(-1) ?? 0) + 1)
        response.end()
        return
      }
      const when = random()
      // Before the receiver keeps it; after, without an answer; or somewhere behind the answer.
      if (when > 0.25) got.push(...indices)
      if (when > 0.5) {
        response.end()
        const delay = Math.floor(random() * 4)
        if (delay === 0) child.kill('SIGKILL')
        else setTimeout(() => child.kill('SIGKILL'), delay)
      } else child.kill('SIGKILL')
    })

    const spawned = () => {
      const started = spawn(process.execPath, [...sender.argv, file, cursors, server.url], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '', VITEST: '' },
      })
      return { started, ready: once(started.stdout, 'data') }
    }
    // Starting takes longer than sending: the next ones start meanwhile.
    const waiting = [spawned(), spawned(), spawned()]
    let kills = 0
    for (let i = 0; i <= KILLS; i++) {
      const { started, ready } = waiting.shift() as ReturnType<typeof spawned>
      if (i + 3 <= KILLS) waiting.push(spawned())
      await ready
      child = started
      runs.push([])
      requests = 0
      killAt = i === KILLS ? Number.POSITIVE_INFINITY : 1 + Math.floor(random() * 6)
      const ended = once(started, 'close')
      started.stdin.write('go\n')
      const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null]
      if (signal === 'SIGKILL') kills++
      else expect([seed, i, code]).toEqual([seed, i, 0])
    }
    for (const { started } of waiting) started.kill('SIGKILL')
    await server.close()

    const all = Array.from({ length: size }, (_, i) => i)
    expect([seed, [...new Set(got)].sort((a, b) => a - b)]).toEqual([seed, all])
    expect(acknowledged).toBe(size)
    let before = 0
    for (const run of runs) {
      const sent = run.flat()
      // In order, without a gap, and never beyond what was sent before.
      expect(sent).toEqual(sent.map((_, i) => (sent[0] as number) + i))
      expect(sent[0] ?? 0).toBeLessThanOrEqual(before)
      before = Math.max(before, (sent.at(-1) ?? -1) + 1)
    }
    const cursor = await fileCursors(cursors).read({ forwarder: 'siem', tenant: 'default', origin })
    expect(cursor).toMatchObject({ next: size })
    // Sent again is at most the batch that was under way.
    expect(got.length - size).toBeLessThanOrEqual(kills * 7)
    expect(kills).toBeGreaterThan(0)
    console.log(`forward kill -9: seed ${seed}, ${kills} kills, ${size} records, 0 lost, ${got.length - size} sent again`)
  }, 900_000)
})
