import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, toBase64 } from '@phi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Runnable, runnable } from '../../../../core/test/run-program.ts'
import { cosignerOf, Leaves, numbered, origin } from '../../../test/witness/world.ts'
import { cosignaturesOf, parseNote } from '../../note/index.ts'
import { cosign, type WitnessFetch } from '../index.ts'
import { fileWitnessStore } from './index.ts'

const directory = mkdtempSync(join(tmpdir(), 'phi-witness-kill-'))
const children = new Set<ChildProcess>()
let program: Runnable
beforeAll(async () => {
  program = await runnable(new URL('../../../test/witness/server.ts', import.meta.url))
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
  await program.remove()
})
const ROUNDS = process.env.PHI_LONG === '1' ? 15 : 3

/** A witness in a process of its own. */
async function start(): Promise<{ url: string; kill(): Promise<void> }> {
  const child = spawn(process.execPath, [...program.argv, directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', VITEST: '' },
  })
  children.add(child)
  let problem = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    problem += chunk.toString()
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.trim())
    })
    child.once('close', () => reject(new Error(`the witness ended by itself: ${problem}`)))
  })
  return {
    url,
    async kill() {
      child.kill('SIGKILL')
      await ended
      children.delete(child)
    },
  }
}

describe('S6 S145 a witness that is killed while it cosigns', () => {
  it('cosigns one history, never goes back, and loses nothing that it had answered', { timeout: 300_000 }, async () => {
    const leaves = new Leaves(numbered(4000))
    const fork = new Leaves(numbered(2)).add(...numbered(4000, 'fork'))
    const w1 = cosignerOf(1)
    const fetch = globalThis.fetch as unknown as WitnessFetch
    let size = 0
    let answered = 0
    let unanswered = 0
    for (let round = 0; round < ROUNDS; round++) {
      const server = await start()
      let killing: Promise<void> | undefined
      const offer = async (at: number, of: Leaves) => {
        const note = await of.checkpoint(at)
        const witnesses = [{ name: 'w1', url: server.url, verifiers: [w1.verifier], lastSize: size }]
        const { note: cosigned, results } = await cosign({
          note,
          proofs: of,
          witnesses,
          fetch,
          clock: systemClock,
          timeoutMs: 20_000,
        })
        return { cosigned, outcome: results[0]?.outcome }
      }
      // What it answered before it was killed still binds it.
      if (size > 2) expect((await offer(size + 1, fork)).outcome).toBe('forked')
      const target = answered + 8 + 5 * round
      while (killing === undefined || unanswered <= round) {
        const next = size + 1
        const { outcome, cosigned } = await offer(next, leaves)
        if (outcome === 'cosigned') {
          expect(cosignaturesOf(parseNote(cosigned), [w1.verifier])).toMatchObject([{ valid: true }])
          size = next
          answered++
        } else {
          expect(['unreachable', 'superseded']).toContain(outcome)
          // Persisted and not answered is harmless: the same checkpoint is cosigned when it is offered again.
          unanswered = round + 1
        }
        // Killed at some moment of a request that is under way.
        if (answered >= target && killing === undefined)
          killing = new Promise((resolve) => setTimeout(resolve, (round * 7) % 5)).then(() => server.kill())
      }
      await killing
      const store = await fileWitnessStore(directory)
      const state = await store.get(origin)
      // What was answered, or one more that was persisted and whose answer was lost.
      expect([size, size + 1]).toContain(state?.size)
      expect(state?.root).toBe(toBase64(leaves.root(state?.size)))
      expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([])
      await store.close()
    }
    console.log(`witness kill -9: ${ROUNDS} kills, ${answered} checkpoints cosigned, last size ${size}`)
  })
})
