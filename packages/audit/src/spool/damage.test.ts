import { afterAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../core/test/refusal.ts'
import { MemoryDisk } from '../../test/spool/disk.ts'
import { announced, event, idsOf, key, type Outage, opened } from '../../test/spool/world.ts'
import { drain } from './drain.ts'
import { Generation } from './generation.ts'
import { parseName } from './segment.ts'
import type { Spool } from './spool.ts'

type Files = Map<string, Buffer>
const COUNT = 6
const ids = Array.from({ length: COUNT }, (_, i) => `e-${i}`)
const long = process.env.PHI_LONG === '1'
/** How far apart the places are that a file is cut off at. */
const step = long ? 1 : 3
const tally = { truncations: 0, bits: 0, arrangements: 0 }
afterAll(() =>
  console.log(`spool damage: ${tally.truncations} truncations, ${tally.bits} bits, ${tally.arrangements} arrangements`),
)

/** A small spool on a disk: six events in three segments, each acknowledged on its own. */
async function small(): Promise<{ files: Files; id: string; segments: string[]; mark: string; before: Files; outage: Outage }> {
  const disk = new MemoryDisk()
  const spool = await opened({ fs: disk.fs, segmentBytes: 800, name: 'web-1' })
  const outage = await announced(spool)
  let before: Files = new Map()
  for (const id of ids) {
    before = disk.files()
    await spool.append(event(id))
  }
  const files = disk.files()
  const { spool: id } = spool.health()
  await spool.close()
  const segments = [...files.keys()].filter((path) => path.endsWith('.segment')).sort()
  expect(segments.length).toBe(3)
  return {
    files,
    id: id as string,
    segments,
    mark: [...files.keys()].find((path) => path.endsWith('.mark')) as string,
    before,
    outage,
  }
}

/** The spool in these files, without a directory and a lock around it. */
async function load(files: Files) {
  const names = [...files.keys()]
    .map((path) => parseName(path.slice(path.lastIndexOf('/') + 1)))
    .filter((name) => name !== undefined)
  const { id, ordinal } = names[0] as { id: string; ordinal: number }
  const segments = names.flatMap(({ segment }) => segment ?? [])
  const home = { fs: MemoryDisk.of(files).fs, directory: '/spool', key, segmentBytes: 800 }
  const { generation, keyFits } = await Generation.load(
    home,
    id,
    ordinal,
    segments,
    names.some(({ segment }) => segment === undefined),
  )
  const events = await generation.read(0, COUNT + 1)
  return { generation, keyFits, found: events.map((spooled) => spooled?.event.id) }
}

const reopened = (files: Files): Promise<Spool> => opened({ fs: MemoryDisk.of(files).fs, name: 'web-1', segmentBytes: 800 })
/** Drains, and tells what came into the log and what its record of draining says. */
async function drainInto(spool: Spool, outage: Outage) {
  const log = await outage.open()
  const { drained } = await drain(spool, log.append)
  await log.close()
  const records = await outage.records()
  return {
    drained: drained[0],
    ids: idsOf(records),
    closing: records.find((record) => record.event.action === 'restore')?.event,
  }
}
const sum = (drained: { missing: number } | undefined) => drained?.missing

describe('a spool that was cut off', () => {
  it('at every byte of its end, in the short run every third: what was acknowledged is there or known missing, and nothing is invented', async () => {
    const { files, segments } = await small()
    const whole = (await load(files)).generation
    expect(whole.damage).toEqual([])
    for (const path of segments) {
      const bytes = files.get(path) as Buffer
      for (let length = 0; length < bytes.length; length += step) {
        tally.truncations++
        const { generation, found } = await load(new Map(files).set(path, bytes.subarray(0, length)))
        const at = `${path.slice(-12)} cut to ${length}`
        // All acknowledged: the mark says so. Whatever is not readable is missing, and counted.
        expect(
          found.every((id, i) => id === ids[generation.records[i]?.sequence as number]),
          at,
        ).toBe(true)
        const missing = generation.damage.flatMap(({ kind, from = 0, to = 0 }) => (kind === 'missing' ? [to - from + 1] : []))
        expect(missing.reduce((a, b) => a + b, 0) + found.length, at).toBe(COUNT)
        expect(generation.next, at).toBe(COUNT)
        expect(generation.head, at).toBe(whole.head)
        expect(generation.lossy, at).toBe(true)
      }
    }
    // A piece of a record that was acknowledged is no torn end: it is shown and not cut off.
    const last = segments[2] as string
    const { generation } = await load(new Map(files).set(last, (files.get(last) as Buffer).subarray(0, -1)))
    expect(generation.damage.map(({ kind }) => kind)).toEqual(['missing', 'unreadable'])
  })

  it('inside a record that was never acknowledged: it is cut off, and nothing is damaged or missing', async () => {
    const { files, segments, mark, before } = await small()
    const last = segments[2] as string
    const bytes = files.get(last) as Buffer
    const acknowledged = before.get(last)?.length ?? 0
    for (let length = acknowledged; length <= bytes.length; length++) {
      tally.truncations++
      const torn = new Map(files).set(mark, before.get(mark) as Buffer).set(last, bytes.subarray(0, length))
      const disk = MemoryDisk.of(torn)
      const spool = await opened({ fs: disk.fs, segmentBytes: 800 })
      const count = length === bytes.length ? COUNT : COUNT - 1
      expect(spool.health(), `cut to ${length}`).toMatchObject({ count, damage: [], refusing: undefined })
      expect(disk.files().get(last)?.length ?? 0).toBe(length === bytes.length ? length : acknowledged)
      expect((await spool.append(event('next'))).sequence).toBe(count)
      await spool.close()
      const { found, generation } = await load(disk.files())
      expect([...found, generation.damage.length]).toEqual([...ids.slice(0, count), 'next', 0])
    }
  })
})

describe('a spool with one bit flipped', () => {
  it(`anywhere${long ? '' : ' (every third byte; every bit in the long run)'}: detected, and never wrong data`, async () => {
    const { files, mark } = await small()
    for (const [path, bytes] of files) {
      for (let bit = 0; bit < bytes.length * 8; bit += long ? 1 : 24) {
        tally.bits++
        const at = long ? bit : bit + ((bit >> 3) % 8)
        const flipped = Buffer.from(bytes)
        flipped[at >> 3] = (flipped[at >> 3] as number) ^ (1 << (at & 7))
        const { generation, found, keyFits } = await load(new Map(files).set(path, flipped))
        const where = `${path.slice(-12)} bit ${at}`
        expect(keyFits, where).toBe(true)
        expect(generation.damage.length, where).toBeGreaterThan(0)
        expect(found.length, where).toBeGreaterThanOrEqual(path === mark ? COUNT : COUNT - 1)
        expect(
          found.every((id, i) => id === ids[generation.records[i]?.sequence as number]),
          where,
        ).toBe(true)
        expect(generation.lossy, where).toBe(path !== mark)
      }
    }
  })

  it('in the middle: takes no more, drains the rest, says what is missing, and puts the files aside', async () => {
    const { files, segments, outage, id } = await small()
    const path = segments[1] as string
    const bytes = Buffer.from(files.get(path) as Buffer)
    bytes[100] = (bytes[100] as number) ^ 4
    const disk = MemoryDisk.of(new Map(files).set(path, bytes))
    const spool = await opened({ fs: disk.fs, name: 'web-1', segmentBytes: 800 })
    expect(spool.health()).toMatchObject({ count: COUNT - 1, refusing: 'PHI_AUDIT_SPOOL_DAMAGED' })
    expect(await refusal(spool.append(event('more')))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_DAMAGED', retryable: false })
    const result = await drainInto(spool, outage)
    expect(result.ids).toEqual(ids.filter((each) => each !== 'e-2'))
    expect(result.drained).toMatchObject({ spool: id, count: 5, missing: 1, intact: false, last: 5 })
    expect(result.closing).toMatchObject({
      outcome: 'failure',
      severity: 'alert',
      context: { details: { missing: 1, intact: false, count: 5 } },
    })
    const kept = [...disk.files()].filter(([name]) => name.includes('/kept-'))
    expect(kept.length).toBe(4)
    expect(spool.health()).toMatchObject({
      count: 0,
      damage: [],
      refusing: undefined,
      keptBytes: kept.reduce((total, [, file]) => total + file.length, 0),
    })
    expect((await spool.append(event('more'))).sequence).toBe(0)
    await spool.close()
    // They stay aside.
    const again = await opened({ fs: disk.fs, name: 'web-1' })
    expect(again.health()).toMatchObject({ count: 1, damage: [] })
    expect(again.health().keptBytes).toBeGreaterThan(0)
    await again.close()
  })
})

describe('a spool whose files were moved about', () => {
  const cases: [string, (files: Files, segments: string[], mark: string) => void, { count: number; missing: number }][] = [
    ['the first segment is gone', (files, [first]) => void files.delete(first as string), { count: 4, missing: 2 }],
    ['a segment in the middle is gone', (files, [, second]) => void files.delete(second as string), { count: 4, missing: 2 }],
    ['the last segment is gone', (files, [, , third]) => void files.delete(third as string), { count: 4, missing: 2 }],
    [
      'all segments are gone',
      (files, segments) => segments.forEach((path) => void files.delete(path)),
      { count: 0, missing: 6 },
    ],
    [
      'two segments stand at each other’s places',
      (files, [first, second]) => {
        const [a, b] = [files.get(first as string), files.get(second as string)] as [Buffer, Buffer]
        files.set(first as string, b).set(second as string, a)
      },
      { count: 6, missing: 0 },
    ],
    [
      'a segment is there twice',
      (files, [first, , third]) =>
        void files.set((third as string).replace('00000002.', '00000003.'), files.get(first as string) as Buffer),
      { count: 6, missing: 0 },
    ],
    [
      'a record is there twice',
      (files, [first]) => {
        const bytes = files.get(first as string) as Buffer
        files.set(first as string, Buffer.concat([bytes, bytes.subarray(36)]))
      },
      { count: 6, missing: 0 },
    ],
    ['the mark is gone', (files, _, mark) => void files.delete(mark), { count: 6, missing: 0 }],
    ['the mark is empty', (files, _, mark) => void files.set(mark, Buffer.alloc(0)), { count: 6, missing: 0 }],
  ]

  it.each(cases)('%s: shown, and what is there is drained in order', async (_, change, { count, missing }) => {
    tally.arrangements++
    const { files, segments, mark, outage, id } = await small()
    change(files, segments, mark)
    const spool = await reopened(files)
    expect(spool.health()).toMatchObject({ count, refusing: 'PHI_AUDIT_SPOOL_DAMAGED' })
    const { drained, ids: seen, closing } = await drainInto(spool, outage)
    expect(seen.length).toBe(count)
    expect([...seen].sort()).toEqual(seen)
    expect([drained?.spool, drained?.count, sum(drained), drained?.intact]).toEqual([id, count, missing, false])
    expect(closing?.outcome).toBe('failure')
    await spool.close()
  })

  it('another spool’s segment, under the same key, is not taken for its own', async () => {
    tally.arrangements++
    const { files, segments, outage } = await small()
    const other = await small()
    files.set(segments[1] as string, other.files.get(other.segments[1] as string) as Buffer)
    const spool = await reopened(files)
    const { drained, ids: seen } = await drainInto(spool, outage)
    expect(seen).toEqual(['e-0', 'e-1', 'e-4', 'e-5'])
    expect(drained).toMatchObject({ missing: 2, intact: false })
    await spool.close()
  })

  it('records of the same place and two chains: the one that the chain names is taken', async () => {
    tally.arrangements++
    // Written, taken back, and written again: somebody puts the first one back beside the second.
    const disk = new MemoryDisk()
    const spool = await opened({ fs: disk.fs })
    const outage = await announced(spool)
    await spool.append(event('e-0'))
    const path = [...disk.files().keys()].find((name) => name.endsWith('.segment')) as string
    const start = disk.files().get(path)?.length as number
    await spool.append(event('e-1'))
    await spool.append(event('e-2'))
    await spool.close()
    const files = disk.files()
    const bytes = files.get(path) as Buffer
    // A genuine record 1 of the same spool with other content: made from a copy of the disk as it was before.
    const copy = MemoryDisk.of(new Map(files).set(path, bytes.subarray(0, start)))
    copy.names.delete([...files.keys()].find((name) => name.endsWith('.mark')) as string)
    const home = { fs: copy.fs, directory: '/spool', key, segmentBytes: 1_000_000 }
    const { id, ordinal } = parseName(path.slice(path.lastIndexOf('/') + 1)) as { id: string; ordinal: number }
    const { generation } = await Generation.load(home, id, ordinal, [0], false)
    await generation.write([
      {
        payload: Buffer.from(
          JSON.stringify({ event: { ...event('forged'), occurredAt: '2026-01-01T00:00:00.000Z' }, timed: true, spooledAt: 0 }),
        ),
        spooledAt: 0,
      },
    ])
    const forged = [...copy.files()].find(([name]) => name.endsWith('00000001.segment'))?.[1].subarray(36) as Buffer
    const spliced = await reopened(
      new Map(files).set(path, Buffer.concat([bytes.subarray(0, start), forged, bytes.subarray(start)])),
    )
    expect(spliced.health().damage.map(({ kind }) => kind)).toEqual(['surplus'])
    const { ids: seen, drained } = await drainInto(spliced, outage)
    expect(seen).toEqual(['e-0', 'e-1', 'e-2'])
    expect(drained).toMatchObject({ count: 3, missing: 0, intact: false })
    await spliced.close()
  })

  it('the wrong key: refused, and nothing is changed', async () => {
    const { files, segments } = await small()
    const torn = new Map(files).set(segments[2] as string, (files.get(segments[2] as string) as Buffer).subarray(0, 60))
    const disk = MemoryDisk.of(torn)
    expect(await refusal(opened({ fs: disk.fs, key: new Uint8Array(32).fill(8) }))).toMatchObject({
      code: 'PHI_AUDIT_SPOOL_KEY',
    })
    expect(disk.files()).toEqual(torn)
    expect([...disk.names.keys()].some((name) => name.includes('lock-'))).toBe(false)
  })

  it('a record that goes bad after the spool was opened is missing, and a disk that fails for now is not', async () => {
    const { files, segments, outage } = await small()
    const disk = MemoryDisk.of(files)
    const spool = await opened({ fs: disk.fs, segmentBytes: 800 })
    const bytes = disk.names.get(segments[1] as string)?.bytes as Buffer
    bytes[60] = (bytes[60] as number) ^ 1
    disk.fault = (_, operation) => (operation === 'read' ? 'error' : undefined)
    const log = await outage.open()
    expect(await refusal(drain(spool, log.append))).toMatchObject({ code: 'PHI_AUDIT_SPOOL_IO', retryable: true })
    disk.fault = () => undefined
    const { drained } = await drain(spool, log.append)
    expect(drained[0]).toMatchObject({ count: 5, missing: 1, intact: false })
    expect(idsOf(await outage.records())).toEqual(ids.filter((each) => each !== 'e-2'))
    await spool.close()
  })

  it('damage between two attempts to drain leaves both records in the log', async () => {
    const { files, segments, outage, id } = await small()
    const first = await reopened(files)
    const log = await outage.open()
    // The record of draining is written, and the process dies before the files are gone.
    await expect(
      drain(first, async (input) => {
        const receipt = await log.append(input)
        if (input.id?.endsWith('/drained')) throw new Error('the process dies')
        return receipt
      }),
    ).rejects.toThrow('the process dies')
    const disk = new Map(files)
    disk.delete(segments[0] as string)
    const second = await reopened(disk)
    const { drained } = await drain(second, log.append)
    expect(drained[0]).toMatchObject({ count: 4, missing: 2 })
    const closings = (await outage.records())
      .filter((record) => record.event.action === 'restore')
      .map((record) => record.event.id)
    expect(closings).toEqual([`phi.audit.spool/${id}/drained`, `phi.audit.spool/${id}/drained-2`])
    expect(idsOf(await outage.records())).toEqual(ids)
    await first.close()
    await second.close()
  })
})
