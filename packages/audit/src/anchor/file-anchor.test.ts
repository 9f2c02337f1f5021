import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fixedClock } from '@phi/core'
import { afterAll, describe, expect, it } from 'vitest'
import { noteAt } from '../../test/anchor/notes.ts'
import { checkpoint, makeLog, testLog, testSigner } from '../../test/make-log.ts'
import { type Fault, MemoryDisk } from '../../test/spool/disk.ts'
import { codeOf, rewrite, tampered } from '../../test/tampered-store.ts'
import { ed25519Signer } from '../note/index.ts'
import { verifyLog } from '../verify/verify.ts'
import { type AnchorFs, fileAnchor } from './file-anchor.ts'
import { anchorErrors } from './index.ts'

const { origin } = testLog
const clock = fixedClock('2026-03-04T05:06:07.089Z')
const keys = [testSigner.vkey]
const folders: string[] = []
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'phi-anchor-'))
  folders.push(made)
  return made
}
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true })
})

describe('fileAnchor', () => {
  it('S6 S113 keeps checkpoints by size, each once, for verify() to be held against', async () => {
    const { store, log, notes } = await makeLog(30, [9, 20, 30])
    const directory = join(folder(), 'made', 'by', 'put')
    const anchor = fileAnchor({ directory, origin, clock, keys, name: 'other-site' })
    for (const note of [notes[1], notes[0], notes[2]] as string[]) {
      const receipt = await anchor.put(note)
      expect(receipt).toMatchObject({ anchor: 'other-site', created: true, at: '2026-03-04T05:06:07.089Z' })
      expect(readFileSync(join(directory, receipt.item), 'utf8')).toBe(note)
      expect((await anchor.put(note)).created).toBe(false)
    }
    expect(await anchor.list()).toEqual(notes)
    expect(await anchor.list({ last: 2 })).toEqual(notes.slice(1))
    expect(await codeOf(() => anchor.list({ last: 0 }))).toBe('PHI_AUDIT_ANCHOR_OPTIONS')
    expect(await anchor.latest()).toBe(notes[2])
    expect(readdirSync(directory)).toHaveLength(3)
    expect((await verifyLog(store, log, { keys, trusted: await anchor.list() })).verdict).toBe('intact')
    // Who owns the database and the key signs another history; the anchor knows better.
    const forged = await tampered(store, log, (rows) => {
      rewrite(rows, 5, (texts) => {
        texts.actor = texts.actor.replace('u-', 'x-')
      })
      rows.checkpoints = []
    })
    const own = await checkpoint(forged, log, { keep: false })
    expect((await verifyLog(forged, log, { keys, trusted: [own] })).verdict).toBe('intact')
    const report = await verifyLog(forged, log, { keys, trusted: await anchor.list() })
    expect(report.findings.map(({ code }) => code)).toContain('rewritten-history')
  })

  it('keeps two checkpoints of one size that contradict each other, and two with different signatures', async () => {
    const anchor = fileAnchor({ directory: folder(), origin, clock })
    const notes = [
      await noteAt(5),
      await noteAt(5, { root: 6 }),
      await noteAt(5, { signer: ed25519Signer.fromSecretKey(origin, new Uint8Array(32)) }),
    ]
    for (const note of notes) expect((await anchor.put(note)).created).toBe(true)
    expect(new Set(await anchor.list())).toEqual(new Set(notes))
  })

  it('takes only checkpoints of its log, and with keys only signed ones', async () => {
    const anchor = fileAnchor({ directory: folder(), origin, clock, keys })
    const stranger = ed25519Signer.fromSecretKey(origin, new Uint8Array(32))
    for (const note of [await noteAt(5, { origin: 'other.example' }), await noteAt(5, { signer: stranger }), 'x', ''])
      expect(await codeOf(() => anchor.put(note))).toBe('PHI_AUDIT_ANCHOR_NOTE')
    expect(await codeOf(() => anchor.list())).toBe('no error')
  })

  it('passes over what is not its own, and finds what was changed or swapped', async () => {
    const directory = folder()
    const other = 'other.example'
    await fileAnchor({ directory, origin: other, clock }).put(await noteAt(99, { origin: other }))
    const anchor = fileAnchor({ directory, origin, clock })
    const five = await anchor.put(await noteAt(5))
    const six = await anchor.put(await noteAt(6))
    writeFileSync(join(directory, 'readme.txt'), 'x')
    writeFileSync(join(directory, '.part-0123456789abcdef'), 'torn')
    expect(await anchor.list()).toHaveLength(2)
    expect(await anchor.latest()).toBe(await noteAt(6))

    const place = join(directory, six.item)
    const text = readFileSync(place)
    for (let at = 0; at < text.length; at++) {
      const changed = Buffer.from(text)
      changed[at] = (changed[at] as number) ^ 1
      rmSync(place)
      writeFileSync(place, changed)
      expect(await codeOf(() => anchor.latest())).toBe('PHI_AUDIT_ANCHOR_DAMAGED')
    }
    rmSync(place)
    writeFileSync(place, readFileSync(join(directory, five.item)))
    expect(await codeOf(() => anchor.list())).toBe('PHI_AUDIT_ANCHOR_DAMAGED')
    expect(await codeOf(async () => anchor.put(await noteAt(6)))).toBe('PHI_AUDIT_ANCHOR_DAMAGED')
    expect(readFileSync(place, 'utf8')).toBe(await noteAt(5))
    const damaged: string[] = []
    expect(await anchor.list({ onDamaged: ({ name }) => damaged.push(name) })).toEqual([await noteAt(5)])
    expect(damaged).toEqual([six.item])
  })

  it('does not take a directory that is not there for one without checkpoints', async () => {
    const directory = join(folder(), 'unmounted')
    const anchor = fileAnchor({ directory, origin, clock })
    expect(await codeOf(() => anchor.list())).toBe('PHI_AUDIT_ANCHOR_IO')
    mkdirSync(directory)
    expect(await anchor.list()).toEqual([])
    expect(await anchor.latest()).toBeUndefined()
  })

  it('of many that put the same at once keeps one file, and every one hears that it is there', async () => {
    const directory = folder()
    const note = await noteAt(5)
    const receipts = await Promise.all(Array.from({ length: 20 }, () => fileAnchor({ directory, origin, clock }).put(note)))
    expect(receipts.filter(({ created }) => created)).toHaveLength(1)
    expect(readdirSync(directory)).toHaveLength(1)
  })

  it('stops when the caller gave up', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const anchor = fileAnchor({ directory: folder(), origin, clock })
    await expect(noteAt(5).then((note) => anchor.put(note, { signal }))).rejects.toThrow('enough')
  })

  it('refuses wrong options', async () => {
    expect(await codeOf(() => fileAnchor({ directory: '', origin, clock }))).toBe('PHI_AUDIT_ANCHOR_OPTIONS')
    expect(await codeOf(() => fileAnchor({ directory: 'x', origin, clock: undefined as never }))).toBe(
      'PHI_AUDIT_ANCHOR_OPTIONS',
    )
    expect(await codeOf(() => fileAnchor({ directory: 'x', origin, clock, name: '' }))).toBe('PHI_AUDIT_ANCHOR_OPTIONS')
    expect(await codeOf(() => fileAnchor({ directory: 'x', origin: 'a b', clock }))).toBe('PHI_AUDIT_ORIGIN')
    expect(await codeOf(() => fileAnchor({ directory: 'x', origin, clock, keys: ['x'] }))).toBe('PHI_AUDIT_VKEY')
  })
})

describe('fileAnchor on a failing disk', () => {
  const at = '/anchor'
  const diskFs = (disk: MemoryDisk): AnchorFs => ({
    ...disk.fs,
    link: async (from, to) => {
      // One more call of the disk that can fail.
      await disk.fs.size(from)
      if (disk.names.has(to)) throw Object.assign(new Error('EEXIST: /home/somebody'), { code: 'EEXIST' })
      const inode = disk.names.get(from)
      if (inode !== undefined) disk.names.set(to, inode)
    },
  })
  const on = (disk: MemoryDisk) => fileAnchor({ directory: at, origin, clock, fs: diskFs(disk) })

  it('does not call anchored what a disk took and does not have', async () => {
    const disk = new MemoryDisk()
    const forgetful: AnchorFs = { ...diskFs(disk), link: async () => {} }
    const note = await noteAt(7)
    expect(await codeOf(() => fileAnchor({ directory: at, origin, clock, fs: forgetful }).put(note))).toBe(
      'PHI_AUDIT_ANCHOR_DAMAGED',
    )
    expect((await on(disk).put(note)).created).toBe(true)
  })

  it('after a crash at any moment has the whole note or none, and what was acknowledged', async () => {
    const note = await noteAt(5)
    const trial = new MemoryDisk()
    await on(trial).put(note)
    for (let stop = 0; stop <= trial.calls; stop++) {
      const disk = new MemoryDisk()
      disk.fault = (call) => (call >= stop ? 'crash' : undefined)
      let acknowledged = false
      const work = on(disk)
        .put(note)
        .then(
          () => {
            acknowledged = true
          },
          () => {},
        )
      await Promise.race([work, disk.death()])
      for (const survived of [disk.afterKill(), disk.afterPowerLoss(() => 0), disk.afterPowerLoss(() => 0.9)]) {
        const listed = await on(survived).list()
        expect(listed).toEqual(acknowledged || listed.length > 0 ? [note] : [])
        await on(survived).put(note)
        expect(await on(survived).list()).toEqual([note])
      }
      disk.bury()
      await work
    }
  })

  it.each<[Fault, string]>([
    ['full', 'PHI_AUDIT_ANCHOR_FULL'],
    ['error', 'PHI_AUDIT_ANCHOR_IO'],
    ['torn', 'PHI_AUDIT_ANCHOR_IO'],
  ])('when one call is answered with %s does not call the note anchored', async (fault, code) => {
    const note = await noteAt(5)
    const trial = new MemoryDisk()
    await on(trial).put(note)
    for (let stop = 0; stop < trial.calls; stop++) {
      const disk = new MemoryDisk()
      let operation = ''
      disk.fault = (call, name) => {
        if (call !== stop) return undefined
        operation = name
        return fault
      }
      const error = await on(disk)
        .put(note)
        .catch((failure: unknown) => failure)
      // Only what was written beside may stay behind.
      if (operation !== 'remove') expect(error).toMatchObject({ code, retryable: true })
      expect(String((error as Error).stack)).not.toContain('somebody')
      disk.fault = () => undefined
      await on(disk).put(note)
      expect(await on(disk).list()).toEqual([note])
    }
  })

  it('says of what it cannot read that it does not know', async () => {
    const disk = new MemoryDisk()
    await on(disk).put(await noteAt(5))
    for (const failing of ['list', 'read']) {
      disk.fault = (_, operation) => (operation === failing ? 'error' : undefined)
      expect(await codeOf(() => on(disk).list())).toBe('PHI_AUDIT_ANCHOR_IO')
      expect(await codeOf(() => on(disk).latest())).toBe('PHI_AUDIT_ANCHOR_IO')
    }
  })
})

describe('the catalogue of anchors', () => {
  it.each(Object.entries(anchorErrors))('%s is a problem and a remedy', (code, { problem, remedy }) => {
    expect(code).toMatch(/^PHI_AUDIT_ANCHOR_[A-Z_]+$/)
    expect(problem).toMatch(/^[A-Z].*[^.]$/)
    expect(remedy).toMatch(/^[A-Z].*\.$/)
  })
})
