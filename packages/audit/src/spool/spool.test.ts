import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isPhiError } from '@phi/core'
import { afterAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { MemoryDisk } from '../../test/spool/disk.ts'
import { announced, atNoon, event, folders, idsOf, key, Outage, opened, PATIENT } from '../../test/spool/world.ts'
import { drain } from './drain.ts'
import { openSpool } from './open-spool.ts'
import type { Spool } from './spool.ts'

const temporary = folders()
afterAll(temporary.clear)
const isPosix = process.platform !== 'win32'

describe('a spool', () => {
  it('S95 keeps events sealed on the disk and brings them into the log, in order and once', async () => {
    const directory = join(temporary.make(), 'spool')
    const clock = atNoon()
    const spool = await opened({ directory, clock, name: 'web-1' })
    const outage = await announced(spool)
    const first = await spool.append(event('e-0'))
    expect(first).toEqual({
      spooled: true,
      eventId: 'e-0',
      spool: spool.health().spool,
      sequence: 0,
      spooledAt: '2026-11-21T12:00:00.000Z',
    })
    const rest = await Promise.all(Array.from({ length: 200 }, (_, i) => spool.append(event(`e-${i + 1}`))))
    expect(rest.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    clock.advance(90_000)
    expect(spool.health()).toMatchObject({ count: 201, oldestAgeMs: 90_000, announced: true, refusing: undefined, damage: [] })
    await spool.close()

    const again = await opened({ directory, clock, name: 'web-1' })
    expect(again.health()).toMatchObject({ spool: first.spool, count: 201, announced: true, damage: [] })
    expect((await again.append(event('e-201'))).sequence).toBe(201)
    const log = await outage.open()
    const report = await drain(again, log.append)
    expect(report).toMatchObject({
      events: 202,
      drained: [{ spool: first.spool, first: 0, last: 201, count: 202, missing: 0, intact: true }],
    })
    expect(again.health()).toMatchObject({ count: 0, announced: true, oldestAgeMs: undefined })
    expect(again.health().spool).not.toBe(first.spool)
    expect(idsOf(await outage.records())).toEqual(Array.from({ length: 202 }, (_, i) => `e-${i}`))
    expect((await log.verify()).findings.filter(({ severity }) => severity === 'break')).toEqual([])
    expect(readdirSync(directory).filter((name) => name.includes(first.spool))).toEqual([])
    await again.close()
    expect(readdirSync(directory).filter((name) => name.startsWith('lock-'))).toEqual([])
  })

  it('shares one fsync among callers of one turn', async () => {
    const disk = new MemoryDisk()
    const spool = await opened({ fs: disk.fs })
    await announced(spool)
    await spool.append(event('before'))
    let syncs = 0
    disk.fault = (_, operation) => {
      if (operation === 'sync') syncs++
      return undefined
    }
    await Promise.all(Array.from({ length: 100 }, (_, i) => spool.append(event(`e-${i}`))))
    expect(syncs).toBe(1)
    await spool.close()
  })

  it.skipIf(!isPosix)('S18 can be read by its owner alone, and shows nothing of an event', async () => {
    const directory = join(temporary.make(), 'a', 'b')
    const spool = await opened({ directory, segmentBytes: 2000 })
    await announced(spool)
    for (let i = 0; i < 10; i++) await spool.append(event(`e-${i}`, { context: { reason: 'the reason why' } }))
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statSync(join(directory, '..')).mode & 0o777).toBe(0o700)
    const names = readdirSync(directory)
    expect(names.length).toBeGreaterThan(4)
    for (const name of names) {
      const path = join(directory, name)
      expect(statSync(path).mode & 0o777, name).toBe(0o600)
      const bytes = readFileSync(path)
      for (const text of [PATIENT, 'u-17', 'ProgressNote', 'the reason why', 'e-3', 'therapist', '"action"'])
        for (const encoding of ['utf8', 'utf16le', 'base64', 'hex'] as const) {
          const hidden =
            encoding === 'base64' || encoding === 'hex'
              ? Buffer.from(Buffer.from(text).toString(encoding))
              : Buffer.from(text, encoding)
          expect(bytes.includes(hidden), `${text} as ${encoding}`).toBe(false)
        }
      expect(name).not.toContain(PATIENT)
    }
    await spool.close()

    const shared = temporary.make()
    chmodSync(shared, 0o750)
    expect(await refusal(opened({ directory: shared }))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_OPTIONS', path: 'directory' })
  })

  it('refuses an event that the log would refuse, before it is written', async () => {
    const disk = new MemoryDisk()
    const spool = await opened({ fs: disk.fs })
    await announced(spool)
    const { calls } = disk
    const bad = [
      event('e', { actor: { id: '', type: 'workforce' } }),
      { ...event('e'), unknown: PATIENT } as never,
      event('e', { context: { reason: `lone \ud800 ${PATIENT}` } }),
      event('e', { subject: { patients: Array.from({ length: 1000 }, (_, i) => `${'p'.repeat(200)}${i}`) } }),
      null as never,
    ]
    const codes = []
    for (const input of bad) {
      const error = await refusal(spool.append(input))
      codes.push(error.code)
      expect(JSON.stringify([error.message, error.info, error.path])).not.toContain(PATIENT)
    }
    expect(codes).toEqual([
      'PHI_AUDIT_EVENT',
      'PHI_AUDIT_EVENT',
      'PHI_AUDIT_EVENT',
      'PHI_AUDIT_EVENT_TOO_LARGE',
      'PHI_AUDIT_EVENT',
    ])
    expect(disk.calls).toBe(calls)
    await spool.close()
  })

  it('takes nothing before the log knows of it, unless told to', async () => {
    const spool = await opened({ fs: new MemoryDisk().fs })
    expect(spool.health()).toMatchObject({ announced: false, refusing: 'PHI_AUDIT_SPOOL_UNANNOUNCED' })
    expect(await refusal(spool.append(event('e')))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_UNANNOUNCED', retryable: true })
    await announced(spool)
    expect((await spool.append(event('e'))).sequence).toBe(0)
    await spool.close()
    expect(await refusal(spool.append(event('e')))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_CLOSED' })

    const eager = await opened({ fs: new MemoryDisk().fs, unannounced: 'take' })
    await eager.append(event('early'))
    const outage = new Outage()
    await drain(eager, (await outage.open()).append)
    const seen = (await outage.records()).map(({ event: { id } }) => id?.replace(/^phi.*\//, ''))
    expect(seen).toEqual(['opened', 'opened', 'early', 'drained'])
    await eager.close()
  })

  it('refuses when it is full, loses nothing, and has room again once drained', async () => {
    const directory = temporary.make()
    const maxBytes = 20_000
    const spool = await opened({ directory, maxBytes, segmentBytes: 3000 })
    const outage = await announced(spool)
    const acknowledged: string[] = []
    const used = () => readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
    let refused = 0
    for (let i = 0; refused === 0; i++) {
      const results = await Promise.allSettled(Array.from({ length: 7 }, (_, j) => spool.append(event(`e-${i}-${j}`))))
      for (const result of results) {
        if (result.status === 'fulfilled') acknowledged.push(result.value.eventId)
        else {
          expect(result.reason).toMatchObject({ code: 'PHI_AUDIT_SPOOL_FULL', retryable: true })
          refused++
        }
      }
      expect(used()).toBeLessThanOrEqual(maxBytes)
    }
    expect(acknowledged.length).toBeGreaterThan(20)
    expect(await refusal(spool.append(event('large', { context: { reason: 'x'.repeat(2000) } })))).toMatchObject({
      code: 'PHI_AUDIT_SPOOL_FULL',
    })
    expect(spool.health().count).toBe(acknowledged.length)
    const log = await outage.open()
    await drain(spool, log.append)
    expect(idsOf(await outage.records())).toEqual(acknowledged)
    expect((await spool.append(event('room'))).sequence).toBe(0)
    expect(used()).toBeLessThanOrEqual(maxBytes)
    await spool.close()
  })

  it('refuses options that are not valid', async () => {
    const bad = [
      ['directory', { directory: '' }],
      ['key', { key: new Uint8Array(31) }],
      ['key', { key: 'k'.repeat(32) }],
      ['name', { name: 'St. Mary Hospital' }],
      ['name', { name: 'x'.repeat(65) }],
      ['maxBytes', { maxBytes: 8191 }],
      ['maxBytes', { maxBytes: Number.NaN }],
      ['segmentBytes', { segmentBytes: 0 }],
      ['unannounced', { unannounced: 'maybe' }],
    ] as const
    for (const [path, options] of bad) {
      const error = await refusal(opened({ fs: new MemoryDisk().fs, ...(options as object) }))
      expect(error).toMatchObject({ code: 'PHI_AUDIT_SPOOL_OPTIONS', path })
    }
    await expect(drain({} as Spool, () => Promise.reject(new Error()))).rejects.toThrow() // a spool of another make
  })

  it('does not age backwards when the clock is set back, and orders by sequence, not by time', async () => {
    const clock = atNoon()
    const spool = await opened({ fs: new MemoryDisk().fs, clock })
    const outage = await announced(spool)
    for (const [i, at] of [
      '2026-11-21T12:00:00.000Z',
      '2031-01-01T00:00:00.000Z',
      '1999-12-31T23:59:59.999Z',
      '2026-11-21T12:00:01.000Z',
    ].entries()) {
      clock.set(at)
      expect((await spool.append(event(`e-${i}`))).spooledAt).toBe(at)
    }
    clock.set('2020-01-01T00:00:00.000Z')
    expect(spool.health().oldestAgeMs).toBe(0)
    await drain(spool, (await outage.open()).append)
    const records = (await outage.records()).filter(({ event: { id } }) => id?.startsWith('e-'))
    expect(idsOf(records)).toEqual(['e-0', 'e-1', 'e-2', 'e-3'])
    expect(records.map(({ event: { occurredAt } }) => occurredAt?.slice(0, 4))).toEqual(['2026', '2031', '1999', '2026'])
    await spool.close()
  })
})

describe('the lock of a directory', () => {
  const lockOf = (owner: object) => JSON.stringify(owner).padEnd(480)
  const dead = () => spawnSync(process.execPath, ['-e', '']).pid

  it('keeps a second one out, and is given back on close', async () => {
    const directory = temporary.make()
    const spool = await opened({ directory })
    expect(await refusal(opened({ directory }))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_LOCKED', retryable: false })
    await spool.close()
    await (await opened({ directory })).close()
  })

  it('lets one of many newcomers in', async () => {
    const directory = temporary.make()
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => opened({ directory })))
    const inside = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    expect(inside.length).toBeLessThanOrEqual(1)
    for (const result of results)
      if (result.status === 'rejected') expect(isPhiError(result.reason, 'PHI_AUDIT_SPOOL_LOCKED')).toBe(true)
    for (const spool of inside) await spool.close()
    await (await opened({ directory })).close()
  })

  it.skipIf(process.platform !== 'linux')(
    'knows a lock of a dead process, also when its process id was given out again',
    async () => {
      const directory = temporary.make()
      // A lock of this machine, as one of ours writes it.
      const spool = await opened({ directory })
      const [name] = readdirSync(directory).filter((file) => file.startsWith('lock-'))
      const own = JSON.parse(readFileSync(join(directory, name as string), 'utf8')) as { pid: number; started: string }
      await spool.close()
      for (const stale of [
        { ...own, pid: dead() },
        { ...own, pid: process.pid, started: '1' },
        { ...own, pid: process.ppid, started: '1' },
      ]) {
        writeFileSync(join(directory, 'lock-0000000007-00000000000000aa'), lockOf(stale))
        const taken = await opened({ directory })
        expect(readdirSync(directory).filter((file) => file.startsWith('lock-'))).toEqual([
          expect.stringMatching(/^lock-0000000008-/),
        ])
        await taken.close()
      }
      writeFileSync(join(directory, 'lock-0000000007-00000000000000aa'), lockOf(own))
      expect(await refusal(opened({ directory }))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_LOCKED' })
    },
  )

  it('watches a lock of another machine or container, and takes it over only when it stands still', async () => {
    const directory = temporary.make()
    const foreign = (beat: number) => lockOf({ place: `other ${hostname()}`, pid: 1, started: '5', token: 'aa', beat })
    const path = join(directory, 'lock-0000000003-00000000000000aa')
    writeFileSync(path, foreign(1))
    // Its clock says nothing: only that it changes does.
    utimesSync(path, 0, 0)
    let beat = 1
    const timer = setInterval(() => writeFileSync(path, foreign(++beat)), 40)
    expect(await refusal(opened({ directory, foreignSilenceMs: 1000 }))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_LOCKED' })
    clearInterval(timer)
    const spool = await opened({ directory, foreignSilenceMs: 200 })
    expect(spool.health().refusing).toBe('PHI_AUDIT_SPOOL_UNANNOUNCED')
    await spool.close()
  })

  it('stops one that was taken for dead before it writes again', async () => {
    const disk = new MemoryDisk()
    const sleeper = await opened({ fs: disk.fs })
    const outage = await announced(sleeper)
    await sleeper.append(event('e-0'))
    // Another machine takes the directory over.
    for (const path of [...disk.names.keys()]) if (path.includes('/lock-')) disk.names.delete(path)
    const taker = await opened({ fs: disk.fs })
    expect(await refusal(sleeper.append(event('e-1')))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_LOCKED' })
    const log = await outage.open()
    expect(await refusal(drain(sleeper, log.append))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_LOCKED' })
    await taker.append(event('e-2'))
    expect(taker.health()).toMatchObject({ count: 2, damage: [] })
    await drain(taker, log.append)
    expect(new Set(idsOf(await outage.records()))).toEqual(new Set(['e-0', 'e-2']))
    await taker.close()
    await sleeper.close()
    expect(disk.files().size).toBeGreaterThan(0)
  })

  it('says so when the directory cannot be made, without its name', async () => {
    const file = join(temporary.make(), PATIENT)
    writeFileSync(file, '')
    const error = await refusal(opened({ directory: join(file, 'spool') }))
    expect(error).toMatchObject({ code: 'PHI_AUDIT_SPOOL_IO', info: { errno: 'ENOTDIR' } })
    expect(`${error.message}${JSON.stringify(error)}${String(error.cause)}`).not.toContain(PATIENT)
    mkdirSync(join(temporary.make(), 'x'))
    await expect(openSpool({ directory: 5 as never, key, maxBytes: 10_000 })).rejects.toMatchObject({ path: 'directory' })
  })
})
