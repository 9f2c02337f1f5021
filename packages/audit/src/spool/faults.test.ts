import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isPhiError } from '@phi/core'
import { afterAll, describe, expect, it } from 'vitest'
import { MemoryDisk } from '../../test/spool/disk.ts'
import { announced, event, folders, isOurs, Outage, opened } from '../../test/spool/world.ts'
import type { AuditLog } from '../index.ts'
import { announce, drain } from './drain.ts'
import { spoolReport } from './report.ts'
import type { Spool } from './spool.ts'

const temporary = folders()
const tally = { faults: 0, acknowledged: 0, lost: 0, duplicates: 0, alarms: 0 }
afterAll(() => {
  if (mounted !== undefined) spawnSync('umount', [mounted])
  temporary.clear()
  console.log(
    `spool faults: ${tally.faults} tried, ${tally.acknowledged} events acknowledged, ${tally.lost} lost, ${tally.duplicates} duplicates, ` +
      `${tally.alarms} losses of power after which a group that was not acknowledged shows as damage`,
  )
})

/** A generator of numbers from 0 to 1 that is the same every time. */
function numbers(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

interface Run {
  readonly acknowledged: string[]
  readonly refused: Map<string, string>
  spool: Spool | undefined
}

/** What a process does: opens, spools in groups, drains in between, spools again, closes. */
async function live(disk: MemoryDisk, log: AuditLog, run: Run): Promise<void> {
  const spool = await opened({ fs: disk.fs, segmentBytes: 700, name: 'web-1' })
  run.spool = spool
  await announce(spool, log.append)
  let n = 0
  const group = async (size: number) => {
    const ids = Array.from({ length: size }, () => `e-${n++}`)
    const results = await Promise.allSettled(ids.map((id) => spool.append(event(id))))
    results.forEach((result, i) => {
      if (result.status === 'fulfilled') run.acknowledged.push(result.value.eventId)
      else run.refused.set(ids[i] as string, isPhiError(result.reason) ? result.reason.code : 'unexpected')
    })
  }
  for (const size of [1, 2, 3]) await group(size)
  const draining = drain(spool, log.append).catch(() => {})
  await group(2)
  await draining
  await group(2)
  await spool.close()
}

/** After it: another process opens what is on the disk and drains it. Then the log must hold what was acknowledged, once. */
async function check(disk: MemoryDisk, outage: Outage, run: Run, label: string, mayBeDamaged: boolean) {
  const log = await outage.open()
  const spool = await opened({ fs: disk.fs, segmentBytes: 700, name: 'web-1' })
  const damage = spool.health().damage.filter(({ kind }) => kind !== 'mark-slot')
  if (!mayBeDamaged) expect(damage, label).toEqual([])
  else if (damage.length > 0) tally.alarms++
  await drain(spool, log.append)
  const health = spool.health()
  expect(health, label).toMatchObject({ count: 0, announced: true, refusing: undefined })
  await spool.close()
  await log.close()
  const records = await outage.records()
  const seen = records
    .filter((record) => !isOurs(record))
    .map((record) => record.event.subject?.resource?.id?.replace('note-of-', '') as string)
  const once = new Set(seen)
  tally.faults++
  tally.acknowledged += run.acknowledged.length
  tally.lost += run.acknowledged.filter((id) => !once.has(id)).length
  tally.duplicates += seen.length - once.size
  expect(
    run.acknowledged.filter((id) => !once.has(id)),
    label,
  ).toEqual([])
  expect(seen.length, label).toBe(once.size)
  expect(
    seen.every((id) => /^e-\d$|^e-1\d$/.test(id)),
    label,
  ).toBe(true)
  const report = spoolReport(records)
  expect(report.unusable, label).toEqual([])
  expect([report.lost, report.outstanding], label).toEqual([[], [health.spool]])
  if (!mayBeDamaged)
    expect([report.missing, report.spools.filter(({ standing }) => standing === 'drained-with-loss')], label).toEqual([0, []])
  return { once, report }
}

async function once(fault: MemoryDisk['fault'], label: string) {
  const disk = new MemoryDisk()
  disk.fault = fault
  const outage = new Outage()
  const log = await outage.open()
  const run: Run = { acknowledged: [], refused: new Map(), spool: undefined }
  const life = live(disk, log, run).catch((error: unknown) => {
    // Opening or announcing was refused: by a code of ours.
    expect(isPhiError(error), `${label}: ${String(error)}`).toBe(true)
  })
  await Promise.race([life, disk.death()])
  return { disk, outage, log, run, life }
}

const long = process.env.PHI_LONG === '1'
/** The calls of the disk in a life: in the long run all of them, else every fifth from `offset` on, by turns. */
async function callsOf(offset: number): Promise<number[]> {
  const { disk, life } = await once(() => undefined, 'no fault')
  await life
  expect(disk.calls).toBeGreaterThan(60)
  const all = Array.from({ length: disk.calls }, (_, n) => n)
  return long ? all : all.filter((n) => n % 5 === offset)
}

describe(`a fault at every ${long ? '' : 'fifth '}call of the file system`, () => {
  it.each([
    ['short', 0],
    ['full', 1],
    ['error', 2],
    ['torn', 3],
    ['error', 4],
  ] as const)('%s (from call %i on): what was acknowledged is in the log, what was taken back is not', async (kind, offset) => {
    const calls = await callsOf(offset)
    let hit = 0
    for (const n of calls) {
      const label = `${kind} at call ${n}`
      const { disk, outage, run, life } = await once((call) => (call === n ? kind : undefined), label)
      await life
      disk.fault = () => undefined
      await run.spool?.close()
      const { once: seen } = await check(disk.afterKill(), outage, run, label, false)
      for (const [id, code] of run.refused)
        if (code !== 'PHI_AUDIT_SPOOL_BROKEN') expect(seen.has(id), `${label}: ${id} ${code}`).toBe(false)
      if (run.refused.size > 0) hit++
    }
    if (kind === 'short') expect(hit).toBe(0)
    else expect(hit).toBeGreaterThan(5)
  })

  it('a disk that fails for good from some call on: refused, and nothing that was acknowledged is lost', async () => {
    const calls = await callsOf(1)
    for (const n of calls) {
      const label = `error from call ${n} on`
      const { disk, outage, run, life } = await once((call) => (call >= n ? 'error' : undefined), label)
      await life
      await run.spool?.close()
      await check(disk.afterKill(), outage, run, label, true)
    }
  })

  it('a failed fsync is not tried again: the spool takes nothing until it is opened again', async () => {
    const disk = new MemoryDisk()
    const spool = await opened({ fs: disk.fs })
    const outage = await announced(spool)
    await spool.append(event('e-0'))
    let syncs = 0
    disk.fault = (_, operation) => (operation === 'sync' && syncs++ === 0 ? 'error' : undefined)
    await expect(spool.append(event('e-1'))).rejects.toMatchObject({
      code: 'PHI_AUDIT_SPOOL_BROKEN',
      info: { errno: 'EIO' },
      retryable: false,
    })
    await expect(spool.append(event('e-2'))).rejects.toMatchObject({ code: 'PHI_AUDIT_SPOOL_BROKEN' })
    expect(syncs).toBe(1)
    expect(spool.health()).toMatchObject({ count: 1, refusing: 'PHI_AUDIT_SPOOL_BROKEN' })
    const log = await outage.open()
    await drain(spool, log.append)
    expect(spool.health()).toMatchObject({ count: 0, refusing: 'PHI_AUDIT_SPOOL_BROKEN' })
    await spool.close()
    const again = await opened({ fs: disk.fs })
    await announce(again, log.append)
    expect((await again.append(event('e-3'))).sequence).toBe(0)
    await again.close()
  })

  it('a group that was written in part is taken back whole, and a shorter one takes its place', async () => {
    const disk = new MemoryDisk()
    const spool = await opened({ fs: disk.fs })
    const outage = await announced(spool)
    await spool.append(event('e-0'))
    let writes = 0
    disk.fault = (_, operation) => (operation === 'write' && writes++ === 0 ? 'torn' : undefined)
    const results = await Promise.allSettled([1, 2, 3, 4].map((i) => spool.append(event(`refused-${i}`))))
    expect(results.map((result) => result.status === 'rejected' && result.reason.code)).toEqual(
      Array(4).fill('PHI_AUDIT_SPOOL_IO'),
    )
    expect((await opened({ fs: disk.afterKill().fs })).health()).toMatchObject({ count: 1, damage: [] })
    expect((await spool.append(event('e-1'))).sequence).toBe(1)
    const again = await opened({ fs: disk.afterKill().fs })
    expect(again.health()).toMatchObject({ count: 2, damage: [] })
    await drain(again, (await outage.open()).append)
    expect((await outage.records()).filter((record) => !isOurs(record)).map((record) => record.event.id)).toEqual([
      'e-0',
      'e-1',
    ])
    await again.close()
    await spool.close()
  })

  it('room that comes back is used, and what was refused meanwhile is not there', async () => {
    const disk = new MemoryDisk()
    const spool = await opened({ fs: disk.fs })
    const outage = await announced(spool)
    await spool.append(event('e-0'))
    disk.capacity = disk.used + 100
    await expect(spool.append(event('e-1'))).rejects.toMatchObject({ code: 'PHI_AUDIT_SPOOL_FULL', info: { errno: 'ENOSPC' } })
    disk.capacity = Number.POSITIVE_INFINITY
    expect((await spool.append(event('e-2'))).sequence).toBe(1)
    const { drained } = await drain(spool, (await outage.open()).append)
    expect(drained[0]).toMatchObject({ count: 2, missing: 0, intact: true })
    await spool.close()
  })

  it('a full disk can be drained: with no room for the next spool, events are refused until there is', async () => {
    const disk = new MemoryDisk()
    const spool = await opened({ fs: disk.fs })
    const outage = await announced(spool)
    for (let i = 0; i < 5; i++) await spool.append(event(`e-${i}`))
    disk.capacity = disk.used
    const log = await outage.open()
    const seen: string[] = []
    await drain(spool, async (input) => {
      if (input.id === 'e-3') await spool.append(event('late')).catch((error: { code: string }) => seen.push(error.code))
      return log.append(input)
    })
    expect(seen).toEqual(['PHI_AUDIT_SPOOL_FULL'])
    expect((await spool.append(event('later'))).sequence).toBe(0)
    await spool.close()
  })
})

describe(`a process that dies${long ? '' : ' (every fifth call; every one in the long run)'}`, () => {
  it('at every call of the file system: everything acknowledged comes into the log once', async () => {
    const calls = await callsOf(2)
    for (const n of calls) {
      const label = `killed at call ${n}`
      const { disk, outage, run, life } = await once((call) => (call === n ? 'crash' : undefined), label)
      await check(disk.afterKill(), outage, run, label, false)
      disk.bury()
      await life
      await run.spool?.close()
    }
  })

  it('with the machine, at every call: what was synced is enough', async () => {
    const calls = await callsOf(3)
    for (const n of calls) {
      for (let variant = 0; variant < (long ? 20 : 2); variant++) {
        const label = `power lost at call ${n}, variant ${variant}`
        const { disk, outage, run, life } = await once((call) => (call === n ? 'crash' : undefined), label)
        const kept = variant === 0 ? () => 0 : numbers(n * 100 + variant)
        await check(disk.afterPowerLoss(kept), outage, run, label, variant > 0)
        disk.bury()
        await life
        await run.spool?.close()
      }
    }
  })

  it('at every event of a drain, and whenever the store fails or loses its answer: no duplicate, nothing lost', async () => {
    for (const mode of ['dies', 'unavailable', 'lost-answer'] as const) {
      for (let n = 0; n < 10; n++) {
        const label = `${mode} at append ${n}`
        const disk = new MemoryDisk()
        const outage = new Outage()
        const log = await outage.open()
        const run: Run = { acknowledged: [], refused: new Map(), spool: undefined }
        const spool = await opened({ fs: disk.fs, segmentBytes: 700, name: 'web-1' })
        await announce(spool, log.append)
        for (let i = 0; i < 8; i++) run.acknowledged.push((await spool.append(event(`e-${i}`))).eventId)
        let appends = 0
        const attempt = drain(
          spool,
          async (input) => {
            if (appends++ !== n) return log.append(input)
            if (mode === 'dies') {
              await log.append(input)
              throw new Error('the process dies')
            }
            // The log itself tries again, with the same id.
            const from = outage.calls
            outage.fault = (call) => (call === from ? mode : undefined)
            return log.append(input)
          },
          { window: 1 },
        )
        if (mode === 'dies') await expect(attempt).rejects.toThrow('the process dies')
        else await attempt
        await check(disk.afterKill(), outage, run, label, false)
        await spool.close()
        await log.close()
      }
    }
  })
})

const mounted = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const path = join(temporary.make(), 'small')
  mkdirSync(path)
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', path]).status === 0 ? path : undefined
})()

describe.skipIf(mounted === undefined)(
  `a real disk of 64 KiB${mounted === undefined ? ' (cannot be mounted here: skipped)' : ''}`,
  () => {
    const directory = mounted as string
    it('fills up for real: refuses, keeps what it acknowledged, drains, and goes on', async () => {
      const spool = await opened({ directory, maxBytes: 10 * 1024 * 1024, segmentBytes: 10_000, name: 'web-1' })
      const outage = await announced(spool)
      const log = await outage.open()
      const acknowledged: string[] = []
      for (let round = 0; round < 3; round++) {
        const codes = new Set<string>()
        for (let i = 0; codes.size === 0 && i < 1000; i++) {
          const id = `e-${round}-${i}`
          await spool.append(event(id)).then(
            () => acknowledged.push(id),
            (error: { code: string; info: { errno: string } }) => codes.add(`${error.code} ${error.info.errno}`),
          )
        }
        expect([...codes]).toEqual(['PHI_AUDIT_SPOOL_FULL ENOSPC'])
        expect(readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)).toBeGreaterThan(
          40_000,
        )
        if (round === 1) await drain(spool, log.append)
      }
      await spool.close()
      const again = await opened({ directory, maxBytes: 10 * 1024 * 1024, name: 'web-1' })
      expect(again.health().damage).toEqual([])
      await drain(again, log.append)
      const records = (await outage.records()).filter((record) => !isOurs(record))
      expect(records.map((record) => record.event.id)).toEqual(acknowledged)
      tally.faults += 3
      tally.acknowledged += acknowledged.length
      await again.close()
    })
  },
)
