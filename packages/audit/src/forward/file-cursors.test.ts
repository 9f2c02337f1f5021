import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { folders, forwarderOf, logOf, origin, PATIENT, Receiver } from '../../test/forward/world.ts'
import type { Cursor, DeadLetter } from './cursor-store.ts'
import { type CursorFs, nodeCursorFs } from './file-cursors.ts'
import { fileCursors } from './index.ts'

const temporary = folders()
afterAll(temporary.clear)
const key = { forwarder: 'siem', tenant: 'default', origin }
const hash = `${'A'.repeat(43)}=`
const cursorAt = (next: number, by = 'aa'): Cursor => ({ next, hash, by })
const letterAt = (index: number): DeadLetter => ({
  index,
  hash,
  code: 'PHI_AUDIT_FORWARD_REFUSED',
  attempts: 3,
  at: '2026-03-04T05:06:07.000Z',
})
const damaged = { code: 'PHI_AUDIT_FORWARD_CURSOR_DAMAGED' }
const failed = { code: 'PHI_AUDIT_FORWARD_CURSOR' }

describe('S125 cursors in files', () => {
  it('survive, in files that their owner alone can read, without PHI, two versions at most', async () => {
    const directory = join(temporary.make(), 'deep', 'er')
    const log = await logOf(9)
    const to = new Receiver()
    to.answer = (batch) => ({
      is: 'items',
      items: batch.map(({ index }) =>
        index === 4 ? { is: 'refused', code: 'PHI_AUDIT_FORWARD_REFUSED' } : { is: 'delivered' },
      ),
    })
    const { forwarder } = forwarderOf({ source: log, to, cursors: fileCursors(directory), batch: { entries: 2 }, refusals: 1 })
    await forwarder.once()
    const names = readdirSync(directory)
    expect(names.filter((name) => name.includes('.cursor.'))).toHaveLength(2)
    expect(names.filter((name) => name.includes('.dead.'))).toHaveLength(1)
    expect(names).toHaveLength(3)
    for (const name of names) {
      expect(statSync(join(directory, name)).mode & 0o077).toBe(0)
      expect(readFileSync(join(directory, name), 'utf8')).not.toContain(PATIENT)
    }
    expect(await fileCursors(directory).read(key)).toMatchObject({ next: 9 })
    expect(await fileCursors(directory).deadLetters(key)).toMatchObject([{ index: 4 }])
  })

  it('of many that move it at once one succeeds', async () => {
    const directory = temporary.make()
    const stores = Array.from({ length: 8 }, () => fileCursors(directory))
    let last: Cursor | undefined
    for (let round = 1; round <= 5; round++) {
      const wanted = stores.map((_, i) => cursorAt(round, `${round}${i}`))
      const moved = await Promise.all(stores.map((store, i) => store.advance(key, last, wanted[i] as Cursor)))
      expect(moved.filter(Boolean)).toHaveLength(1)
      last = wanted[moved.indexOf(true)]
      for (const store of stores) expect(await store.read(key)).toEqual(last)
    }
  })

  it('one that reads late takes nothing back, whatever happened meanwhile', async () => {
    const directory = temporary.make()
    const store = fileCursors(directory)
    await store.advance(key, undefined, cursorAt(1))
    // Between its look and its move others move on by so many versions.
    for (const ahead of [1, 2, 3, 4]) {
      const [before] = [await store.read(key)] as [Cursor]
      let last = before
      const slow: CursorFs = {
        ...nodeCursorFs,
        link: async (from, to) => {
          for (let i = 1; i <= ahead; i++) {
            const next = cursorAt(last.next + 1, 'bb')
            expect(await store.advance(key, last, next)).toBe(true)
            last = next
          }
          await nodeCursorFs.link(from, to)
        },
      }
      expect(await fileCursors(directory, slow).advance(key, before, cursorAt(99, 'cc'))).toBe(false)
      expect(await store.read(key)).toEqual(last)
    }
  })

  it('a file that was cut or changed at any byte is not believed', async () => {
    const directory = temporary.make()
    const store = fileCursors(directory)
    await store.advance(key, undefined, cursorAt(7))
    await store.putDeadLetter(key, letterAt(3))
    let shown: Uint8Array = Buffer.alloc(0)
    const reading = fileCursors(directory, { ...nodeCursorFs, read: async () => shown })
    for (const name of readdirSync(directory)) {
      const whole = readFileSync(join(directory, name))
      const read = (bytes: Buffer) => {
        shown = bytes
        return name.includes('.cursor.') ? reading.read(key) : reading.deadLetters(key)
      }
      for (let i = 0; i < whole.length; i++) {
        await expect(read(whole.subarray(0, i))).rejects.toMatchObject(damaged)
        const changed = Buffer.from(whole)
        changed[i] = (changed[i] as number) ^ 0x01
        await expect(read(changed)).rejects.toMatchObject(damaged)
      }
      await expect(read(Buffer.concat([whole, Buffer.from('\n')]))).rejects.toMatchObject(damaged)
      await read(whole)
    }
    // A forwarder stops; it does not begin again from the start.
    const cursor = readdirSync(directory).find((name) => name.includes('.cursor.')) ?? ''
    writeFileSync(join(directory, cursor), '')
    const to = new Receiver()
    const { forwarder } = forwarderOf({ source: await logOf(2), to, cursors: store })
    await expect(forwarder.once()).rejects.toMatchObject(damaged)
    expect(to.calls).toBe(0)
    writeFileSync(join(directory, cursor.replace(/\d+$/, '07')), 'x')
    await expect(store.read(key)).rejects.toMatchObject(damaged)
  })

  it('a file of another key is not believed', async () => {
    const [one, other] = [temporary.make(), temporary.make()]
    await fileCursors(one).advance(key, undefined, cursorAt(7))
    await fileCursors(other).advance({ ...key, origin: 'other.example/log' }, undefined, cursorAt(1))
    const nameIn = (directory: string) => join(directory, readdirSync(directory)[0] as string)
    writeFileSync(nameIn(one), readFileSync(nameIn(other)))
    await expect(fileCursors(one).read(key)).rejects.toMatchObject(damaged)
  })

  it('a disk that fails at any of its calls leaves the old cursor or the new one, and forwarding loses nothing', async () => {
    const source = await logOf(6)
    const operations = ['makeDirectory', 'list', 'read', 'write', 'link', 'rename', 'remove', 'syncDirectory'] as const
    for (const operation of operations)
      for (const when of ['before', 'after'] as const)
        for (const at of [0, 2]) {
          const directory = temporary.make()
          let calls = 0
          const fs = { ...nodeCursorFs } as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
          const real = fs[operation] as (...args: unknown[]) => Promise<unknown>
          fs[operation] = async (...args) => {
            const isNow = calls++ === at
            const fault = Object.assign(new Error(`no space on /home/${PATIENT}`), { code: 'ENOSPC' })
            if (isNow && when === 'before') throw fault
            const result = await real(...args)
            if (isNow) throw fault
            return result
          }
          const to = new Receiver()
          to.answer = (batch) => ({
            is: 'items',
            items: batch.map(({ index }) =>
              index === 3 ? { is: 'refused', code: 'PHI_AUDIT_FORWARD_REFUSED' } : { is: 'delivered' },
            ),
          })
          const cursors = fileCursors(directory, fs as unknown as CursorFs)
          const { forwarder, clock } = forwarderOf({ source, to, cursors, batch: { entries: 2 }, refusals: 1 })
          for (let i = 0; i < 4; i++) {
            const report = await forwarder.once()
            expect(JSON.stringify(report)).not.toContain(PATIENT)
            clock.advance(100_000)
          }
          expect([operation, when, at, [...new Set(to.indices)]]).toEqual([operation, when, at, [0, 1, 2, 4, 5]])
          expect(await fileCursors(directory).read(key)).toMatchObject({ next: 6 })
          expect(await fileCursors(directory).deadLetters(key)).toMatchObject([{ index: 3 }])
        }
  })

  it('a full disk is an error that names the reason and no path', async () => {
    const fs: CursorFs = { ...nodeCursorFs, write: () => Promise.reject(Object.assign(new Error(PATIENT), { code: 'ENOSPC' })) }
    const error = await fileCursors(temporary.make(), fs)
      .advance(key, undefined, cursorAt(1))
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ ...failed, info: { errno: 'ENOSPC' } })
    expect(JSON.stringify(error) + String(error)).not.toContain(PATIENT)
  })
})
