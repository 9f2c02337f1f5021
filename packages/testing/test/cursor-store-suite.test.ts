import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileCursors, memoryCursors } from '@phi/audit/forward'
import { describe, it } from 'vitest'
import { cursorStoreSuite, register } from '../src/index.ts'
import { cursorStoreMutants, simpleCursorStore } from './cursor-store-mutants.ts'
import { registerMutants } from './mutants.ts'

register(cursorStoreSuite({ name: 'a cursor store that keeps its contract', open: async () => simpleCursorStore() }), {
  describe,
  it,
})

register(
  cursorStoreSuite({
    name: 'memoryCursors',
    supports: {
      shared: false,
      unreachable: false,
      because: { shared: 'it lies in one process', unreachable: 'there is nothing to reach' },
    },
    open: async () => ({ store: memoryCursors() }),
  }),
  { describe, it },
)

register(
  cursorStoreSuite({
    name: 'fileCursors',
    supports: { unreachable: false, because: { unreachable: 'a disk that fails is tested beside it' } },
    open: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'phi-cursors-'))
      const handle = async () => fileCursors(directory)
      return { store: await handle(), another: handle, close: () => rm(directory, { recursive: true }) }
    },
  }),
  { describe, it },
)

describe('a wrong cursor store is found that', () => {
  registerMutants(cursorStoreMutants, (mutant) => {
    const open = async () => (mutant === undefined ? simpleCursorStore() : mutant.open())
    return cursorStoreSuite({ name: 'wrong', supports: mutant?.supports ?? {}, open, caseTimeoutMs: 30_000 })
  })
})
