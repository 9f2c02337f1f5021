import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Runnable, runnable } from '../../../core/test/run-program.ts'
import { folders, idsOf, Outage, opened } from '../../test/spool/world.ts'
import { announce, drain } from './drain.ts'

const temporary = folders()
let writer: Runnable
beforeAll(async () => {
  writer = await runnable(new URL('../../test/spool/writer.ts', import.meta.url))
})
afterAll(async () => {
  temporary.clear()
  await writer.remove()
})
const ROUNDS = process.env.PHI_LONG === '1' ? 12 : 2

/** Lets a real process spool, and kills it once it has acknowledged so many. @returns the ids that it printed */
function killed(directory: string, round: number, after: number): Promise<string[]> {
  const child = spawn(process.execPath, [...writer.argv, directory, String(round)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', VITEST: '' },
  })
  let text = ''
  let problem = ''
  child.stderr.on('data', (chunk: Buffer) => {
    problem += chunk.toString()
  })
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    if (text.split('\n').length > after) child.kill('SIGKILL')
  })
  return new Promise((resolve, reject) => {
    child.on('close', (_, signal) => {
      // The last line may have been cut by the kill.
      if (signal === 'SIGKILL') resolve(text.split('\n').slice(0, -1))
      else reject(new Error(`the writer ended by itself: ${problem}`))
    })
  })
}

describe('S95 a real process that is killed while it spools', () => {
  it('everything that it acknowledged comes into the log, once', async () => {
    const directory = temporary.make()
    const outage = new Outage()
    const log = await outage.open()
    const acknowledged: string[] = []
    for (let round = 0; round < ROUNDS; round++) acknowledged.push(...(await killed(directory, round, 200 + 300 * round)))
    expect(new Set(acknowledged).size).toBe(acknowledged.length)
    expect(acknowledged.length).toBeGreaterThan(200 * ROUNDS)
    expect(readdirSync(directory).filter((name) => name.startsWith('lock-')).length).toBe(1)

    const spool = await opened({ directory, maxBytes: 512 * 1024 * 1024, name: 'web-1' })
    expect(spool.health()).toMatchObject({ damage: [], announced: true })
    await announce(spool, log.append)
    const { drained, events } = await drain(spool, log.append)
    const seen = idsOf(await outage.records())
    const once = new Set(seen)
    const lost = acknowledged.filter((id) => !once.has(id))
    expect(lost).toEqual([])
    expect(once.size).toBe(seen.length)
    expect(drained.every(({ intact, missing, refused }) => intact && missing === 0 && refused === 0)).toBe(true)
    // What was on the disk and not yet acknowledged may be there as well: at most what the writer had under way.
    expect(events - acknowledged.length).toBeLessThanOrEqual(16 * ROUNDS + ROUNDS)
    console.log(
      `spool kill -9: ${ROUNDS} kills, ${acknowledged.length} events acknowledged, ${lost.length} lost, ${seen.length - once.size} duplicates`,
    )
    await spool.close()
    await log.close()
  })
})
