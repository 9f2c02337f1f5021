import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPhiError } from '@phi/core'
import { afterAll, describe, expect, it } from 'vitest'
import { makeLog, testSigner } from '../../../test/make-log.ts'
import { type Fault, MemoryDisk } from '../../../test/spool/disk.ts'
import { codeOf } from '../../../test/tampered-store.ts'
import { diskFs, diskTiles } from '../../../test/tiles/sinks.ts'
import { exportTiles, openTiles, type TileSink } from '../index.ts'
import { directorySink, directoryTiles } from './index.ts'

const keys = [testSigner.vkey]
/** Every call of the disk in a long run, every eleventh otherwise. */
const step = process.env.PHI_LONG === '1' ? 1 : 17
const sizes = [200, 255, 300, 520]
const { store, log, notes } = await makeLog(520, sizes)
const exported = (to: TileSink, size: number) =>
  exportTiles({ store, log, checkpoint: notes[sizes.indexOf(size)] as string, to, keys })

const folders: string[] = []
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'phi-tiles-'))
  folders.push(made)
  return made
}
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true })
})
const treeOf = (directory: string): string[] =>
  (readdirSync(directory, { recursive: true }) as string[])
    .filter((path) => statSync(join(directory, path)).isFile())
    .map((path) => path.replaceAll('\\', '/'))
    .sort()

describe('a directory of tiles', () => {
  it('S6 S113 is written, added to, read back and verified', async () => {
    const directory = join(folder(), 'not', 'there', 'yet')
    for (const size of sizes) {
      await exported(directorySink(directory), size)
      const tiles = await openTiles({ read: directoryTiles(directory), keys, trusted: notes.slice(0, 1) })
      expect(await tiles.verify()).toMatchObject({ verdict: 'intact', coverage: { checked: size } })
    }
    expect(treeOf(directory)).toEqual([
      'checkpoint',
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/8',
      'tile/1/000.p/1',
      'tile/1/000.p/2',
      'tile/entries/000',
      'tile/entries/001',
      'tile/entries/002.p/8',
    ])
    if (process.platform !== 'win32')
      expect(statSync(join(directory, 'checkpoint')).mode & 0o777).toBe(0o644 & ~process.umask())
  })

  it('keeps a second exporter away while one is at work', async () => {
    const directory = folder()
    const sink = directorySink(directory)
    const release = await (sink.acquire as () => Promise<() => Promise<void>>)()
    expect(await codeOf(() => exported(directorySink(directory), 200))).toBe('PHI_AUDIT_TILES_BUSY')
    await release()
    expect((await exported(directorySink(directory), 200)).published).toBe(true)
  })

  it('lets go of the directory when it cannot clear up what an export before it left', async () => {
    const directory = folder()
    await exported(directorySink(directory), 200)
    const left = join(directory, '.export', `part-${'0'.repeat(16)}`)
    // What cannot be removed as a file: a directory.
    mkdirSync(left)
    expect(await codeOf(() => exported(directorySink(directory), 300))).toBe('PHI_AUDIT_TILES_SINK')
    rmSync(left, { recursive: true })
    expect((await exported(directorySink(directory), 300)).published).toBe(true)
  })

  it('publishes nothing once it was taken for dead and another may be at work', async () => {
    const directory = folder()
    await exported(directorySink(directory), 200)
    const sink = directorySink(directory)
    const sleepy: TileSink = {
      ...sink,
      publish: async (checkpoint) => {
        const staging = join(directory, '.export')
        for (const name of readdirSync(staging)) if (name.startsWith('lock-')) rmSync(join(staging, name))
        return sink.publish(checkpoint)
      },
    }
    expect(await codeOf(() => exported(sleepy, 520))).toBe('PHI_AUDIT_TILES_BUSY')
    expect((await openTiles({ read: directoryTiles(directory), keys })).size).toBe(200)
  })

  it('of exporters at once leaves the directory whole, at the size of one that was not refused', async () => {
    const directory = folder()
    const results = await Promise.allSettled(sizes.map((size) => exported(directorySink(directory), size)))
    const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.size] : []))
    for (const result of results)
      if (result.status === 'rejected') expect(isPhiError(result.reason, 'PHI_AUDIT_TILES_BUSY')).toBe(true)
    if (done.length > 0) {
      const tiles = await openTiles({ read: directoryTiles(directory), keys })
      expect(tiles.size).toBe(Math.max(...done))
      expect((await tiles.verify()).verdict).toBe('intact')
    }
    await exported(directorySink(directory), 520)
    expect((await (await openTiles({ read: directoryTiles(directory), keys })).verify()).verdict).toBe('intact')
  })

  it('takes no path that leads out of it, and no link in a file’s place', async () => {
    const directory = folder()
    await exported(directorySink(directory), 200)
    const read = directoryTiles(directory)
    for (const path of ['../x', '/etc/passwd', 'tile/../../x', 'tile/0/000.p/..', '.export/lock', 'tile/0/', '']) {
      expect(await codeOf(() => read(path))).toBe('PHI_AUDIT_TILES_OPTIONS')
      expect(await codeOf(() => directorySink(directory).write(path, new Uint8Array(1)))).toBe('PHI_AUDIT_TILES_OPTIONS')
    }
    if (process.platform !== 'win32') {
      const elsewhere = join(folder(), 'elsewhere')
      writeFileSync(elsewhere, readFileSync(join(directory, 'checkpoint')))
      rmSync(join(directory, 'checkpoint'))
      symlinkSync(elsewhere, join(directory, 'checkpoint'))
      expect(await codeOf(() => openTiles({ read, keys }))).toBe('PHI_AUDIT_TILES_READ')
    }
  })

  it('tells a file that is not there from a directory that is not', async () => {
    const directory = folder()
    expect(await directoryTiles(directory)('checkpoint')).toBeUndefined()
    expect(await codeOf(() => directoryTiles(join(directory, 'unmounted'))('checkpoint'))).toBe('PHI_AUDIT_TILES_READ')
    expect(await codeOf(() => directorySink(''))).toBe('PHI_AUDIT_TILES_OPTIONS')
    expect(await codeOf(() => directoryTiles(''))).toBe('PHI_AUDIT_TILES_OPTIONS')
  })
})

describe('a directory of tiles on a failing disk', () => {
  const at = '/tiles'
  const whole = async (disk: MemoryDisk) => {
    if (!disk.names.has(`${at}/checkpoint`)) return undefined
    const tiles = await openTiles({ read: diskTiles(disk, at), keys })
    expect((await tiles.verify()).verdict).toBe('intact')
    return tiles.size
  }
  /** A disk with an export of 200 entries on it. */
  const prepared = async () => {
    const disk = new MemoryDisk()
    await exported(directorySink(at, { fs: diskFs(disk) }), 200)
    return disk
  }
  const callsOf = async () => {
    const disk = MemoryDisk.of((await prepared()).files())
    await exported(directorySink(at, { fs: diskFs(disk) }), 520)
    return disk.calls
  }

  it('after a crash at any moment has a checkpoint all of whose tiles are there, and goes on', async () => {
    const calls = await callsOf()
    expect(calls).toBeGreaterThan(50)
    for (let stop = 0; stop < calls; stop += step) {
      const disk = MemoryDisk.of((await prepared()).files())
      disk.fault = (call) => (call >= stop ? 'crash' : undefined)
      const work = exported(directorySink(at, { fs: diskFs(disk) }), 520).catch(() => {})
      await Promise.race([work, disk.death()])
      for (const survived of [disk.afterKill(), disk.afterPowerLoss(() => 0), disk.afterPowerLoss(() => 0.7)]) {
        expect([200, 520]).toContain(await whole(survived))
        await exported(directorySink(at, { fs: diskFs(survived) }), 520)
        expect(await whole(survived)).toBe(520)
        expect([...survived.names.keys()].filter((path) => path.includes('part-'))).toEqual([])
      }
      disk.bury()
      await work
    }
  })

  it.each<[Fault, string]>([
    ['full', 'ENOSPC'],
    ['error', 'EIO'],
    ['torn', 'EIO'],
  ])('when one call is answered with %s publishes nothing broken, says so, and goes on later', async (fault, errno) => {
    const calls = await callsOf()
    let failures = 0
    for (let stop = 0; stop < calls; stop += step) {
      const disk = MemoryDisk.of((await prepared()).files())
      disk.fault = (call) => (call === stop ? fault : undefined)
      try {
        await exported(directorySink(at, { fs: diskFs(disk) }), 520)
      } catch (error) {
        failures++
        expect(error).toMatchObject({ code: 'PHI_AUDIT_TILES_SINK', info: { errno } })
        expect(String((error as Error).stack)).not.toContain('somebody')
      }
      expect([200, 520]).toContain(await whole(disk))
      // By a later process: a lock that could not be removed holds for as long as this one lives.
      const later = MemoryDisk.of(disk.files())
      await exported(directorySink(at, { fs: diskFs(later) }), 520)
      expect(await whole(later)).toBe(520)
    }
    expect(failures).toBeGreaterThan(calls / step / 2)
  })

  it('writes whole files through a disk that takes a part at a time', async () => {
    const disk = await prepared()
    disk.fault = (call, operation) => (operation === 'write' && call % 2 === 0 ? 'short' : undefined)
    await exported(directorySink(at, { fs: diskFs(disk) }), 300)
    expect(await whole(disk)).toBe(300)
  })
})
