import { fromHex } from '@phi/core'
import { importKey } from '#aead'
import { envelopeError } from '../src/errors.ts'
import type { LoadedKey, PurposeKeys } from '../src/keys/loaded-key.ts'
import type { KeyPurpose } from '../src/keys/purpose.ts'

/** A key as a test names it. The newest comes first. */
export interface TestKey {
  readonly id: string
  readonly bytes: Uint8Array
  readonly state?: 'active' | 'retiring'
}

/** 32 bytes that start with a number and count up: `testKey(0)` is 00 01 … 1f. */
export const testKey = (start: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => (start + i) & 0xff)

/** The loaded keys of a tenant without a keyring: the test says which there are, changes them, and makes them stale. */
export interface SearchKeys extends PurposeKeys {
  /** Puts others in place of the keys: a rotation, or an eviction with the list empty. */
  replace(keys: readonly TestKey[]): void
  setStale(stale: boolean): void
  readonly work: { readonly id: string; readonly sealed: boolean; readonly bytes: number }[]
}

function loadedKey({ id, bytes, state = 'active' }: TestKey): LoadedKey {
  const made = new Map<string, unknown>()
  const key = importKey(bytes)
  return {
    id,
    idBytes: fromHex(id),
    version: 1,
    state,
    key,
    prepared<T>(suite: string, make: (key: LoadedKey['key']) => T): T {
      if (!made.has(suite)) made.set(suite, make(key))
      return made.get(suite) as T
    },
  }
}

export function searchKeys(options: {
  readonly tenant?: string
  readonly purpose?: KeyPurpose
  readonly subject?: string
  readonly keys?: readonly TestKey[]
}): SearchKeys {
  let loaded = (options.keys ?? [{ id: '00c0ffee', bytes: testKey(0) }]).map(loadedKey)
  let stale = false
  const work: SearchKeys['work'] = []
  const fresh = (): readonly LoadedKey[] => {
    if (stale) throw envelopeError('PHI_ENVELOPE_STALE')
    return loaded
  }
  return {
    tenant: options.tenant ?? 'clinic-a',
    purpose: options.purpose ?? 'index',
    subject: options.subject,
    active() {
      const active = fresh().find(({ state }) => state === 'active')
      if (active === undefined) throw envelopeError('PHI_ENVELOPE_NO_KEY')
      return active
    },
    byId: (id) => fresh().find((key) => key.id === id),
    all: fresh,
    used: (key, { sealed, bytes }) => work.push({ id: key.id, sealed, bytes }),
    replace(keys) {
      loaded = keys.map(loadedKey)
    },
    setStale(value) {
      stale = value
    },
    work,
  }
}
