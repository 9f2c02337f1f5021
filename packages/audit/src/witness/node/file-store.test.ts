import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toBase64 } from '@phi/core'
import { afterAll, describe, expect, it } from 'vitest'
import { refusal } from '../../../../core/test/refusal.ts'
import { cosignerOf, key, Leaves, logSigner, NOW, numbered, origin } from '../../../test/witness/world.ts'
import { nodeFs, type SpoolFs } from '../../spool/file-system.ts'
import { memoryWitnessStore, type WitnessState, type WitnessStore, witness } from '../index.ts'
import { fileWitnessStore, serveWitness } from './index.ts'

const base = mkdtempSync(join(tmpdir(), 'phi-witness-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))
let count = 0
const folder = () => join(base, `d${count++}`)
const state = (size: number, root = key(size)): WitnessState => ({
  size,
  root: toBase64(root),
  time: 1,
  note: `note of ${size} ü\n`,
})
const stateFile = (directory: string) =>
  join(directory, readdirSync(directory).find((name) => name.startsWith('state-')) as string)

describe.each([
  [
    'memory',
    async (): Promise<{ store: WitnessStore; close(): Promise<void> }> => ({
      store: memoryWitnessStore(),
      close: async () => {},
    }),
  ],
  [
    'a directory',
    async () => {
      const store = await fileWitnessStore(folder())
      return { store, close: store.close }
    },
  ],
])('a witness store in %s', (_, open) => {
  it('S6 writes only over what was expected, and never back', async () => {
    const { store, close } = await open()
    expect(await store.get('a')).toBeUndefined()
    expect(await store.update('a', state(1), state(2))).toBe(false)
    expect(await store.update('a', undefined, state(3))).toBe(true)
    expect(await store.update('a', undefined, state(9))).toBe(false)
    expect(await store.update('a', state(3, key(9)), state(9))).toBe(false)
    expect(await store.update('a', state(3), state(2))).toBe(false)
    expect(await store.update('a', state(3), state(3, key(9)))).toBe(false)
    expect(await store.get('a')).toEqual(state(3))
    expect(await store.update('a', state(3), { ...state(3), time: 7 })).toBe(true)
    expect(await store.update('a', state(3), state(5))).toBe(true)
    expect(await store.get('a')).toEqual(state(5))
    expect(await store.get('b')).toBeUndefined()
    await close()
  })

  it('S6 of many that write at once from the same state, one does', async () => {
    const { store, close } = await open()
    await store.update('a', undefined, state(1))
    const written = await Promise.all(Array.from({ length: 20 }, (_, i) => store.update('a', state(1), state(2 + i))))
    expect(written.filter(Boolean)).toHaveLength(1)
    expect((await store.get('a'))?.size).toBe(2 + written.indexOf(true))
    await close()
  })
})

describe('the directory of a witness', () => {
  it('S145 keeps its state with a SHA-256 for the next process, readable by its owner alone', async () => {
    const directory = folder()
    const first = await fileWitnessStore(directory)
    await first.update(origin, undefined, state(7))
    await first.close()
    const second = await fileWitnessStore(directory)
    expect(await second.get(origin)).toEqual(state(7))
    if (process.platform !== 'win32') expect(statSync(stateFile(directory)).mode & 0o077).toBe(0)
    await second.close()
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp') || name.startsWith('lock-'))).toEqual([])
  })

  it('belongs to one store at a time', async () => {
    const directory = folder()
    const first = await fileWitnessStore(directory)
    expect((await refusal(fileWitnessStore(directory))).code).toBe('PHI_AUDIT_WITNESS_LOCKED')
    await first.close()
    expect((await refusal(first.update('a', undefined, state(1)))).code).toBe('PHI_AUDIT_WITNESS_LOCKED')
    await (await fileWitnessStore(directory)).close()
  })

  it('S145 with one byte changed anywhere cosigns nothing, and is not taken for empty', async () => {
    const directory = folder()
    const store = await fileWitnessStore(directory)
    await store.update(origin, undefined, state(7))
    const path = stateFile(directory)
    const genuine = readFileSync(path)
    for (let i = 0; i < genuine.length; i++) {
      const changed = Uint8Array.from(genuine)
      changed[i] = (changed[i] as number) ^ 1
      writeFileSync(path, changed)
      expect((await refusal(store.get(origin))).code).toBe('PHI_AUDIT_WITNESS_STORE')
    }
    for (const cut of [0, 1, genuine.length - 1, genuine.length >> 1]) {
      writeFileSync(path, genuine.subarray(0, cut))
      expect((await refusal(store.get(origin))).code).toBe('PHI_AUDIT_WITNESS_STORE')
      expect((await refusal(store.update(origin, undefined, state(9)))).code).toBe('PHI_AUDIT_WITNESS_STORE')
    }
    const leaves = new Leaves(numbered(3))
    const w = witness({ logs: [{ origin, keys: [logSigner.vkey] }], signers: [cosignerOf(1)], store, clock: () => NOW })
    expect(await w.addCheckpoint(await leaves.request(0))).toMatchObject({
      status: 500,
      body: 'the witness cannot answer: PHI_AUDIT_WITNESS_STORE\n',
    })
    // Another log's state under this one's name.
    await store.update('other', undefined, state(2))
    const other = readdirSync(directory).filter(
      (name) => name.startsWith('state-') && join(directory, name) !== path,
    )[0] as string
    writeFileSync(path, readFileSync(join(directory, other)))
    expect((await refusal(store.get(origin))).code).toBe('PHI_AUDIT_WITNESS_STORE')
    await store.close()
  })

  it('S6 of a disk that refuses keeps the old state, and of one that does not confirm, takes no more', async () => {
    const directory = folder()
    let broken: keyof SpoolFs | 'none' | 'sync' = 'none'
    const fail = () => Promise.reject(Object.assign(new Error(`/secret/path`), { code: 'EIO' }))
    const fs: SpoolFs = {
      ...nodeFs,
      create: async (path) => {
        if (broken === 'create') return fail()
        const file = await nodeFs.create(path)
        return broken === 'sync' && path.endsWith('.tmp') ? { ...file, sync: fail } : file
      },
      rename: (from, to) => (broken === 'rename' ? fail() : nodeFs.rename(from, to)),
      read: (path) => (broken === 'read' ? fail() : nodeFs.read(path)),
      syncDirectory: (path) => (broken === 'syncDirectory' ? fail() : nodeFs.syncDirectory(path)),
    }
    const store = await fileWitnessStore(directory, { fs })
    await store.update('a', undefined, state(1))
    for (broken of ['create', 'sync', 'rename', 'read'] as const) {
      const error = await refusal(store.update('a', state(1), state(2)))
      expect([error.code, error.info]).toEqual(['PHI_AUDIT_WITNESS_IO', { errno: 'EIO' }])
      expect(JSON.stringify(error)).not.toContain('secret')
    }
    expect((await refusal(store.get('a'))).code).toBe('PHI_AUDIT_WITNESS_IO')
    broken = 'none'
    expect(await store.get('a')).toEqual(state(1))
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([])
    broken = 'syncDirectory'
    expect((await refusal(store.update('a', state(1), state(2)))).code).toBe('PHI_AUDIT_WITNESS_IO')
    broken = 'none'
    expect((await refusal(store.update('a', state(2), state(3)))).code).toBe('PHI_AUDIT_WITNESS_IO')
    await store.close()
    const again = await fileWitnessStore(directory)
    expect(await again.get('a')).toEqual(state(2))
    await again.close()
  })
})

describe('the server', () => {
  const make = () =>
    witness({
      logs: [{ origin, keys: [logSigner.vkey] }],
      signers: [cosignerOf(1)],
      store: memoryWitnessStore(),
      clock: () => NOW,
    })

  it('S6 answers over HTTP, under its prefix, and keeps connections', async () => {
    const server = await serveWitness({ witness: make(), prefix: '/w' })
    const leaves = new Leaves(numbered(4))
    const answer = await fetch(`${server.url}/add-checkpoint`, { method: 'POST', body: await leaves.request(0) })
    expect([answer.status, (await answer.text()).startsWith('\u2014 witness.example/w1')]).toEqual([200, true])
    expect((await fetch(`${server.url}/add-checkpoint`)).status).toBe(405)
    expect(
      (
        await fetch(`${server.url}/add-checkpoint`, { method: 'POST', body: 'x'.repeat(200_000) }).catch(() => ({
          status: 413,
        }))
      ).status,
    ).toBe(413)
    expect((await fetch(server.url.replace('/w', '/'))).status).toBe(404)
    await server.close()
  })

  it('outlives broken requests, and ends while somebody is stalling', async () => {
    const server = await serveWitness({ witness: make() })
    const { port, hostname } = new URL(server.url)
    const raw = (text: string) =>
      new Promise<ReturnType<typeof connect>>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.write(text, () => resolve(socket)))
        socket.on('error', () => {})
      })
    const sockets = [
      await raw('rubbish\r\n\r\n'),
      await raw('POST //[ HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n'),
      await raw('POST /add-checkpoint HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nold'),
      await raw('POST /add-checkpoint HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n'),
    ]
    ;(sockets[2] as ReturnType<typeof connect>).destroy()
    const leaves = new Leaves(numbered(4))
    expect((await fetch(`${server.url}/add-checkpoint`, { method: 'POST', body: await leaves.request(0) })).status).toBe(200)
    await server.close()
    for (const socket of sockets) socket.destroy()
  })
})
